import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testServerLimits } from './testing/server.ts'

const notes = nameOf('notes')
/** "Who is here?": the smallest message. */
const QUESTION = Uint8Array.of(3)

/** A client on a server with low rates that has said what every client says first: one message. */
const throttled = async () => {
  const serverLimits = {
    ...testServerLimits,
    messagesPerSecond: 10,
    bytesPerSecond: 1_000,
    burstMs: 2_000,
    heldBackMs: 5_000,
  }
  const server = startTestServer({ serverLimits })
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
    ann.peer.say(new Uint8Array(2_000).fill(9)) // of an unknown type, which is ignored
    expect(ann.peer.isPaused).toBe(false)
    ann.peer.say(Uint8Array.of(9))
    expect(ann.peer.isPaused).toBe(true)
  })

  it('has every message of a frame counted', async () => {
    const { ann } = await throttled()
    ann.peer.say(new Uint8Array(21).fill(3))
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

  it('that goes on like that is told to come back at the limit, and not before', async () => {
    const { server, ann, say } = await throttled()
    say(21) // from here on it is held back again and again
    for (let i = 0; i < 50; i++) {
      server.clock.advance(100)
      say(1)
      expect(ann.peer.ending).toBeNull()
    }
    server.clock.advance(1)
    say(2)
    expect(ann.peer.ending).toEqual({
      code: 1013,
      reason: 'said more than 10 messages or 1000 bytes a second for 5000 ms',
    })
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
  })

  it('that keeps still for the length of a burst begins anew', async () => {
    const { server, ann, say } = await throttled()
    for (let i = 0; i < 5; i++) {
      say(21)
      server.clock.advance(2_101) // 100 until it is read again, and the burst
    }
    expect(ann.peer.ending).toBeNull()
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
