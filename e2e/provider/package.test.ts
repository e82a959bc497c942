/* What is published of the client package: built as it is published, looked at as its users would. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, type InlineConfig } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publishedEntries, publishTypes } from '../scripts/publish-types.ts'

const root = fileURLToPath(new URL('../../web/provider', import.meta.url))
/** Of all that is not Yjs, gzipped, bytes. */
const SIZE_BYTES = 20_000

let outDir = ''
beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'quire-provider-'))
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

const bundle = async (options: InlineConfig): Promise<string> => {
  await build({ root, logLevel: 'silent', ...options, build: { ...options.build, outDir } })
  return readFile(join(outDir, 'index.js'), 'utf8')
}

const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:from|import)\s*["'`]([^"'`]+)["'`]/g)].map(([, from = '']) => from)

it('imports Yjs and what Yjs itself stands on, and nothing that is private to this repository', async () => {
  const code = await bundle({ configFile: join(root, 'vite.config.ts') })
  const imports = importsOf(code)
  expect(imports.length).toBeGreaterThan(2)
  expect(imports.filter((from) => !/^(yjs$|lib0\/|y-protocols\/)/.test(from))).toEqual([])
})

it(`is under ${SIZE_BYTES} bytes gzipped with all that it needs but Yjs`, async () => {
  const code = await bundle({
    configFile: false,
    resolve: { conditions: ['quire-source', 'module', 'browser', 'production'] },
    build: {
      minify: true,
      lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
      rolldownOptions: { external: ['yjs'] },
    },
  })
  expect(importsOf(code).filter((from) => from !== 'yjs')).toEqual([])
  const { length } = gzipSync(code)
  process.stdout.write(`@quire/provider: ${code.length} bytes, ${length} gzipped\n`)
  expect(length).toBeLessThan(SIZE_BYTES)
})

/** What is published names Yjs and what it stands on, and files beside it. */
const NAMED = /^(yjs|y-protocols\/|\.)/

it('publishes types that name nothing private, and that its users can compile against', async () => {
  const home = join(outDir, 'node_modules/@quire/provider')
  await mkdir(home, { recursive: true })
  await cp(join(root, 'package.json'), join(home, 'package.json'))
  publishTypes(publishedEntries(), join(home, 'dist/types'))
  const published = (await readdir(home, { recursive: true })).filter((file) =>
    file.endsWith('.d.ts'),
  )
  const texts = await Promise.all(published.map((file) => readFile(join(home, file), 'utf8')))
  expect(published.length).toBeGreaterThan(3)
  expect(texts.flatMap(importsOf).filter((from) => !NAMED.test(from))).toEqual([])
  for (const name of ['yjs', 'lib0', 'y-protocols'])
    await symlink(join(root, '../../node_modules', name), join(outDir, 'node_modules', name))
  const user = join(outDir, 'user.mts')
  await writeFile(
    user,
    `import { connect, type OfflineStore, type ProviderState } from '@quire/provider'
     import { Doc } from 'yjs'
     declare const offline: OfflineStore
     const notes = connect({ url: 'http://x', document: 'notes', doc: new Doc(), offline })
     const state: ProviderState = notes.state
     export const until: number | null = state.kind === 'waiting' ? state.until : state.unsaved.since
     // @ts-expect-error it is a function
     connect({ url: 'http://x', document: 'notes', doc: new Doc(), token: 'secret' })`,
  )
  const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext']
  const compiler = join(root, '../../node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(compiler, [...options, user]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})
