/*
 * The rules of the architecture, as functions from source files to sentences about what breaks them.
 *
 *   5  server/src/{main,index,serve,assembly,…}.ts, embedded, commands    assembly
 *      web/editor · web/operations
 *   4  server/src/http · server/src/edges                     HTTP routes; transports
 *      web/provider/src/react                                hooks
 *   3  server/src/runtime · web/provider/src                  shells: clocks, queues, sockets, threads
 *   2  server/src/{storage,cluster,auth,observe,content}      adapters; know the ports and shared
 *      web/provider/src/{transports,offline,environment.ts,…}
 *   1  server/src/{room,dialects,ports,{config,option-rows}.ts}  pure, or types only
 *      web/provider/src/{connection,offline/store.ts,state.ts,…}
 *   0  shared/src                                             pure
 */
import { posix } from 'node:path'
import type { SourceFile } from './source-file.ts'

interface Area {
  readonly path: string
  readonly floor: number
}

const AREAS: readonly Area[] = [
  { path: 'shared/src/', floor: 0 },
  ...['room/', 'dialects/', 'ports/', 'option-rows.ts', 'config.ts'].map((path) => area(path, 1)),
  ...['storage/', 'cluster/', 'auth/', 'observe/', 'content/'].map((path) => area(path, 2)),
  area('thread-file.ts', 2),
  area('runtime/', 3),
  ...['http/', 'edges/'].map((path) => area(path, 4)),
  ...[
    'assembly.ts',
    'operations-assembly.ts',
    'serve.ts',
    'main.ts',
    'index.ts',
    'client.ts',
    'operations-client.ts',
    'quire.ts',
    'embedded/',
    'commands/',
  ].map((path) => area(path, 5)),
  ...['connection/', 'offline/store.ts', 'listeners.ts', 'state.ts', 'api.ts'].map((path) =>
    ofProvider(path, 1),
  ),
  ...['transports/', 'offline/', 'environment.ts', 'presence.ts', 'document-link.ts'].map((path) =>
    ofProvider(path, 2),
  ),
  ...['hub.ts', 'probe.ts', 'device-link.ts', 'provider.ts', 'connect.ts', 'index.ts'].map((path) =>
    ofProvider(path, 3),
  ),
  ofProvider('react/', 4),
  { path: 'web/editor/src/', floor: 5 },
  { path: 'web/operations/src/', floor: 5 },
]

function area(path: string, floor: number): Area {
  return { path: `server/src/${path}`, floor }
}

function ofProvider(path: string, floor: number): Area {
  return { path: `web/provider/src/${path}`, floor }
}

const PACKAGES: Readonly<Record<string, string>> = {
  '@quire/shared': 'shared/src/index.ts',
  '@quire/shared/testing': 'shared/src/testing/index.ts',
  '@quire/server': 'server/src/index.ts',
  '@quire/provider': 'web/provider/src/index.ts',
}

const PURE_FLOORS = 1

/** What floors 0 and 1 get as arguments or not at all: time, randomness, the outside. */
const IMPURE = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Date',
  'performance',
  'Math.random',
  'crypto',
  'console',
  'process',
  'globalThis',
  'fetch',
  'WebSocket',
  'Worker',
  'Buffer',
]

/** What the serving path may take from Yjs: functions that never make a document. */
const WITHOUT_DOCUMENT = new Set(['mergeUpdates', 'diffUpdate'])

/** Tests and what only tests use are free to import what they test with. */
export const isExempt = (path: string): boolean =>
  path.endsWith('.test.ts') || path.endsWith('.test.tsx') || path.includes('/testing/')

/** The file that an import means, or null for a package of others. */
export const resolve = (from: string, { path }: SourceFile): string | null => {
  if (from.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), from))
  return PACKAGES[from] ?? null
}

const areaOf = (path: string): Area | null =>
  AREAS.find((one) => path === one.path || (one.path.endsWith('/') && path.startsWith(one.path))) ??
  null

const rootOf = (path: string): string => path.slice(0, path.indexOf('/'))

