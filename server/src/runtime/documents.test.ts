import { EMPTY_UPDATE } from '@quire/shared'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import { writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { nameOf } from '../storage/contract/fixture.ts'
import { yWebsocket } from '../dialects/y-websocket.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { healthRoutes } from '../http/health.ts'
import { pass, settle, startTestServer, testLimits, until } from './testing/server.ts'

const notes = nameOf('notes')
const DISK_FULL = { kind: 'full', message: 'disk is full' } as const

describe('documents', () => {
  it('two clients converge, each on what the other typed', async () => {
    const server = startTestServer()
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    ann.type('from ann. ')
    bob.type('from bob. ')
    await settle()
    expect(ann.text()).toContain('from ann. ')
    expect(ann.text()).toContain('from bob. ')
    expect(bob.text()).toBe(ann.text())
  })

  it('a later client gets it all, with its presence and that of the others', async () => {
    const server = startTestServer()
    const ann = server.connect(notes, { presence: { name: 'Ann' } })
    ann.type('hello')
    await settle()
    const bob = server.connect(notes, { presence: { name: 'Bob' } })
    await settle()
    expect(bob.text()).toBe('hello')
    expect([...bob.awareness.getStates().values()]).toContainEqual({ name: 'Ann' })
    expect([...ann.awareness.getStates().values()]).toContainEqual({ name: 'Bob' })
    bob.peer.hangUp()
    await settle()
    server.clock.advance(16) // presence by itself leaves once a frame
    await settle()
    expect([...ann.awareness.getStates().values()]).toEqual([{ name: 'Ann' }])
  })

  it('documents of different names share nothing, and any Unicode is a name', async () => {
    const server = startTestServer()
    const names = ['notes', 'Notes', '__proto__', 'constructor', 'a/b', '☃'].map(nameOf)
    const clients = names.map((name) => server.connect(name))
    clients.forEach((client, i) => client.type(`text ${i}`))
    await settle()
    expect(server.documents.figures()).toEqual({ rooms: 6, sessions: 6, failing: 0, unopened: 0 })
    names.forEach((name, i) => {
      const reader = server.connect(name)
      clients.push(reader)
      void reader.peer
      expect(clients[i]?.text()).toBe(`text ${i}`)
    })
    await settle()
    expect(clients.slice(6).map((client) => client.text())).toEqual(
      names.map((_, i) => `text ${i}`),
    )
  })

  it('[R1] clients that arrive at once share one room, which is loaded once', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const clients = Array.from({ length: 20 }, () => server.connect(notes))
    await settle()
    expect(server.documents.figures()).toEqual({ rooms: 1, sessions: 20, failing: 0, unopened: 0 })
    server.weather.release('open')
    await settle()
    expect(server.weather.calls.open).toBe(1)
    expect(clients.every((client) => client.isSynced)).toBe(true)
  })

  it('[R2] what is said during the load is answered after it, in order', async () => {
    const server = startTestServer()
    server.connect(notes).type('stored. ')
    await settle()
    const again = startTestServer({ memory: server.memory })
    again.weather.hold('open')
    const ann = again.connect(notes)
    ann.type('early. ')
    await settle()
    expect(ann.isSynced).toBe(false)
    again.weather.release('open')
    await settle()
    expect(ann.isSynced).toBe(true)
    expect(ann.text()).toContain('stored. ')
    expect(again.connect(notes).doc).not.toBe(ann.doc)
    await settle()
    expect(again.memory.byName.get(notes)?.tail.length).toBe(2)
  })

  it('[R2] a failed load sends everybody away with a code that says retry, and heals', async () => {
    const server = startTestServer()
    server.weather.fail('open', { kind: 'io', message: 'disk is gone' })
    const ann = server.connect(notes)
    await settle()
    expect(ann.peer.ending).toMatchObject({ code: 1013 })
    const tooSoon = server.connect(notes)
    await settle()
    expect(tooSoon.peer.ending).toMatchObject({ code: 1013 })
    server.clock.advance(testLimits.coolDownMs + 500)
    const later = server.connect(notes)
    await settle()
    expect(later.isSynced).toBe(true)
    expect(server.weather.calls.open).toBe(2)
  })

  it('[R3] a client that comes back while the append of its last edit is on its way misses nothing', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('append')
    ann.type('the last words')
    await settle()
    ann.peer.hangUp()
    await settle()
    expect(server.documents.figures().rooms).toBe(1) // it waits for the disk
    const back = server.connect(notes)
    await settle()
    expect(back.text()).toBe('the last words')
    server.weather.release('append')
    await settle()
    expect(server.weather.calls.open).toBe(1) // the same room, not a fresh load
    back.peer.hangUp()
    await settle()
    expect(server.documents.figures().rooms).toBe(0)
  })

  it('[R4] a failing disk is shown, kept from eviction, and recovers without another edit', async () => {
    const server = startTestServer()
    const health = healthRoutes(server.documents, () => [])
    const ann = server.connect(notes)
    await settle()
    server.weather.fail('append', DISK_FULL, Infinity)
    ann.type('precious')
    await settle()
    expect(server.documents.figures().failing).toBe(1)
    const sick = await health.request('/ready')
    expect(sick.status).toBe(503)
    expect(await sick.text()).toContain('writes of 1 document fail')
    expect((await health.request('/live')).status).toBe(200)

    ann.peer.hangUp()
    for (let i = 0; i < 20; i++) {
      server.clock.advance(1_000)
      await settle()
    }
    expect(server.documents.figures()).toEqual({ rooms: 1, sessions: 0, failing: 1, unopened: 0 })
    server.weather.heal('append')
    server.clock.advance(6_000)
    await settle()
    expect(server.documents.figures()).toEqual({ rooms: 0, sessions: 0, failing: 0, unopened: 0 })
    expect((await health.request('/ready')).status).toBe(200)
    expect(server.memory.byName.get(notes)?.tail.length).toBe(1)
    expect(server.events).toContainEqual(expect.objectContaining({ kind: 'append-recovered' }))
  })

  it('[R5] an update is echoed to its sender after the commit and not before', async () => {
    const server = startTestServer()
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    server.weather.hold('append')
    const before = ann.peer.frames.length
    ann.type('x')
    await settle()
    expect(bob.text()).toBe('x') // relayed at once
    expect(ann.peer.frames.length).toBe(before)
    server.weather.release('append')
    await settle()
    expect(ann.peer.frames.length).toBe(before + 1)
  })

  it('[R5] with durability relay nobody sees an update before its commit', async () => {
    const server = startTestServer({ durability: 'relay' })
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    server.weather.hold('append')
    ann.type('x')
    await settle()
    expect(bob.text()).toBe('')
    server.weather.release('append')
    await settle()
    expect(bob.text()).toBe('x')
  })

  it('[R8] a broadcast is encoded once, however many hear it', async () => {
    let encoded: string[] = []
    const real = yWebsocket({ presenceEntries: 100, presenceBytes: 1_000 })
    const dialect: Dialect = {
      ...real,
      encode(message) {
        encoded.push(message.kind)
        return real.encode(message)
      },
    }
    const server = startTestServer({ dialect })
    const clients = Array.from({ length: 30 }, () => server.connect(notes))
    await settle()
    encoded = []
    clients[0]?.type('x')
    await settle()
    expect(encoded.toSorted()).toEqual(['ack', 'update'])
    expect(clients.every((client) => client.text() === 'x')).toBe(true)
    const writes = new Set(clients.slice(1).map((client) => client.peer.writes.at(-1)))
    expect(writes.size).toBe(1) // the very same bytes for all
  })

  it('a session hears something at least every 10 s, whatever is said that it has no words for', async () => {
    const server = startTestServer()
    const ann = server.connect(notes) // y-websocket knows no texts beside the document
    await settle()
    const heard = ann.peer.frames.length
    for (let i = 0; i < 4; i++) {
      server.documents.broadcastStateless(notes, 'hello')
      await pass(server.clock, 5_000)
    }
    expect(ann.peer.frames.length).toBe(heard + 2)
  })

  it('a session hears something at least every 10 s, also while its document loads', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('open')
    const waiting = server.connect(nameOf('slow'))
    await settle()
    const before = ann.peer.frames.length
    server.clock.advance(9_500)
    expect([ann.peer.frames.length, waiting.peer.frames.length]).toEqual([before, 0])
    server.clock.advance(500)
    await settle()
    expect([...(ann.peer.frames.at(-1) ?? [])]).toEqual([1, 1, 0])
    expect([...(waiting.peer.frames.at(-1) ?? [])]).toEqual([1, 1, 0])
    server.clock.advance(10_000)
    await settle()
    expect(ann.peer.frames.length).toBe(before + 2)
    ann.type('x') // counts from the last thing that was sent: the echo
    await settle()
    server.clock.advance(9_500)
    expect(ann.peer.frames.length).toBe(before + 3)
  })

  it('folds the log while it is written, and serves the folded document', async () => {
    const limits = { ...testLimits, compactUpdates: 50 }
    const server = startTestServer({ limits })
    const ann = server.connect(notes)
    await settle()
    for (let i = 0; i < 60; i++) {
      ann.type(`${i} `)
      await settle()
      server.clock.advance(10)
      await settle()
    }
    await until('the log is folded', () =>
      server.events.some((event) => event.kind === 'compacted'),
    )
    expect(server.memory.byName.get(notes)?.snapshot?.through).toBeGreaterThanOrEqual(50)
    const bob = server.connect(notes)
    await until('the second client has it all', () => bob.text() === ann.text())
    expect(bob.isSynced).toBe(true)
  })

  it('what waits for a lost update is still known after a fold and an eviction', async () => {
    const server = startTestServer({ limits: { ...testLimits, compactIdleUpdates: 1 } })
    const source = new Y.Doc()
    const updates: Uint8Array[] = []
    source.on('update', (update: Uint8Array) => updates.push(update))
    for (const letter of 'abc') source.getText('text').insert(source.getText('text').length, letter)
    const docs = [0, 1].map((known) => {
      const doc = new Y.Doc()
      for (const update of updates.slice(0, known)) Y.applyUpdate(doc, update)
      return doc
    })
    const writer = server.connect(notes)
    await settle()
    for (const at of [0, 2]) writer.peer.say(updateFrame(updates[at])) // b is lost
    await settle()
    server.clock.advance(10)
    await settle()
    server.clock.advance(10) // the next commit need not wait
    writer.peer.hangUp()
    await settle()
    await until('it is folded and gone', () => server.documents.figures().rooms === 0)

    const [empty, knowing] = docs.map((doc) => server.connect(notes, { doc }))
    await settle()
    empty?.peer.say(updateFrame(updates[1]))
    await settle()
    server.clock.advance(10) // its own echo comes with the commit
    await settle()
    expect([empty?.text(), knowing?.text()]).toEqual(['abc', 'abc'])
    expect(server.memory.byName.get(notes)?.snapshot).not.toBeNull()
  })
})

const updateFrame = (update: Uint8Array | undefined): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    writeUpdate(out, update ?? EMPTY_UPDATE)
  })
