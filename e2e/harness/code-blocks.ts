import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PAGES = new URL('../../server/moving-in/', import.meta.url)

/** The code blocks of one language on a page for those who move in, in order. */
export const codeBlocksOf = (page: string, language: 'js' | 'jsx'): readonly string[] =>
  [
    ...readFileSync(fileURLToPath(new URL(page, PAGES)), 'utf8').matchAll(
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'),
    ),
  ].map(([, code = '']) => code)
