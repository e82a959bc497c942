import { readUpdate, seq, type UpdateContents } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Grant } from '../ports/auth.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import {
  openDocument,
  readDocument,
  writeDocument,
  type DirectRequest,
  type DocumentRead,
} from './direct.ts'
import type { Position } from '../room/message.ts'
import {
  settle,
  startTestServer,
  testServerLimits,
  until,
  type TestServer,
} from './testing/server.ts'

const notes = nameOf('notes')
const WRITER: Grant = plainGrant({ access: 'write', user: 'ann', expiresAt: null })
const READER: Grant = { ...WRITER, access: 'read' }

const requestOf = (server: TestServer, grant = WRITER): DirectRequest => ({
  documents: server.documents,
  clock: server.clock,
  document: notes,
  grant,
  client: { address: '192.0.2.1', addressGroup: '192.0.2.1' },
  withinMs: 5_000,
})

const updateOf = (text: string): UpdateContents => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return contentsOf(Y.encodeStateAsUpdate(doc))
}

const contentsOf = (update: Uint8Array): UpdateContents => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value
}

const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('text').toJSON()
}

/** Lets commits happen until work is done. */
const during = async <T>(server: TestServer, work: Promise<T>): Promise<T> => {
  let isDone = false
  void work.then(() => (isDone = true))
  await until('it is done', () => {
    if (!isDone) server.clock.advance(1)
    return isDone
  })
  return work
}

const read = async (server: TestServer, grant = WRITER): Promise<DocumentRead> => {
  const document = await readDocument(requestOf(server, grant)) // no commit: it needs no time
  if (!document.ok) throw new Error(document.error.reason)
  return document.value
}

const write = (server: TestServer, contents: UpdateContents, expected: Position | null) =>
  during(server, writeDocument(requestOf(server), contents, { expected }))

describe('what a route writes', () => {
  it('is committed when it is told so, and everybody at the document has it', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('append')
    let isWritten = false
    const written = writeDocument(requestOf(server), updateOf('hello'))
    void written.then(() => (isWritten = true))
    await until('the write is under way', () => server.weather.calls.append > 0)
    await settle()
    expect(isWritten).toBe(false)
    expect(ann.text()).toBe('hello')
    server.weather.release('append')
    expect(await during(server, written)).toMatchObject({ ok: true, value: { seq: 1 } })
    expect(server.memory.byName.get(notes)?.tail).toHaveLength(1)
    await settle()
    expect(server.documents.figures().sessions).toBe(1) // ann's: the route has left
  })

  it('[R15] is denied where it may only read, and changes nothing', async () => {
    const server = startTestServer()
    const written = await during(server, writeDocument(requestOf(server, READER), updateOf('no')))
    expect(written).toMatchObject({ ok: false, error: { close: 'forbidden' } })
    expect(server.memory.byName.get(notes)?.tail).toEqual([])
  })
})

describe('what a route reads', () => {
  it('is what everybody sees, in pieces', async () => {
    const server = startTestServer()
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(900_000))
    for (const text of texts)
      expect(await during(server, writeDocument(requestOf(server), updateOf(text)))).toMatchObject({
        ok: true,
      })
    const { updates, position } = await read(server, READER)
    expect(updates.length).toBeGreaterThan(1)
    expect(textOf(updates)).toHaveLength(2_700_000)
    expect(position.seq).toBe(3)
  })
})

describe('[R19] a write that expects a position', () => {
  it('is let in where nothing was accepted behind it, and says the next one', async () => {
    const server = startTestServer()
    const { position: empty } = await read(server)
    const { epoch } = empty
    expect(empty.seq).toBe(0)
    const first = await write(server, updateOf('a'), empty)
    expect(first).toEqual({ ok: true, value: { epoch, seq: 1 } })
    const again = await write(server, updateOf('b'), empty)
    expect(again).toMatchObject({
      ok: false,
      error: { close: 'tryAgainLater', changed: { epoch, seq: 1 } },
    })
    expect(textOf((await read(server)).updates)).toBe('a')
    const other = await write(server, updateOf('b'), { epoch: epoch + 1, seq: seq(1) })
    expect(other).toMatchObject({ ok: false, error: { changed: { epoch, seq: 1 } } })
  })

  it('is no update lost where many read, change and write at a time', async () => {
    const server = startTestServer()
    const increment = async (client: number): Promise<void> => {
      for (;;) {
        const { updates, position } = await read(server)
        const doc = new Y.Doc()
        doc.clientID = client
        for (const update of updates) Y.applyUpdate(doc, update)
        const before = Y.encodeStateVector(doc)
        const count = doc.getMap<number>('counts')
        count.set('all', (count.get('all') ?? 0) + 1)
        const contents = contentsOf(Y.encodeStateAsUpdate(doc, before))
        const written = await write(server, contents, position)
        if (written.ok) return
        expect(written.error.changed).not.toBeNull()
      }
    }
    const agent = async (client: number): Promise<void> => {
      for (let i = 0; i < 5; i++) await increment(100 * client + i)
    }
    await Promise.all([1, 2, 3, 4].map(agent))
    const doc = new Y.Doc()
    for (const update of (await read(server)).updates) Y.applyUpdate(doc, update)
    expect(doc.getMap('counts').get('all')).toBe(20)
  })
})

describe('a route', () => {
  it('is told to come back by its deadline, and leaves', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const opened = await during(server, openDocument(requestOf(server)))
    expect(opened).toEqual({
      ok: false,
      error: { close: 'tryAgainLater', reason: 'no answer within 5000 ms' },
    })
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
    server.weather.release('open')
  })

  it('keeps no timer once it has its answer', async () => {
    const server = startTestServer()
    const before = server.clock.timers
    await during(server, openDocument(requestOf(server)))
    await until('the room is gone', () => server.documents.figures().rooms === 0)
    expect(server.clock.timers).toBe(before)
  })

  it('finds no place where sessions of its address have taken all', async () => {
    const serverLimits = { ...testServerLimits, sessionsPerAddress: 1 }
    const server = startTestServer({ serverLimits })
    server.weather.hold('open')
    const first = openDocument(requestOf(server))
    await until('it waits', () => server.weather.calls.open > 0)
    expect(await openDocument(requestOf(server))).toEqual({
      ok: false,
      error: {
        close: 'tryAgainLater',
        reason: 'your address has 1 sessions, which is the limit',
      },
    })
    server.weather.release('open')
    expect((await during(server, first)).ok).toBe(true)
    await settle()
    expect((await during(server, openDocument(requestOf(server)))).ok).toBe(true)
  })

  it('[R10] is sent away by a drain, and no one is let in after it', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const opened = openDocument(requestOf(server))
    await until('it waits', () => server.weather.calls.open > 0)
    expect((await server.documents.drain(1_000)).ok).toBe(true)
    for (const outcome of [await opened, await openDocument(requestOf(server))])
      expect(outcome).toMatchObject({ ok: false, error: { close: 'serviceRestart' } })
    server.weather.release('open')
  })
})
