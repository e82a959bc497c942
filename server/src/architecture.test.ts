import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  documentProblems,
  importProblems,
  isExempt,
  purityProblems,
  reachedFrom,
  threadProblems,
} from './testing/architecture.ts'
import { parseSource, type SourceFile } from './testing/source-file.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Every source file of a folder that is not for tests. */
const read = (folder: string): SourceFile[] =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts') && !isExempt(path))
    .map((path) => parseSource(path, readFileSync(join(REPOSITORY, path), 'utf8')))

const files = [
  'shared/src',
  'server/src',
  'web/provider/src',
  'web/editor/src',
  'web/operations/src',
].flatMap(read)
const byPath = new Map(files.map((file) => [file.path, file]))
const serving = reachedFrom('server/src/main.ts', byPath)
const served = files.filter(({ path }) => serving.has(path))

describe('the architecture', () => {
  it('is read from every source file', () => {
    expect(files.length).toBeGreaterThan(100)
    const known = ['shared/src/index.ts', 'server/src/main.ts', 'web/editor/src/main.tsx']
    expect(known.filter((path) => !byPath.has(path))).toEqual([])
  })

  it('imports point down only, adapters know only ports and shared, server and web meet in shared', () => {
    expect(files.flatMap(importProblems)).toEqual([])
  })

  it('floors 0 and 1 have no module of Node, no timer, no clock, no randomness and no console', () => {
    expect(files.flatMap(purityProblems)).toEqual([])
  })

  it('no Y.Doc is in the serving path', () => {
    const known = [
      'runtime/room-shell.ts',
      'content/merge.ts',
      'content/threaded.ts',
      'http/app.ts',
    ]
    expect(known.filter((path) => !serving.has(`server/src/${path}`))).toEqual([])
    expect(serving.has('shared/src/protocol/update.ts')).toBe(true)
    expect(served.flatMap(documentProblems)).toEqual([])
    expect(serving.has('server/src/content/fold.ts')).toBe(false)
    expect(serving.has('server/src/content/formats/run.ts')).toBe(false)
  })

  it('what runs in a thread is reached only by starting the thread', () => {
    expect(files.flatMap(threadProblems)).toEqual([])
  })
})

