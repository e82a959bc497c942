/* One room of people who all type. */
import { measureRooms, secondsOf, updatesAt, type RoomsMeasured } from '../load/rooms.ts'
import { material } from './material.ts'
import type { Metric, Outcome, Scenario, Target } from './scenario.ts'

const GRACE_MS = 15_000

/** What a measured room came to, as the table has it. */
export const outcomeOf = (measured: RoomsMeasured): Outcome => {
  const { p50, p99, cpuPerDelivery, cpuShare, missing, differences } = measured
  return {
    figures: { p50, p99, cpuPerDelivery, cpuShare: cpuShare * 100 },
    problems: [...(missing > 0 ? [`${missing} deliveries never came`] : []), ...differences],
    notes: [noteOf(measured)],
  }
}

/** How the run itself went: what the figures must be read with. */
export const noteOf = (measured: RoomsMeasured): string =>
  `${Math.round(measured.sentPerSecond)} updates/s, ${Math.round(measured.deliveredPerSecond)} deliveries/s; ` +
  `generator ${Math.round(measured.ownCpuShare * 100)} % of a core, late by ${measured.lateP99.toFixed(1)} ms (p99); ` +
  `server waited for a CPU ${Math.round(measured.waitShare * 100)} %`

/** Goals of the usual figures of typing, and what they are called in the plot. */
interface Typing {
  readonly p50?: Target
  readonly p99?: Target
  readonly cpu?: Target
  readonly plotted?: string
}

/** The usual figures of typing. */
export const typingMetrics = ({
  p50,
  p99,
  cpu,
  plotted,
}: Typing): Readonly<Record<string, Metric>> => ({
  p50: { what: 'latency p50', unit: 'ms', ...(p50 && { target: p50 }) },
  p99: {
    what: 'latency p99',
    unit: 'ms',
    ...(p99 && { target: p99 }),
    ...(plotted !== undefined && { plotted: `${plotted}: latency p99` }),
  },
  cpuPerDelivery: {
    what: 'server CPU per delivery',
    unit: 'µs',
    ...(cpu && { target: cpu }),
    ...(plotted !== undefined && { plotted: `${plotted}: CPU per delivery` }),
  },
  cpuShare: { what: 'server CPU', unit: '% of a core' },
})

const lengthOf = (isQuick: boolean) =>
  isQuick ? { warmUpSeconds: 0.2, seconds: 0.5 } : { warmUpSeconds: 3, seconds: 15 }

const roomOf = (people: number, goals: Typing): Scenario => ({
  name: `room-${people}`,
  about: `${people} people in one document, each typing 5 updates a second for 15 seconds.`,
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: typingMetrics({ ...goals, plotted: `Room of ${people}` }),
  plannedSeconds: (isQuick) => secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const [server, { base, typists }] = await Promise.all([start(), material()])
    const pace = { perSecond: 5, ...lengthOf(isQuick), graceMs: GRACE_MS, seed }
    const plan = {
      document: `room-${people}`,
      base,
      typists: typists.take(people, updatesAt(pace)),
      isCompared: true,
    }
    return outcomeOf(await measureRooms(server, [plan], pace))
  },
})

const atMost = (ratio: number): Target => ({ kind: 'ratio-at-most', ratio })

/** Rooms of 10, 50 and 200. */
export const roomScenarios: readonly Scenario[] = [
  roomOf(10, { p50: atMost(1), cpu: atMost(0.8) }),
  roomOf(50, { p50: atMost(1), cpu: atMost(0.8) }),
  roomOf(200, { p99: { kind: 'at-most', most: 40 }, cpu: atMost(0.4) }),
]
