/* Code in docstrings is true: all of it compiles; and so are the guides: what stands alone runs. */
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeBlocksIn } from '../harness/code-blocks.ts'
import { compile } from '../harness/compile.ts'
import { freePort } from '../harness/free-port.ts'
import { ROOT } from '../scripts/run.ts'

/** Below this folder, so that packages are found as in any program of the workspace. */
const HOME = join(import.meta.dirname, `.examples-${process.pid}`)

const SOURCES = globSync('server/src/**/*.ts', { cwd: ROOT }).filter(
  (file) => !file.endsWith('.test.ts'),
)

interface Example {
  readonly from: string
  readonly file: string
  readonly code: string
}

const fileOf = (from: string, index: number): string =>
  `${from.replaceAll(/[^a-z]+/gi, '-')}-${index + 1}.ts`

/** The code in the docstrings of a file, without what makes it part of a comment. */
const examplesIn = (from: string): readonly Example[] =>
  [
    ...readFileSync(join(ROOT, from), 'utf8').matchAll(/^ \* ```(?:ts|js)\n([\s\S]*?)^ \* ```$/gm),
  ].map(([, comment = ''], index) => ({
    from,
    file: fileOf(from, index),
    code: comment.replaceAll(/^ \* ?/gm, ''),
  }))

/** The blocks of a guide. All that stands in Markdown is compiled by docs/code-blocks.test.ts. */
const guide = (from: string): readonly Example[] =>
  codeBlocksIn(from)
    .filter(({ language }) => language === 'ts')
    .map(({ code }, index) => ({ from, file: fileOf(from, index), code }))

beforeAll(() => mkdirSync(HOME))
afterAll(() => rmSync(HOME, { recursive: true, force: true }))

it('every example of a docstring compiles', async () => {
  const examples = SOURCES.flatMap(examplesIn)
  expect(new Set(examples.map(({ from }) => from)).size).toBeGreaterThan(3)
  expect(await compile(join(HOME, 'docstrings'), examples)).toBe('')
})

it('the guide runs, block after block', async () => {
  const blocks = guide('server/EMBEDDING.md').filter(({ code }) => code.includes('createQuire'))
  // on free ports, in directories of their own, and to an end
  const programs = blocks.map(({ file, code }) => {
    const alone = code
      .replaceAll('4400', '0')
      .replaceAll(/^declare const (\w+):.*$/gm, 'const $1 = () => Promise.resolve(null)')
      .replaceAll('./documents', join(HOME, `${file}-documents`))
    writeFileSync(join(HOME, `run-${file}`), `${alone}\nawait quire.close()\n`)
    return `await import('./run-${file}')`
  })
  const program = join(HOME, 'run.ts')
  writeFileSync(program, `${programs.join('\n')}\nprocess.exit(0)\n`)
  const run = [process.execPath, ['--conditions=quire-source', program]] as const
  const { stdout } = await promisify(execFile)(...run, { timeout: 30_000 })
  expect(stdout).toBe('Written by the server. \n1\n<h1>Welcome</h1>\n')
})

it('the guide of the API runs, block after block', async () => {
  const port = await freePort()
  const blocks = guide('server/API.md')
  for (const { file, code } of blocks)
    writeFileSync(join(HOME, `run-${file}`), code.replaceAll('4400', String(port)))
  const program = `
    import { once } from 'node:events'
    import { createServer } from 'node:http'
    import { createQuire, memoryStorage, openAuth } from '@quire/server'

    const quire = createQuire({ storage: memoryStorage(), authorize: openAuth })
    const server = createServer((request, response) => void quire.handle(request, response))
    server.listen(${port}, '127.0.0.1')
    await once(server, 'listening')
    ${blocks.map(({ file }) => `await import('./run-${file}')`).join('\n')}
    process.exit(0)
  `
  writeFileSync(join(HOME, 'run-api.ts'), program)
  const run = [process.execPath, ['--conditions=quire-source', join(HOME, 'run-api.ts')]] as const
  const { stdout } = await promisify(execFile)(...run, { timeout: 30_000 })
  const said = stdout.trimEnd().split('\n')
  expect(said).toEqual(expect.arrayContaining(['Seeded once.', 'it has changed since', 'removed']))
  expect(said.at(-1)).toBe('0 open sessions may only read now')
})