describe('a planted violation is reported:', () => {
  const problems = (check: (file: SourceFile) => readonly string[], path: string, text: string) =>
    check(parseSource(path, text)).join()

  it.each([
    ['shared/src/a.ts', `import { serve } from '@quire/server'`, 'above 0'],
    ['server/src/room/a.ts', `import { b } from '../runtime/b.ts'`, 'above 1'],
    ['server/src/ports/a.ts', `import type { B } from '../storage/b.ts'`, 'above 1'],
    ['server/src/config.ts', `export { b } from './serve.ts'`, 'above 1'],
    ['server/src/config.ts', `export * from './serve.ts'`, 'above 1'],
    ['server/src/runtime/a.ts', `const b = await import('../http/app.ts')`, 'above 3'],
    ['server/src/runtime/a.ts', `import '../main.ts'`, 'above 3'],
    ['server/src/storage/a.ts', `import {\n  b,\n} from '../observe/log.ts'`, 'adapters know'],
    ['server/src/content/a.ts', `import { b } from '../room/room.ts'`, 'adapters know'],
    [
      'server/src/http/a.ts',
      `import { b } from '../../../web/editor/src/b.ts'`,
      'around its package',
    ],
    [
      'server/src/http/a.ts',
      `import { b } from '../../../shared/src/ids.ts'`,
      'around its package',
    ],
    ['web/editor/src/a.tsx', `import type { b } from '@quire/server'`, 'server and web meet'],
    ['server/src/runtime/a.ts', `import { b } from './testing/manual-clock.ts'`, 'is for tests'],
    ['server/src/elsewhere/a.ts', ``, 'is on no floor'],
  ])('the import in %s: %s', (path, text, sentence) => {
    expect(problems(importProblems, path, text)).toContain(sentence)
  })

  it.each([
    `import { readFileSync } from 'node:fs'`,
    `import type { Worker } from 'node:worker_threads'`,
    `setTimeout(() => 0, 1)`,
    `const tick = setInterval`,
    `queueMicrotask(() => 0)`,
    `const at = Date.now()`,
    `const at = new Date()`,
    `const at = performance.now()`,
    `const n = Math.random()`,
    `const id = crypto.randomUUID()`,
    `console.log('x')`,
    `const { env } = process`,
    `globalThis['setTimeout'](() => 0)`,
    `const made = { at: (Date as unknown as { now(): number }).now() }`,
    `const log = { console }`,
  ])('an impure core: %s', (text) => {
    expect(problems(purityProblems, 'server/src/room/a.ts', text)).toContain('floor 1 is pure')
    expect(problems(purityProblems, 'shared/src/a.ts', text)).toContain('floor 0 is pure')
    expect(problems(purityProblems, 'server/src/runtime/a.ts', text)).toBe('')
  })

  it.each([
    `const drawn = { process: 1, Date: 2 }.process`,
    `type Date = { console: number }`,
    `// setTimeout(() => Math.random())\nconst text = 'Date.now() and console'`,
  ])('but not a name that only looks like it: %s', (text) => {
    expect(problems(purityProblems, 'server/src/room/a.ts', text)).toBe('')
  })

  it.each([
    `import { Doc } from 'yjs'`,
    `import { Doc as Other } from 'yjs'`,
    `import { applyUpdate, mergeUpdates } from 'yjs'`,
    `import { encodeStateAsUpdate } from 'yjs'`,
    `import { transact } from 'yjs'`,
    `import * as Y from 'yjs'`,
    `import Y from 'yjs'`,
    `export { Doc } from 'yjs'`,
    `export * from 'yjs'`,
    `const Y = await import('yjs')`,
    `import { mergeUpdates } from 'yjs/dist/yjs.mjs'`,
    `import { readSyncMessage } from 'y-protocols/sync'`,
  ])('a document in the serving path: %s', (text) => {
    expect(problems(documentProblems, 'server/src/runtime/a.ts', text)).not.toBe('')
  })

  it('a document behind an import of an import; not one behind a type or a thread', () => {
    const sources = {
      'server/src/main.ts': `import './runtime/a.ts'\nimport type { T } from './content/t.ts'`,
      'server/src/runtime/a.ts': `export * from '../content/b.ts'\nimport '@quire/shared'`,
      'server/src/content/b.ts': `new Worker(...threadFile(import.meta.url, './worker'))`,
      'server/src/content/t.ts': `import { Doc } from 'yjs'`,
      'server/src/content/worker.ts': `import { Doc } from 'yjs'`,
      'shared/src/index.ts': `import { type A } from './a.ts'`, // stays an import at run time
      'shared/src/a.ts': `import { Doc } from 'yjs'`,
    }
    const parsed = Object.entries(sources).map(([path, text]) => parseSource(path, text))
    const reached = reachedFrom(
      'server/src/main.ts',
      new Map(parsed.map((file) => [file.path, file])),
    )
    expect([...reached].toSorted()).toEqual([
      'server/src/content/b.ts',
      'server/src/main.ts',
      'server/src/runtime/a.ts',
      'shared/src/a.ts',
      'shared/src/index.ts',
    ])
    const found = parsed.filter(({ path }) => reached.has(path)).flatMap(documentProblems)
    expect(found.join()).toContain('shared/src/a.ts imports Doc')
  })

  it.each([
    ['server/src/content/a.ts', `import { fold } from './fold.ts'`, 'fold.ts'],
    ['server/src/content/a.ts', `await import('./formats/run.ts')`, 'run.ts'],
    ['server/src/content/a.ts', `import './worker.ts'`, 'worker.ts'],
    ['server/src/runtime/a.ts', `import '../content/worker.ts'`, 'worker.ts'],
    ['server/src/runtime/a.ts', `new Worker('./worker.ts')`, 'without threadFile'],
    ['server/src/runtime/a.ts', `new Worker(...other(import.meta.url))`, 'without threadFile'],
  ])('a way around the thread in %s: %s', (path, text, sentence) => {
    expect(problems(threadProblems, path, text)).toContain(sentence)
  })
})
