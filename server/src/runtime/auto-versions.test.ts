import { docId, EMPTY_UPDATE, millis, seq, type Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { nameOf } from '../storage/contract/fixture.ts'
import type { VersionPolicy } from './auto-versions.ts'
import { pass, settle, startTestServer, until, type TestServer } from './testing/server.ts'

const notes = nameOf('notes')
const versionPolicy: VersionPolicy = { versionsKept: 2, versionEveryMs: 600_000 }

const textsOf = ({ memory }: TestServer): readonly string[] =>
  (memory.byName.get(notes)?.versions ?? []).map(({ update }) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    return doc.getText('text').toJSON()
  })

const kept = (server: TestServer, count: number): Promise<void> =>
  until(`${count} versions are kept`, () => textsOf(server).length >= count)

/** Somebody comes, types, and leaves when it is saved. */
const visit = async (server: TestServer, text: string): Promise<void> => {
  const ann = server.connect(notes)
  await settle()
  ann.type(text)
  await pass(server.clock, 100)
  ann.peer.hangUp()
  await settle()
}

describe('a version that is kept by itself', () => {
  it('is the whole document, as its last client leaves', async () => {
    const server = startTestServer({ versionPolicy })
    await visit(server, 'one')
    await kept(server, 1)
    expect(textsOf(server)).toEqual(['one'])
    const [version] = server.memory.byName.get(notes)?.versions ?? []
    expect(version).toMatchObject({ seq: 1, name: null, author: null, at: server.clock.wall() })
    expect(server.documents.figures().rooms).toBe(0)
  })

  it('is the document at which nobody has written for a while, and once', async () => {
    const server = startTestServer({ versionPolicy })
    const ann = server.connect(notes)
    await settle()
    ann.type('one')
    await pass(server.clock, 29_000)
    expect(textsOf(server)).toEqual([])
    await pass(server.clock, 2_000)
    await kept(server, 1)
    const { versions } = server.weather.calls
    await pass(server.clock, 60_000)
    expect(server.weather.calls.versions).toBe(versions)
    expect(textsOf(server)).toEqual(['one'])
  })

  it('is not kept of what has not changed, nor of what is empty', async () => {
    const server = startTestServer({ versionPolicy })
    await visit(server, '')
    await visit(server, 'one')
    await kept(server, 1)
    await pass(server.clock, 700_000)
    await visit(server, '')
    expect(textsOf(server)).toEqual(['one'])
  })

  it('is not kept of what is too large to be read for it', async () => {
    const server = startTestServer({ versionPolicy })
    const large = new Y.Doc()
    large.getText('text').insert(0, 'x'.repeat(17 * 1024 * 1024))
    const seed = { update: Y.encodeStateAsUpdate(large) as Update, authors: [] } // Yjs made it
    await server.documents.create(notes, { key: null, seed, at: millis(1) })
    const { find } = server.weather.calls
    await visit(server, 'and a word')
    await until('it is looked at', () => server.weather.calls.find > find)
    await settle()
    expect([server.weather.calls.keepVersion, textsOf(server)]).toEqual([0, []])
  })

  it('waits until the last one is old enough, and the oldest of many go', async () => {
    const server = startTestServer({ versionPolicy })
    await visit(server, 'one')
    await kept(server, 1)
    await visit(server, ' two')
    await pass(server.clock, 500_000)
    expect(textsOf(server)).toEqual(['one'])
    await pass(server.clock, 120_000)
    await kept(server, 2)
    expect(textsOf(server)).toEqual(['one', 'one two'])
    await pass(server.clock, 600_000)
    await visit(server, ' three')
    await until('the oldest goes', () => textsOf(server)[0] !== 'one')
    expect(textsOf(server)).toEqual(['one two', 'one two three'])
    await pass(server.clock, 20_000) // answers are kept for a while
    expect(server.clock.timers).toBe(startTestServer().clock.timers)
  })

  it('is kept of what came while it was looked at, also where one was kept by hand just before that', async () => {
    const server = startTestServer({ versionPolicy })
    await visit(server, 'one')
    await kept(server, 1)
    server.weather.hold('versions')
    await visit(server, ' two')
    await visit(server, ' three')
    server.weather.release('versions')
    await settle()
    const { id } = server.memory.byName.get(notes) ?? { id: 0 }
    const byHand = { seq: seq(2), at: server.clock.wall(), name: 'by hand', author: null }
    await server.weather.storage.keepVersion(
      docId(id),
      { ...byHand, update: EMPTY_UPDATE },
      { unnamed: 2, named: 9 },
    )
    await pass(server.clock, 620_000)
    await kept(server, 3)
    expect(textsOf(server).at(-1)).toBe('one two three')
  })

  it('holds up neither a room that ends nor a drain', async () => {
    const server = startTestServer({ versionPolicy })
    server.weather.hold('versions')
    await visit(server, 'one')
    expect(server.documents.figures().rooms).toBe(0)
    expect(await server.documents.drain(1_000)).toMatchObject({ ok: true })
    server.weather.fail('read', { kind: 'closed', message: 'closed' })
    server.weather.release('versions')
    await settle()
    expect(server.events.filter(({ kind }) => kind === 'version-failed')).toEqual([])
  })

  it('that fails is reported, and tried again when the document has changed', async () => {
    const server = startTestServer({ versionPolicy })
    server.weather.fail('keepVersion', { kind: 'full', message: 'disk full' }, 1)
    await visit(server, 'one')
    await until('it has failed', () => server.events.some(({ kind }) => kind === 'version-failed'))
    await visit(server, ' two')
    await kept(server, 1)
    expect(textsOf(server)).toEqual(['one two'])
  })

  it('is none where none are to be kept', async () => {
    const server = startTestServer()
    await visit(server, 'one')
    await pass(server.clock, 60_000)
    expect(server.weather.calls.versions).toBe(0)
  })
})
