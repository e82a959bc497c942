/*
 * Every fenced code block of every Markdown file is held by something: code compiles, data parses,
 * configuration is read or a part of a file that tests run, and commands run (running.test.ts). The few
 * that are not have a reason (exceptions.ts).
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readConfig } from '@quire/server'
import { assertNever } from '@quire/shared'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { codeBlocksIn, filesOf, pages, type CodeBlock } from '../harness/code-blocks.ts'
import { compile, type Source } from '../harness/compile.ts'
import { ROOT } from '../scripts/run.ts'
import { exceptionOf, exceptions, type Holder } from './exceptions.ts'
import { isRun, staysInFolder } from './session.ts'

/** Below this folder, so that packages are found as in any program of the workspace. */
const HOME = join(import.meta.dirname, `.blocks-${process.pid}`)
afterAll(() => rmSync(HOME, { recursive: true, force: true }))

const blocks = pages().flatMap(codeBlocksIn)

/** Blocks in one of these languages, but for those that stand elsewhere as a whole. */
const blocksIn = (...languages: readonly string[]): readonly CodeBlock[] =>
  blocks.filter((block) => languages.includes(block.language) && exceptionOf(block) === undefined)

const nameOf = ({ page, line }: CodeBlock): string => `${page}:${line}`

/** Compiler errors name the page and the line of the block that they are in. */
const sourceOf = (block: CodeBlock): Source => ({
  file: `${nameOf(block).replaceAll(/[^\w.]+/g, '-')}.${block.language}`,
  code: block.code,
})

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Whether all lines of a block stand in a file, in their order. */
const isPartOf = ({ code }: CodeBlock, file: string): boolean => {
  const there = linesOf(readFileSync(join(ROOT, file), 'utf8'))
  let from = 0
  return linesOf(code).every((line) => {
    from = there.indexOf(line, from) + 1
    return from > 0
  })
}

const isHeldBy = (block: CodeBlock, by: Holder): boolean => {
  switch (by.kind) {
    case 'nobody':
      return block.language === 'text'
    case 'part':
      return isPartOf(block, by.file)
    case 'test':
      return readFileSync(join(ROOT, by.file), 'utf8').includes(by.mentions)
    default:
      return assertNever(by)
  }
}

const LANGUAGES = {
  code: ['ts', 'tsx', 'js', 'jsx'],
  data: ['json', 'yaml'],
  configuration: ['nginx', 'caddyfile', 'ini', 'dockerfile', 'conf'],
  session: ['sh', 'text'],
}

it('every block is in a language that something here holds', () => {
  const known = new Set(Object.values(LANGUAGES).flat())
  expect(blocks.length).toBeGreaterThan(40)
  const strange = blocks.filter((block) => !known.has(block.language))
  expect(strange.map((block) => `${nameOf(block)} ${block.language || 'no language'}`)).toEqual([])
})

it('TypeScript compiles', async () => {
  expect(await compile(join(HOME, 'ts'), blocksIn('ts', 'tsx').map(sourceOf))).toBe('')
})

it('JavaScript compiles', async () => {
  expect(await compile(join(HOME, 'js'), blocksIn('js', 'jsx').map(sourceOf))).toBe('')
})

describe('data parses', () => {
  it.each(blocksIn('json').map((block) => [nameOf(block), block] as const))('%s', (_, { code }) => {
    // one value, or one in each line as in a log
    const values = code.startsWith('{\n') || code.startsWith('[\n') ? [code] : linesOf(code)
    expect(values.map((value) => JSON.parse(value) as unknown).length).toBeGreaterThan(0)
  })

  const yaml = blocksIn('yaml').map((block) => [nameOf(block), block] as const)
  it.runIf(yaml.length > 0).each(yaml)('%s', (_, { code }) => {
    const { errors, warnings } = parseDocument(code)
    expect([...errors, ...warnings]).toEqual([])
  })
})

it('configuration is of options, or a part of a file that is delivered, which tests run', () => {
  const files = ['server/deploy', 'Dockerfile', 'compose.yaml'].flatMap((path) => filesOf(path))
  const isOfOptions = ({ code }: CodeBlock): boolean =>
    linesOf(code).every((line) => /^QUIRE_\w+=/.test(line)) && readConfig({}, parseEnv(code)).ok
  const strange = blocksIn(...LANGUAGES.configuration).filter(
    (block) => !isOfOptions(block) && !files.some((file) => isPartOf(block, file)),
  )
  expect(strange.map(nameOf)).toEqual([])
})

it('commands, and what they print, are run, or there is a reason why not', () => {
  const strange = blocksIn(...LANGUAGES.session).filter((block) => !isRun(block))
  expect(strange.map(nameOf)).toEqual([])
})

it.each([
  'sudo true',
  'cd x && docker run quire',
  'echo a > /etc/quire.env',
  'node a.mjs; rm -r x',
  'mv quire.db /var/lib/quire',
  'cp -r .quire ../backup',
])('%s is not run', (code) => {
  expect(staysInFolder({ page: 'x.md', line: 1, language: 'sh', file: '', code })).toBe(false)
})

describe('what is left to others', () => {
  const left = exceptions.map(
    (exception) => [`${exception.page}: ${exception.why}`, exception] as const,
  )

  it.each(left)('%s', (_, exception) => {
    const { page, starts, by } = exception
    const own = codeBlocksIn(page).filter((block) => exceptionOf(block) === exception)
    expect(own.length).toBeGreaterThan(0)
    const unclear = (starts === 'commands' ? [] : starts).filter(
      (start) => own.filter(({ code }) => code.startsWith(start)).length !== 1,
    )
    expect(unclear).toEqual([])
    expect(own.filter((block) => !isHeldBy(block, by))).toEqual([])
  })

  it('is little', () => {
    expect(exceptions.length).toBeLessThanOrEqual(12)
  })
})
