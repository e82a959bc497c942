/*
 * The whole way once, small: real processes, and a count that notices when one delivery of hundreds is
 * left out.
 */
import { afterEach, expect, test } from 'vitest'
import { baseOf, Typists, transactionsOf } from './load/corpus.ts'
import { measureRooms, updatesAt, type RoomsMeasured } from './load/rooms.ts'
import { kinds, relayKind } from './servers/kinds.ts'
import { startKind, type Running, type ServerKind } from './servers/server.ts'

const PEOPLE = 4
const pace = { perSecond: 20, warmUpSeconds: 0.2, seconds: 0.8, graceMs: 3_000, seed: 1 }

const started: Running[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.remove()
})

const measure = async (kind: ServerKind): Promise<RoomsMeasured> => {
  const server = await startKind(kind)
  started.push(server)
  const session = (await transactionsOf('sveltecomponent')).slice(0, 2_000)
  const base = baseOf(session.slice(0, 500))
  const typists = new Typists(base, session, 1).take(PEOPLE, updatesAt(pace))
  return measureRooms(server, [{ document: 'smoke', base, typists, isCompared: true }], pace)
}

test.each([kinds.quire, kinds.hocuspocus, kinds['y-websocket'], kinds.relay])(
  '[bench] with $label everything sent is counted once, and all hold the same text',
  async (kind) => {
    const measured = await measure(kind)
    expect(measured.missing).toBe(0)
    expect(measured.differences).toEqual([])
    expect(measured.sentPerSecond).toBeCloseTo(PEOPLE * pace.perSecond, -1)
    expect(measured.p50).toBeGreaterThan(0)
    expect(measured.p99).toBeGreaterThanOrEqual(measured.p50)
    expect(measured.cpuShare).toBeGreaterThan(0)
  },
)

test('[bench] one delivery that is left out is noticed', async () => {
  const measured = await measure(relayKind(30))
  expect(measured.missing).toBe(1)
})
