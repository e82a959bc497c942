/* Code in docstrings and in the guides is true: all of it compiles, and what stands alone runs. */
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT } from '../scripts/run.ts'

/** Below this folder, so that packages are found as in any program of the workspace. */
const HOME = join(import.meta.dirname, `.examples-${process.pid}`)

const SOURCES = [
  ...globSync('server/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts')),
  'server/EMBEDDING.md',
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
  const compilerOptions = { noEmit: true, composite: false, types: ['node'], lib }
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
