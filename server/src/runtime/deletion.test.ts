/* [R21] Documents that are deleted, made anew and undeleted while clients are at them. */
import { docId, millis, ok, readUpdate } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { createMemory, createMemoryStorage } from '../storage/memory.ts'
import { openQuire, typistOf } from './testing/quire-peer.ts'
import { pass, settle, startTestServer, type TestServer } from './testing/server.ts'
import { openAll, openShared } from './testing/shared-socket.ts'

const notes = nameOf('notes')
const DELETED = { code: 4410, reason: 'the document was deleted' }

const deleteNotes = async ({ documents }: TestServer) => {
  const deleted = await documents.delete(notes)
  if (!deleted.ok || deleted.value === null) throw new Error('not deleted')
  return deleted.value
}

describe('[R21] a document that is deleted', () => {
  it('closes whoever is at it, of every family, with the code that says so', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    const [shared, quire] = [openShared(server), openQuire(server)]
    await openAll(shared, ['notes', 'other'])
    quire.open(1, 'notes')
    await settle()
    shared.heard()
    quire.heard(1)
    await deleteNotes(server)
    await settle()
    expect(ann.peer.ending).toEqual(DELETED)
    expect(shared.heard('notes')).toHaveLength(1)
    expect(shared.peer.ending).toBeNull()
    expect(quire.heard(1)).toMatchObject([{ code: 4410, reason: DELETED.reason }])
    expect(server.documents.figures()).toMatchObject({ rooms: 1, sessions: 1, unopened: 0 })
  })

  it('refuses who comes back with what it had, and stores nothing of that', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    ann.type('old')
    await pass(server.clock, 100)
    await deleteNotes(server)
    const again = server.connect(notes, { doc: ann.doc })
    await settle()
    expect(again.peer.ending).toEqual(DELETED)
    expect(server.memory.byName.has(notes)).toBe(false)
    expect(server.documents.figures().unopened).toBe(0)
    expect(server.events.filter(({ kind }) => kind === 'load-failed')).toEqual([])
  })

  it('has all that was accepted before, where the disk was slow', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('append')
    ann.type('the last words')
    await settle()
    const facts = await deleteNotes(server)
    const bob = server.connect(notes)
    await settle()
    expect(bob.peer.ending?.code).toBe(4410)
    // it is not undeleted before they are on disk: whoever opened it then would lack them
    const early = server.documents.undelete(facts.id)
    await settle()
    server.weather.release('append')
    expect(await early).toMatchObject({ ok: true, value: { name: notes } })
    const cyd = server.connect(notes)
    await settle()
    expect(cyd.text()).toBe('the last words')
  })

  it('is not undeleted while what it had accepted does not get to disk', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.fail('append', { kind: 'full', message: 'disk full' }, Infinity)
    ann.type('x')
    await settle()
    const facts = await deleteNotes(server)
    const undeleted = server.documents.undelete(facts.id)
    await pass(server.clock, 6_000)
    expect(await undeleted).toMatchObject({ ok: false, error: { kind: 'busy' } })
    server.weather.heal('append')
    await pass(server.clock, 6_000)
    expect((await server.documents.undelete(facts.id)).ok).toBe(true)
  })

  it('lets everybody in at once when it is made anew, with its seed', async () => {
    const server = startTestServer()
    server.connect(notes)
    await settle()
    const old = await deleteNotes(server)
    server.connect(notes)
    await settle()
    const contents = readUpdate(typistOf(7).type('seed'))
    if (!contents.ok) throw new Error(contents.error.message)
    const { update } = contents.value
    const creation = { key: null, seed: { update, authors: [] }, at: millis(1) }
    const created = await server.documents.create(notes, creation)
    expect(created).toMatchObject({ ok: true, value: { kind: 'created' } })
    const ann = server.connect(notes)
    await settle()
    expect([ann.text(), ann.peer.ending]).toEqual(['seed', null])
    const again = await server.documents.create(notes, creation)
    expect(again).toMatchObject({ ok: true, value: { kind: 'exists' } })
    expect(ann.peer.ending).toBeNull()
    // its name is taken
    expect(await server.documents.undelete(old.id)).toEqual(ok(null))
  })

  it('is nothing where there is none, and stays where storage refuses', async () => {
    const server = startTestServer()
    expect(await server.documents.delete(notes)).toEqual(ok(null))
    const ann = server.connect(notes)
    await settle()
    server.weather.fail('remove', { kind: 'full', message: 'disk full' }, 1)
    expect(await server.documents.delete(notes)).toMatchObject({ ok: false })
    ann.type('on')
    await pass(server.clock, 100)
    expect([ann.peer.ending, server.memory.byName.get(notes)?.tail.length]).toEqual([null, 1])
  })

  it('sends away who is at it also where the first attempt heard nothing of its success', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    const { id } = server.memory.byName.get(notes) ?? { id: 0 }
    // the disk has it, and the answer was lost
    await server.weather.storage.remove(docId(id), millis(1))
    expect(await server.documents.delete(notes)).toEqual(ok(null))
    await settle()
    expect(ann.peer.ending).toEqual(DELETED)
  })

  it('sends nobody away from another document that was made of its name meanwhile', async () => {
    const server = startTestServer()
    await server.documents.create(notes, { key: null, seed: null, at: millis(1) })
    const { id } = server.memory.byName.get(notes) ?? { id: 0 }
    server.weather.hold('remove')
    const deleted = server.documents.delete(notes)
    await server.weather.called('remove', 1)
    // another attempt is faster, and another document takes the name
    await createMemoryStorage(server.memory).remove(docId(id), millis(2))
    await server.documents.create(notes, { key: null, seed: null, at: millis(3) })
    const bob = server.connect(notes)
    await settle()
    server.weather.release('remove')
    expect(await deleted).toMatchObject({ ok: true, value: { id } })
    bob.type('here')
    await pass(server.clock, 100)
    expect([bob.peer.ending, server.memory.byName.get(notes)?.tail.length]).toEqual([null, 1])
  })

  it('sends nobody away from a document that was made while it was asked for', async () => {
    const memory = createMemory()
    const storage = createMemoryStorage(memory)
    const answered = Promise.withResolvers<void>()
    const server = startTestServer({
      memory,
      storage: {
        ...storage,
        async find(name) {
          const found = await storage.find(name)
          await answered.promise
          return found
        },
      },
    })
    const deleted = server.documents.delete(notes)
    await settle()
    const ann = server.connect(notes)
    await settle()
    answered.resolve()
    expect(await deleted).toEqual(ok(null))
    await settle()
    expect([ann.peer.ending, ann.isSynced]).toEqual([null, true])
  })

  it('has whoever waits for it while it is opened come back, for what there is then', async () => {
    const server = startTestServer()
    await server.documents.create(notes, { key: null, seed: null, at: millis(1) })
    server.weather.hold('open')
    const ann = server.connect(notes)
    await settle()
    await deleteNotes(server)
    await settle()
    expect(ann.peer.ending?.code).toBe(1013)
    server.weather.release('open')
    const again = server.connect(notes)
    await settle()
    expect(again.peer.ending).toEqual(DELETED)
  })

  it('is undeleted at once where it is there and somebody is at it', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    const { id } = server.memory.byName.get(notes) ?? { id: 0 }
    expect(await server.documents.undelete(docId(id))).toMatchObject({ ok: true, value: { id } })
    expect(ann.peer.ending).toBeNull()
  })

  it('is waited for by a drain, and its room has no name meanwhile', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('append')
    ann.type('x')
    await settle()
    await deleteNotes(server)
    let isOver = false
    const drained = server.documents.drain(60_000).finally(() => (isOver = true))
    await settle()
    expect(isOver).toBe(false)
    server.weather.release('append')
    expect(await drained).toEqual(ok(undefined))
  })
})
