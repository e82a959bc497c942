import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { everyTruncation, mutate, mutations } from '@quire/shared/testing'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, type TestServer } from './testing/server.ts'

const notes = nameOf('notes')
const TOO_LARGE = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01] // 2^63

const frameOf = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  encoding.encode((out) => {
    for (const part of parts)
      if (typeof part === 'number') encoding.writeVarUint(out, part)
      else encoding.writeVarUint8Array(out, part)
  })

const presenceFrame = (json: string): Uint8Array =>
  frameOf(
    1,
    encoding.encode((out) => {
      encoding.writeVarUint(out, 1)
      encoding.writeVarUint(out, 7)
      encoding.writeVarUint(out, 1)
      encoding.writeVarString(out, json)
    }),
  )

const aDocument = (): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'some text')
  doc.getMap('map').set('key', { deep: [1, 2, { three: 'four' }] })
  return Y.encodeStateAsUpdate(doc)
}

const GOOD = frameOf(0, 2, aDocument())

const stored = (server: TestServer): number => server.memory.byName.get(notes)?.tail.length ?? -1

describe('[R6] a bad frame closes that session with 4400 and changes nothing else', () => {
  const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty frame', new Uint8Array(), /message type.* at byte 0/],
    ['a truncated varUint as type', Uint8Array.of(0x80), /message type.* at byte 0/],
    ['a sync message without body', Uint8Array.of(0), /sync message type/],
    ['an unknown sync message', frameOf(0, 9, Uint8Array.of(0)), /sync message type 9/],
    ['a length of 2^63', Uint8Array.of(0, 2, ...TOO_LARGE), /over 2\^53 - 1 at byte 2/],
    ['a length beyond the end', Uint8Array.of(0, 2, 100, 0, 0), /claims 100 bytes, 2 are left/],
    ['an update of nonsense', frameOf(0, 2, Uint8Array.of(1, 2, 3, 4, 5)), / at byte \d/],
    ['an update with bytes behind it', frameOf(0, 2, Uint8Array.of(0, 0, 0)), /1 bytes after/],
    ['a state vector of nonsense', frameOf(0, 0, Uint8Array.of(9)), / at byte \d/],
    ['presence that is not JSON', presenceFrame('{nope'), /presence state: text is not JSON/],
    ['presence with __proto__', presenceFrame('{"__proto__":{"a":1}}'), /key "__proto__"/],
    ['presence with it escaped', presenceFrame('{"\\u005f_proto__":{}}'), /key "__proto__"/],
    ['a good update and then half a message', Uint8Array.of(...GOOD, 0), /sync message type/],
  ]

  it.each(bad)('%s', async (_, frame, reason) => {
    const server = startTestServer()
    const [mallory, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    const heard = bob.peer.frames.length
    mallory.peer.say(frame)
    await settle()
    expect(mallory.peer.ending?.code).toBe(4400)
    expect(mallory.peer.ending?.reason).toMatch(reason)
    expect(stored(server)).toBe(0)
    expect(bob.peer.frames.length).toBe(heard)
    bob.type('still here')
    await settle()
    expect(stored(server)).toBe(1)
    expect(server.documents.figures()).toEqual({ rooms: 1, sessions: 1, failing: 0, unopened: 0 })
    expect(server.events.filter(({ kind }) => kind === 'bug')).toEqual([])
  })

  it('frames behind the bad one are not heard, even if they are good', async () => {
    const server = startTestServer()
    const mallory = server.connect(notes)
    mallory.peer.say(Uint8Array.of(0x80)) // early: the login is not checked yet
    mallory.peer.say(GOOD)
    await settle()
    expect(mallory.peer.ending?.code).toBe(4400)
    expect(stored(server)).toBeLessThanOrEqual(0)
  })

  it('every truncation of a good update', async () => {
    const server = startTestServer()
    const bob = server.connect(notes)
    await settle()
    for (const frame of everyTruncation(GOOD)) {
      const mallory = server.connect(notes)
      await settle()
      mallory.peer.say(frame)
      expect(mallory.peer.ending?.code, `${frame.length} bytes`).toBe(4400)
    }
    await settle()
    expect(stored(server)).toBe(0)
    expect(bob.peer.ending).toBeNull()
  })

  it('any bytes: at worst this session ends, with 4400', async () => {
    const server = startTestServer()
    const bob = server.connect(notes)
    await settle()
    const damaged = mutations.map((mutation) => mutate(GOOD, mutation, presenceFrame('{}')))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 40 }), damaged), async (frame) => {
        const mallory = server.connect(notes)
        await Promise.resolve()
        mallory.peer.say(frame)
        await settle()
        expect([null, 4400]).toContain(mallory.peer.ending?.code ?? null)
        mallory.peer.hangUp()
        expect(server.events.filter(({ kind }) => kind === 'bug')).toEqual([])
      }),
      { numRuns: 300 },
    )
    expect(bob.peer.ending).toBeNull()
    expect(server.documents.figures().rooms).toBe(1)
  })
})