/** Imports that point up, across adapters, between server and web, or around a package's front door. */
export const importProblems = (file: SourceFile): readonly string[] => {
  const own = areaOf(file.path)
  if (own === null) return [`${file.path} is on no floor: add it to the table`]
  const problems: string[] = []
  for (const { from } of file.imports) {
    const target = resolve(from, file)
    if (target === null) continue
    const its = areaOf(target)
    const say = (problem: string): number =>
      problems.push(`${file.path} imports ${from}: ${problem}`)
    if (from.startsWith('.') && rootOf(target) !== rootOf(file.path)) say('goes around its package')
    else if (isExempt(target)) say('is for tests')
    else if (areBetween(file.path, target)) say('server and web meet in shared only')
    else if (its === null) say('is on no floor')
    else if (its.floor > own.floor) say(`is on floor ${its.floor}, above ${own.floor}`)
    else if (own.floor === 2 && its.path !== own.path && !isKnownToAdapters(its.path))
      say('adapters know the ports, shared and themselves')
  }
  return problems
}

const areBetween = (one: string, other: string): boolean =>
  [one, other].some((path) => path.startsWith('server/')) &&
  [one, other].some((path) => path.startsWith('web/'))

const isKnownToAdapters = (path: string): boolean =>
  [
    'shared/src/',
    'server/src/ports/',
    'server/src/thread-file.ts',
    'web/provider/src/offline/store.ts',
  ].includes(path)

/** What floors 0 and 1 must not touch. */
export const purityProblems = (file: SourceFile): readonly string[] => {
  const own = areaOf(file.path)
  if (own === null || own.floor > PURE_FLOORS) return []
  const modules = file.imports.filter(({ from }) => from.startsWith('node:'))
  return [
    ...modules.map(({ from }) => `${file.path} imports ${from}: floor ${own.floor} is pure`),
    ...IMPURE.filter((name) => file.uses.has(name)).map(
      (name) => `${file.path} uses ${name}: floor ${own.floor} is pure`,
    ),
  ]
}

/** Every file that is loaded with `entry`; a thread's file is not, for it is started by its URL. */
export const reachedFrom = (
  entry: string,
  files: ReadonlyMap<string, SourceFile>,
): ReadonlySet<string> => {
  const reached = new Set<string>()
  const follow = (path: string): void => {
    const file = files.get(path)
    if (file === undefined || reached.has(path)) return
    reached.add(path)
    for (const { from, isErased } of file.imports) {
      const target = resolve(from, file)
      if (target !== null && !isErased) follow(target)
    }
  }
  follow(entry)
  return reached
}

/** Imports that could bring a `Y.Doc` into a file of the serving path. */
export const documentProblems = (file: SourceFile): readonly string[] =>
  file.imports.flatMap(({ from, names }) => {
    if (/^(y-protocols|y-websocket)(\/|$)/.test(from)) return [`${file.path} imports ${from}`]
    if (!/^yjs(\/|$)/.test(from)) return []
    return names
      .filter((name) => from !== 'yjs' || !WITHOUT_DOCUMENT.has(name))
      .map((name) => `${file.path} imports ${name} from ${from}: no Y.Doc in the serving path`)
  })

const isOfThread = (path: string): boolean =>
  path === 'server/src/content/worker.ts' || path.startsWith('server/src/content/formats/')

/** Ways to a thread's code other than by starting the thread. */
export const threadProblems = (file: SourceFile): readonly string[] => {
  const problems: string[] = []
  for (const { from } of file.imports) {
    const target = resolve(from, file)
    if (target === null) continue
    if (target.endsWith('/worker.ts'))
      problems.push(`${file.path} imports ${from}, a thread's file`)
    if (target.endsWith('/content/fold.ts') && file.path !== 'server/src/content/worker.ts')
      problems.push(`${file.path} imports ${from}, which is the content thread's`)
    if (target.includes('/content/formats/') && !isOfThread(file.path))
      problems.push(`${file.path} imports ${from}, which is the content thread's`)
  }
  // the storage's threads say the same by themselves
  if (file.path !== 'server/src/storage/sqlite/thread.ts')
    for (const starter of file.workers)
      if (starter !== 'threadFile') problems.push(`${file.path} starts a thread without threadFile`)
  return problems
}
