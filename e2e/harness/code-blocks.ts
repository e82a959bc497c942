/* The Markdown of the repository, as its tests read it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexer, type Token } from 'marked'
import { ROOT } from '../scripts/run.ts'

/** A fenced code block. */
export interface CodeBlock {
  /** Its file, from the root of the repository. */
  readonly page: string
  /** Where its fence begins, from 1. */
  readonly line: number
  /** The first word behind the fence, '' if there is none. */
  readonly language: string
  /** The second one: the file that a reader saves it as; '' if there is none. */
  readonly file: string
  readonly code: string
}

/** Files of the repository that git knows or would take, from its root; those of one pattern of git. */
export const filesOf = (pattern: string): readonly string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', pattern], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '')

/** All Markdown files of the repository, from its root. */
export const pages = (): readonly string[] => filesOf('*.md')

/** What a page is made of. */
export const tokensOf = (page: string): readonly Token[] =>
  lexer(readFileSync(join(ROOT, page), 'utf8'))

const linesIn = (text: string): number => text.split('\n').length - 1

/** Tokens that hold the blocks of a list or a quotation. */
const inner = (token: Token): readonly Token[] =>
  token.type === 'list' ? token['items'] : 'tokens' in token ? (token.tokens ?? []) : []

/** All fenced code blocks of a page, in order. */
export const codeBlocksIn = (page: string): readonly CodeBlock[] => {
  const blocksIn = (tokens: readonly Token[], first: number): readonly CodeBlock[] => {
    let line = first
    return tokens.flatMap((token) => {
      const at = line
      line += linesIn(token.raw)
      if (token.type !== 'code') return blocksIn(inner(token), at)
      if (token['codeBlockStyle'] === 'indented') return []
      const [language = '', file = ''] = (token['lang'] ?? '').split(' ')
      return [{ page, line: at, language, file, code: `${token['text']}\n` }]
    })
  }
  return blocksIn(tokensOf(page), 1)
}

/** The code of the blocks of one language on a page, in order. */
export const codeOf = (page: string, language: string): readonly string[] =>
  codeBlocksIn(page)
    .filter((block) => block.language === language)
    .map(({ code }) => code)
