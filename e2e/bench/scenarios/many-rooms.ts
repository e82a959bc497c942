/* Many small rooms. */
import { measureRooms, secondsOf, updatesAt } from '../load/rooms.ts'
import { strangers } from './material.ts'
import { outcomeOf, typingMetrics } from './room.ts'
import type { Scenario } from './scenario.ts'

const lengthOf = (isQuick: boolean) =>
  isQuick ? { warmUpSeconds: 0.3, seconds: 1 } : { warmUpSeconds: 4, seconds: 15 }

/** 500 rooms of two. */
export const manyRooms: Scenario = {
  name: 'rooms-500x2',
  about:
    '500 documents with 2 people each, each typing 2 updates a second for 15 seconds (100 documents in a quick run). Quire has every update on disk before it acknowledges it; Hocuspocus acknowledges from memory and writes whole documents later.',
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: typingMetrics({
    plotted: '500 rooms of 2',
    p50: { kind: 'ratio-at-most', ratio: 1 },
    p99: { kind: 'ratio-at-most', ratio: 0.2 },
    cpu: { kind: 'ratio-at-most', ratio: 0.45 },
  }),
  plannedSeconds: (isQuick) => secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const [server, { base, typists }] = await Promise.all([start(), strangers()])
    const pace = { perSecond: 2, ...lengthOf(isQuick), graceMs: 15_000, seed }
    const rooms = isQuick ? 100 : 500
    const people = typists.take(rooms * 2, updatesAt(pace))
    const plans = Array.from({ length: rooms }, (_, i) => ({
      document: `pair-${i}`,
      base,
      typists: people.slice(2 * i, 2 * i + 2),
      isCompared: i % (rooms / 20) === 0,
    }))
    return outcomeOf(await measureRooms(server, plans, pace))
  },
}
