import fc from 'fast-check'
import { sessionId, type SessionId } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { BATCH_MS, batchSize, LEAST_BATCH, sendAway, type Emptied } from './sending-away.ts'
import type { Session } from './session.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { settle, startTestServer } from './testing/server.ts'

const HALF_MS = 3_000

/** A room of so many, which says when how many of them went. */
const roomOf = (people: number, went: (count: number) => void): Emptied => {
  const sessions = new Map<SessionId, Session>()
  for (let i = 1; i <= people; i++) sessions.set(sessionId(i), {} as Session) // only counted
  const go = (count: number): void => {
    for (const id of [...sessions.keys()].slice(0, count)) sessions.delete(id)
    went(count)
  }
  return { sessions, letGo: go, push: () => go(sessions.size) }
}

describe('[R10] sending away', () => {
  it('[R10] takes everybody once, in batches of one size, within its time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 400 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5_000 }),
        (people, withinMs) => {
          const clock = createManualClock()
          const startedAt = clock.now()
          const perBatch = new Map<number, number>()
          const rooms = people.map((many) =>
            roomOf(many, (count) => {
              const at = clock.now() - startedAt
              perBatch.set(at, (perBatch.get(at) ?? 0) + count)
            }),
          )
          sendAway(rooms, { clock, withinMs })
          clock.advance(10_000)
          const total = people.reduce((sum, many) => sum + many, 0)
          const size = batchSize(total, withinMs)
          expect(rooms.every(({ sessions }) => sessions.size === 0)).toBe(true)
          expect([...perBatch.values()].reduce((sum, many) => sum + many, 0)).toBe(total)
          expect(Math.max(0, ...perBatch.values())).toBeLessThanOrEqual(size)
          expect(Math.max(0, ...perBatch.keys())).toBeLessThan(Math.max(withinMs, BATCH_MS))
          expect(clock.timers).toBe(0)
        },
      ),
    )
  })

  it('is done within its time also where each batch comes late, and waits for no other one', () => {
    const clock = createManualClock()
    const startedAt = clock.now()
    let [people, endedAt] = [1_000, 0]
    const rooms = [700, 1, 299].map((many) =>
      roomOf(many, (count) => {
        people -= count
        endedAt = clock.now() - startedAt
      }),
    )
    const late: typeof clock = {
      ...clock,
      after: (delayMs, task) => clock.after(delayMs + 2 * BATCH_MS, task),
    }
    sendAway(rooms, { clock: late, withinMs: HALF_MS })
    clock.advance(4 * HALF_MS)
    expect(people).toBe(0)
    expect(endedAt).toBeLessThanOrEqual(HALF_MS)
  })

  it('a few go at once, and of many no more in a batch than the time asks for', () => {
    expect(batchSize(LEAST_BATCH, HALF_MS)).toBe(LEAST_BATCH)
    expect(batchSize(10_000, HALF_MS)).toBe(167)
    expect(batchSize(10_000, 1)).toBe(10_000)
  })

  it('whoever has not gone yet goes on in a room that is drained in parts, and all of it is saved', async () => {
    const server = startTestServer()
    const notes = nameOf('notes')
    const people = Array.from({ length: 3 * LEAST_BATCH }, () => server.connect(notes))
    await settle()
    const drained = server.documents.drain(60_000)
    await settle()
    const gone = () => people.filter(({ peer }) => peer.ending !== null).length
    expect(gone()).toBe(LEAST_BATCH)
    const [last, before] = people.toReversed()
    last?.type('still here')
    await settle()
    server.clock.advance(20)
    await settle()
    expect(before?.text()).toBe('still here')
    server.clock.advance(BATCH_MS - 20)
    await settle()
    expect(gone()).toBe(2 * LEAST_BATCH)
    server.clock.advance(BATCH_MS)
    await settle()
    expect(gone()).toBe(3 * LEAST_BATCH)
    expect(new Set(people.map(({ peer }) => peer.ending?.code))).toEqual(new Set([1012]))
    server.clock.advance(10)
    expect((await drained).ok).toBe(true)
    expect(server.memory.byName.get(notes)?.tail.length).toBe(1)
  })

  it('ends with the drain, where all have left by themselves', async () => {
    const server = startTestServer()
    const names = [nameOf('a'), nameOf('b'), nameOf('c')]
    const people = names.flatMap((name) =>
      Array.from({ length: LEAST_BATCH }, () => server.connect(name)),
    )
    await settle()
    const drained = server.documents.drain(60_000)
    await settle()
    for (const { peer } of people) peer.hangUp()
    expect((await drained).ok).toBe(true)
    expect(server.clock.timers).toBe(0)
  })
})
