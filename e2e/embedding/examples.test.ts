/* Code in docstrings and in the guides is true: all of it compiles, and what stands alone runs. */
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../harness/free-port.ts'
import { ROOT } from '../scripts/run.ts'

/** Below this folder, so that packages are found as in any program of the workspace. */
const HOME = join(import.meta.dirname, `.examples-${process.pid}`)

const SOURCES = [
  ...globSync('server/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts')),
  'server/EMBEDDING.md',
  'server/API.md',
  'server/README.md',
]

interface Example {
  readonly from: string
  readonly file: string
  readonly code: string
}

/** The blocks of a file, without what makes them part of a comment. */
const examplesIn = (from: string): readonly Example[] =>
  [
    ...readFileSync(join(ROOT, from), 'utf8').matchAll(
      /^( \* )?```(?:ts|js)\n([\s\S]*?)^(?: \* )?```$/gm,
    ),
  ].map(([, comment, code = ''], index) => ({
    from,
    file: `${from.replaceAll(/[^a-z]+/gi, '-')}-${index + 1}.ts`,
    code: comment === undefined ? code : code.replaceAll(/^ \* ?/gm, ''),
  }))

/** The whole program of the guide is run by its own test (e2e/saas), and has no types. */
const PROGRAM = readFileSync(join(ROOT, 'e2e/saas/app.js'), 'utf8')

const examples = SOURCES.flatMap(examplesIn).filter(({ code }) => code !== PROGRAM)

beforeAll(() => {
  mkdirSync(HOME)
  for (const { file, code } of examples) writeFileSync(join(HOME, file), `${code}\nexport {}\n`)
  const lib = ['es2024', 'dom']
  // against the built types, as who installs the packages has them: the sources are compiled by their own projects
  const built = { customConditions: [], types: ['node'], lib }
  const compilerOptions = { noEmit: true, composite: false, ...built }
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(HOME, 'tsconfig.json'), JSON.stringify(config))
})
afterAll(() => rmSync(HOME, { recursive: true, force: true }))

it('every example compiles', async () => {
  expect(new Set(examples.map(({ from }) => from)).size).toBeGreaterThan(6)
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(compiler, ['-p', HOME]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})

it('the guide runs, block after block', async () => {
  const blocks = examples.filter(
    ({ from, code }) => from === 'server/EMBEDDING.md' && code.includes('createQuire'),
  )
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
  const blocks = examples.filter(({ from }) => from === 'server/API.md')
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
