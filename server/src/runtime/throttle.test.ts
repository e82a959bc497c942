import * as encoding from 'lib0/encoding'
import { encodeAwarenessUpdate, type Awareness } from 'y-protocols/awareness'
import { writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import {
  pass,
  settle,
  startTestServer,
  testLimits,
  testServerLimits,
  TICK_MS,
  type TestServerOptions,
} from './testing/server.ts'

const notes = nameOf('notes')
/** "Who is here?": the smallest message. */
const QUESTION = Uint8Array.of(3)

const frameOf = (update: Uint8Array): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    writeUpdate(out, update)
  })

/** A message of a type that nobody knows, which is ignored. */
const unknown = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(9)

const presenceOf = (awareness: Awareness): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 1)
    encoding.writeVarUint8Array(out, encodeAwarenessUpdate(awareness, [awareness.clientID]))
  })

const slowly = {
  ...testServerLimits,
  messagesPerSecond: 10,
  bytesPerSecond: 10_000, // and a message counts for 128 bytes at least
  burstMs: 2_000,
  heldBackMs: 5_000,
}

/** A client on a server with low rates that has said what every client says first: one message. */
const throttled = async (options: TestServerOptions = {}) => {
  const server = startTestServer({ serverLimits: slowly, ...options })
  const ann = server.connect(notes)
  await settle()
  expect(ann.isSynced).toBe(true)
  server.clock.advance(10_000) // the burst is whole again
  const say = (messages: number): void =>
    ann.peer.sayAtOnce(Array.from({ length: messages }, () => QUESTION))
  return { server, ann, say }
}

