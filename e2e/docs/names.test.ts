/* Names that Markdown says are names that there are: options of the server, scripts of the repository. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { optionRows } from '@quire/server'
import { expect, it } from 'vitest'
import { pages } from '../harness/code-blocks.ts'
import { ROOT } from '../scripts/run.ts'

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** What is said of versions before stays as it was. */
const texts = pages()
  .filter((page) => page !== 'CHANGELOG.md')
  .map((page) => ({ page, text: read(page) }))

const strangeIn = (pattern: RegExp, known: ReadonlySet<string>): readonly string[] =>
  texts.flatMap(({ page, text }) =>
    [...text.matchAll(pattern)]
      .map(([, name = '']) => name)
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  )

it('options are the server’s', () => {
  // of programs that ask the server, and of compose.yaml
  const others = ['QUIRE_ADDRESS', 'QUIRE_TOKEN', 'QUIRE_SITE']
  const known = new Set([...optionRows.map(({ env }) => env), ...others])
  expect(strangeIn(/\b(QUIRE_[A-Z_]*[A-Z])\b/g, known)).toEqual([])
})

it('scripts are those of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  expect(strangeIn(/\bnpm run\s(?:-s\s)?([a-z][\w-]*)/g, new Set(Object.keys(scripts)))).toEqual([])
})
