/* What is published of the client package: built as it is published, looked at as its users would. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, minify, type InlineConfig } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publishedEntries, publishTypes } from '../scripts/publish-types.ts'

const root = fileURLToPath(new URL('../../web/provider', import.meta.url))
/** Of all that is not Yjs, gzipped, bytes. */
const SIZE_BYTES = 20_000
const OFFLINE_BYTES = 30_000

/** What is published imports Yjs and what Yjs stands on, and files beside it. */
const STANDS_ON = /^(yjs$|lib0\/|y-protocols\/|\.\/)/
/** What some entries import beside that. */
const ALSO: Readonly<Record<string, RegExp>> = {
  'node.js': /^node:/,
  'react.js': /^(react|@quire\/provider)$/,
}

/** Its types name Yjs and what it stands on, and files beside it. */
const NAMED = /^(yjs|y-protocols\/|\.)/

let outDir = ''
beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'quire-provider-'))
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

interface Chunk {
  readonly code: string
  readonly isEntry: boolean
  /** Chunks that are fetched with it. */
  readonly imports: readonly string[]
}

/** The chunks that are built, by file name. */
const bundle = async (options: InlineConfig): Promise<ReadonlyMap<string, Chunk>> => {
  const built = await build({
    root,
    logLevel: 'silent',
    ...options,
    build: { ...options.build, write: false },
  })
  const chunks = [built]
    .flat()
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((one) => one.type === 'chunk')
  return new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
}

/** The code that comes with entries, without what is fetched when it is needed. */
const codeOf = (chunks: ReadonlyMap<string, Chunk>): string => {
  const files = [...chunks].flatMap(([file, { isEntry }]) => (isEntry ? [file] : []))
  for (const file of files)
    for (const other of chunks.get(file)?.imports ?? [])
      if (chunks.has(other) && !files.includes(other)) files.push(other)
  return files.map((file) => chunks.get(file)?.code ?? '').join('\n')
}

const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:from|import)\s*["'`]([^"'`]+)["'`]/g)].map(([, from = '']) => from)

it('imports Yjs and what Yjs itself stands on, and nothing that is private to this repository', async () => {
  const chunks = await bundle({ configFile: join(root, 'vite.config.ts') })
  const entries = ['index.js', 'react.js', 'offline.js', 'node.js']
  expect([...chunks.keys()]).toEqual(expect.arrayContaining(entries))
  for (const [file, { code }] of chunks) {
    const foreign = importsOf(code).filter((from) => !STANDS_ON.test(from))
    expect([file, ...foreign.filter((from) => !ALSO[file]?.test(from))]).toEqual([file])
  }
  // connections are the first entry's: a copy of it would have others
  expect(importsOf(chunks.get('react.js')?.code ?? '')).toContain('@quire/provider')
})

/** As it is published, but with all that it imports and as small as an application makes it; bytes, gzipped. */
const sizeOf = async (entries: readonly string[]): Promise<number> => {
  const chunks = await bundle({
    configFile: false,
    resolve: { conditions: ['quire-source', 'module', 'browser', 'production'] },
    build: {
      target: 'es2023',
      lib: { entry: entries.map((entry) => join(root, entry)), formats: ['es'] },
      rolldownOptions: {
        external: ['yjs'],
      },
    },
  })
  const { code } = await minify('all.js', codeOf(chunks), { module: true })
  expect(importsOf(code).filter((from) => from !== 'yjs' && !from.startsWith('./'))).toEqual([])
  const { length } = gzipSync(code)
  process.stdout.write(`@quire/provider, ${entries.join(' + ')}: ${length} bytes gzipped\n`)
  return length
}

it(`is under ${SIZE_BYTES} bytes gzipped with all that it needs but Yjs`, async () => {
  expect(await sizeOf(['src/index.ts'])).toBeLessThan(SIZE_BYTES)
})

it(`is under ${OFFLINE_BYTES} bytes with what keeps documents in a browser`, async () => {
  expect(await sizeOf(['src/index.ts', 'src/offline/index.ts'])).toBeLessThan(OFFLINE_BYTES)
})

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
  await mkdir(join(outDir, 'node_modules/@types'))
  for (const name of ['yjs', 'lib0', 'y-protocols', '@types/react', 'csstype'])
    await symlink(join(root, '../../node_modules', name), join(outDir, 'node_modules', name))
  const user = join(outDir, 'user.mts')
  await writeFile(
    user,
    `import { connect, type OfflineStore, type ProviderState } from '@quire/provider'
     import { useDocument, useMyPresence, usePresence, useProviderState } from '@quire/provider/react'
     import { Doc } from 'yjs'
     declare const offline: OfflineStore
     const notes = connect({ url: 'http://x', document: 'notes', doc: new Doc(), offline })
     const state: ProviderState = notes.state
     export const until: number | null = state.kind === 'waiting' ? state.until : state.unsaved.since
     // @ts-expect-error it is a function
     connect({ url: 'http://x', document: 'notes', doc: new Doc(), token: 'secret' })
     export const useNotes = (document: string | null): string => {
       const connected = useDocument(document === null ? null : { url: 'http://x', document, offline })
       useMyPresence(connected, { user: { name: 'Ada' } })
       const people = usePresence<{ user?: { name: string } }>(connected)
       const logins: (string | null)[] = [...people.values()].map(({ user }) => user)
       const { kind, saved }: ProviderState = useProviderState(connected)
       // @ts-expect-error nobody has to say who they are
       const [first]: string[] = [...people.values()].map(({ state }) => state.user.name)
       return [kind, saved, first, ...logins].join()
     }`,
  )
  const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext']
  const compiler = join(root, '../../node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(compiler, [...options, user]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})