describe('a client', () => {
  it('is read on while it says no more messages than its burst', async () => {
    const { ann, say } = await throttled()
    say(20)
    expect(ann.peer.isPaused).toBe(false)
    say(1)
    expect(ann.peer.isPaused).toBe(true)
  })

  it('is read on while it says no more bytes than its burst', async () => {
    const { ann } = await throttled()
    ann.peer.say(unknown(20_000))
    expect(ann.peer.isPaused).toBe(false)
    ann.peer.say(unknown(1))
    expect(ann.peer.isPaused).toBe(true)
  })

  it('is charged for everybody who hears it, and for a question only once', async () => {
    const { server, ann, say } = await throttled()
    for (let i = 0; i < 9; i++) server.connect(notes)
    await settle()
    say(10)
    expect(ann.peer.isPaused).toBe(false)
    ann.type('x') // the other half of its burst: ten hear of it
    expect(ann.peer.isPaused).toBe(false)
    say(1)
    expect(ann.peer.isPaused).toBe(true)
  })

  it('is charged for a hundred at most', async () => {
    const { server, ann } = await throttled()
    const limits = { ...testLimits, sessionsPerDocument: 200 }
    const crowded = await throttled({ limits })
    for (let i = 0; i < 150; i++) crowded.server.connect(notes)
    await settle()
    crowded.ann.type('x')
    expect(crowded.ann.peer.isPaused).toBe(true)
    crowded.server.clock.advance(8_000) // 100 counted, less the burst of 20, at ten a second
    await settle()
    expect(crowded.ann.peer.isPaused).toBe(false)
    expect([server.documents.figures().sessions, ann.peer.isPaused]).toEqual([1, false])
  })

  it('has every message of a frame counted', async () => {
    const { ann } = await throttled()
    ann.peer.say(new Uint8Array(20).fill(3))
    expect(ann.peer.isPaused).toBe(false)
    ann.peer.say(QUESTION)
    expect(ann.peer.isPaused).toBe(true)
  })

  it('that says too much is read later, and all of it is', async () => {
    const { server, ann, say } = await throttled()
    say(21)
    for (const letter of 'hello') ann.type(letter)
    await settle()
    expect(server.memory.byName.get(notes)?.tail).toEqual([])
    server.clock.advance(99)
    await settle()
    expect(ann.peer.isPaused).toBe(true)
    for (let i = 0; i < 10; i++) {
      server.clock.advance(101)
      await settle()
    }
    expect(ann.peer.isPaused).toBe(false)
    expect(ann.peer.ending).toBeNull()
    const bob = server.connect(notes)
    await settle()
    expect(bob.text()).toBe('hello')
  })

  it('is heard in order and whole, also of what had been read before it was held back', async () => {
    const { server, ann } = await throttled()
    const typed: Uint8Array[] = []
    const doc = new Y.Doc()
    doc.on('update', (update: Uint8Array) => typed.push(frameOf(update)))
    for (const letter of 'the quick brown fox jumps over')
      doc.getText('text').insert(doc.getText('text').length, letter)
    ann.peer.sayAtOnce(typed)
    await settle()
    expect(ann.peer.isPaused).toBe(true)
    for (let i = 0; i < 20; i++) {
      server.clock.advance(100)
      await settle()
    }
    expect([ann.peer.isPaused, ann.text()]).toEqual([false, 'the quick brown fox jumps over'])
    expect(server.events.filter(({ kind }) => kind === 'missing-dependencies')).toEqual([])
  })

  it('that goes on like that is told to come back at the limit, and not before', async () => {
    const { server, ann, say } = await throttled()
    say(21) // from here on it is held back again and again
    for (let i = 0; i < 50; i++) {
      server.clock.advance(100)
      say(1)
      expect(ann.peer.ending).toBeNull()
    }
    say(1) // kept, as it had been read
    server.clock.advance(99)
    expect(ann.peer.ending).toBeNull()
    server.clock.advance(1)
    expect(ann.peer.ending).toEqual({
      code: 1013,
      reason: expect.stringMatching(
        /^for 5000 ms said more than 10 messages or 10000 bytes a second, /,
      ),
    })
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
  })

  it('that is calm for ten seconds begins anew', async () => {
    const { server, ann, say } = await throttled()
    for (let i = 0; i < 5; i++) {
      say(21)
      server.clock.advance(10_101) // 100 until it is read again, and the calm
    }
    expect(ann.peer.ending).toBeNull()
  })

  it('is read again after the limit, however much it owes, and held back by its next message', async () => {
    const { server, ann, say } = await throttled()
    ann.peer.say(unknown(1_000_000)) // 98 s of debt
    server.clock.advance(4_999)
    await settle()
    expect(ann.peer.isPaused).toBe(true)
    server.clock.advance(1)
    await settle()
    expect([ann.peer.isPaused, ann.peer.ending]).toEqual([false, null])
    say(1)
    expect(ann.peer.isPaused).toBe(true)
  })

  it('[R7] is shown to the others for as long as it is not read, and 30 s longer if it is silent then', async () => {
    const { server, ann } = await throttled({
      serverLimits: { ...slowly, heldBackMs: 120_000 },
    })
    const gone: number[] = []
    const bob = server.connect(notes)
    bob.awareness.on('change', ({ removed }: { removed: number[] }) => gone.push(...removed))
    ann.awareness.setLocalState({ name: 'ann' })
    ann.peer.say(presenceOf(ann.awareness))
    await settle()
    await pass(server.clock, TICK_MS)
    const heard = (): number => bob.awareness.meta.get(ann.doc.clientID)?.clock ?? -1
    const clock = heard()
    expect(bob.awareness.getStates().get(ann.doc.clientID)).toEqual({ name: 'ann' })
    ann.peer.say(unknown(700_000)) // more than a minute of debt
    for (const [passed, renewals] of [
      [25_000, 1],
      [25_000, 2],
    ] as const) {
      await pass(server.clock, passed)
      expect([ann.peer.isPaused, heard() - clock]).toEqual([true, renewals])
    }
    await pass(server.clock, 19_000)
    expect([ann.peer.isPaused, gone]).toEqual([false, []])
    await pass(server.clock, 10_000)
    expect(gone).toEqual([])
    await pass(server.clock, 2_000)
    expect(gone).toEqual([ann.doc.clientID])
  })

  it('[R7] that leaves while it is held back is gone for the others at once', async () => {
    const { server, ann } = await throttled()
    const bob = server.connect(notes)
    ann.awareness.setLocalState({ name: 'ann' })
    ann.peer.say(presenceOf(ann.awareness))
    await settle()
    await pass(server.clock, TICK_MS)
    const isSeen = (): boolean => bob.awareness.getStates().has(ann.doc.clientID)
    expect(isSeen()).toBe(true)
    ann.peer.say(unknown(1_000_000))
    ann.peer.hangUp()
    await settle()
    server.clock.advance(16) // a display frame
    await settle()
    expect(isSeen()).toBe(false)
  })

  it('that leaves while it is held back leaves no timer', async () => {
    const { server, ann, say } = await throttled()
    const idle = server.clock.timers
    say(21)
    expect(server.clock.timers).toBe(idle + 1)
    ann.peer.hangUp()
    await settle()
    expect(server.clock.timers).toBeLessThanOrEqual(idle)
  })
})
