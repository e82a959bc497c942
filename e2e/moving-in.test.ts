/*
 * The pages for those who move in are true: every code block on them runs, beside the server it comes from;
 * what is for a browser does so in browser/y-sweet-react.spec.ts.
 */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { kinds } from './bench/servers/kinds.ts'
import { startKind } from './bench/servers/server.ts'
import { hocuspocusFamilies } from './compat/families/hocuspocus.ts'
import type { Address, Client, Family } from './compat/families/family.ts'
import { yWebsocketFamilies } from './compat/families/y-websocket.ts'
import { codeOf } from './harness/code-blocks.ts'
import { startServer } from './harness/server-process.ts'
import { until } from './harness/until.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Runs a block as a script of its own, against these servers; returns what it printed. */
const run = async (code: string, quire: Address, old: Address | null): Promise<string> => {
  const file = join(ROOT, 'e2e', `.moving-in-${process.pid}-${cleanups.length}.mjs`)
  cleanups.push(() => rmSync(file, { force: true }))
  writeFileSync(
    file,
    code
      .replaceAll('127.0.0.1:4400', `127.0.0.1:${quire.port}`)
      .replaceAll('127.0.0.1:1234', `127.0.0.1:${old?.port}`),
  )
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 })
  return stdout
}

const quireServer = async () => {
  const server = await startServer()
  cleanups.push(server.remove)
  return server
}

const open = (family: Family | undefined, server: Address, document: string): Client => {
  if (family === undefined) throw new Error('there is no such family')
  const client = family.open(server, { document })
  cleanups.push(() => client.destroy())
  return client
}

/** Waits until a client of Quire reads this text in a document. */
const expectBody = async (server: Address, document: string, text: string): Promise<void> => {
  const reader = open(yWebsocketFamilies('/yjs')[2], server, document)
  await until(`${document} holds the text`, () => reader.doc.getText('body').toJSON() === text)
}

test('from Hocuspocus', async () => {
  const [use = '', carry = '', ...more] = codeOf('server/moving-in/from-hocuspocus.md', 'js')
  expect(more).toEqual([])
  const [quire, old] = [await quireServer(), await startKind(kinds.hocuspocus)]
  cleanups.push(() => old.remove())
  const before = open(hocuspocusFamilies('')[2], old, 'old notes')
  before.doc.getText('body').insert(0, 'From before.')
  await until('the old server has it', () => before.isSaved() === true)

  expect(await run(use, quire, null)).toBe('on disk: Written with Hocuspocus. \n')
  await expectBody(quire, 'meeting notes', 'Written with Hocuspocus. ')
  expect(await run(carry, quire, old)).toBe('From before.\n')
  await expectBody(quire, 'old notes', 'From before.')
})

test('from y-websocket', async () => {
  const [use = '', carry = '', ...more] = codeOf('server/moving-in/from-y-websocket.md', 'js')
  expect(more).toEqual([])
  const [quire, old] = [await quireServer(), await startKind(kinds['y-websocket'])]
  cleanups.push(() => old.remove())
  const before = open(yWebsocketFamilies('')[2], old, 'old notes')
  before.doc.getText('body').insert(0, 'From before.')
  await until('the old server knows it', () => before.isSynced())

  expect(await run(use, quire, null)).toBe('Written with y-websocket. \n')
  await expectBody(quire, 'meeting notes', 'Written with y-websocket. ')
  expect(await run(carry, quire, old)).toBe('From before.\n')
  await expectBody(quire, 'old notes', 'From before.')
})

test('from y-sweet, whose own server is stood in for by another Quire', async () => {
  const [tokens = '', use = '', carry = '', ...more] = codeOf(
    'server/moving-in/from-y-sweet.md',
    'js',
  )
  expect(more).toEqual([])
  const [quire, old] = [await quireServer(), await quireServer()]
  const doc = new Doc()
  doc.getText('body').insert(0, 'From before.')
  const update = encodeStateAsUpdate(doc) as Uint8Array<ArrayBuffer> // of its own buffer
  const stored = await fetch(`${old.url}/d/old-notes/update`, { method: 'POST', body: update })
  expect(stored.status).toBe(200)

  expect(await run(tokens, quire, null)).toBe('meeting-notes full\n')
  expect(await run(use, quire, null)).toBe('on disk: Written with y-sweet. \n')
  await expectBody(quire, 'meeting-notes', 'Written with y-sweet. ')
  expect(await run(carry, quire, old)).toBe('true\n')
  await expectBody(quire, 'old-notes', 'From before.')
})
