/* People who move their cursors. */
import { randomFrom } from '../../harness/random.ts'
import { Member } from '../load/member.ts'
import { inOrder, keepPace, timesOf } from '../load/pace.ts'
import { presenceEntries, PresenceLedger } from '../load/presence.ts'
import { costsBetween, secondsOf } from '../load/rooms.ts'
import { isInTime } from '../load/wait.ts'
import { Histogram } from '../measure/histogram.ts'
import type { Scenario } from './scenario.ts'

const PEOPLE = 100
const PER_SECOND = 10
const FIRST_CLIENT = 300_000_000

const lengthOf = (isQuick: boolean) =>
  isQuick ? { warmUpSeconds: 0.2, seconds: 0.8 } : { warmUpSeconds: 3, seconds: 15 }

/** 100 cursors. */
export const cursors: Scenario = {
  name: 'cursors',
  about: `${PEOPLE} people in one document, each moving a cursor ${PER_SECOND} times a second for 15 seconds (states of 200 bytes, as editors send them). Servers may leave out a state that is overtaken by a newer one, but the last of each must reach everybody.`,
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: {
    cpuShare: {
      what: 'server CPU',
      unit: '% of a core',
      target: { kind: 'ratio-at-most', ratio: 0.4 },
      plotted: '100 cursors: CPU',
    },
    p50: { what: 'latency p50', unit: 'ms' },
    p99: { what: 'latency p99', unit: 'ms' },
    share: { what: 'states that reached others', unit: '%' },
  },
  plannedSeconds: (isQuick) => secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const { warmUpSeconds, seconds } = lengthOf(isQuick)
    const latency = new Histogram()
    const clients = Array.from({ length: PEOPLE }, (_, i) => FIRST_CLIENT + i * 1_009)
    const times = timesOf(PEOPLE, {
      perSecond: PER_SECOND,
      seconds: warmUpSeconds + seconds,
      random: randomFrom(seed),
    })
    const server = await start()
    const due = times.map((own) => [...own])
    const ledger = new PresenceLedger(clients, due, latency)
    const members = clients.map(
      (_, i) =>
        new Member(server, 'cursors', {
          onPresence: (bytes, from, to) =>
            ledger.take(i, bytes.subarray(from, to), performance.now()),
        }),
    )
    await Promise.all(members.map((member) => member.joined))
    const frames = members.map((member, i) =>
      (times[i] ?? []).map((_, k) =>
        member.presenceFrame(presenceEntries(clients[i] ?? 0, k + 1, stateOf(i, k))),
      ),
    )
    const order = inOrder(times)
    const startAt = performance.now() + 50
    const window = {
      from: startAt + warmUpSeconds * 1000,
      to: startAt + (warmUpSeconds + seconds) * 1000,
    }
    for (const own of due) for (const [k, at] of own.entries()) own[k] = at + startAt
    ledger.measure(window)
    const costs = costsBetween(server, { ...window, delivered: () => ledger.total })
    await keepPace(
      {
        due: order.due.map((at) => at + startAt),
        send: (i) => {
          const frame = frames[order.who[i] ?? 0]?.[order.which[i] ?? 0]
          if (frame !== undefined) members[order.who[i] ?? 0]?.write(frame)
        },
      },
      () => {},
    )
    const cost = await costs
    await isInTime(() => ledger.missing === 0, isQuick ? 5_000 : 10_000)
    const { missing } = ledger
    for (const member of members) member.close()
    const sent = PEOPLE * PER_SECOND * seconds
    return {
      figures: {
        cpuShare: (cost.cpuMs / cost.wallMs) * 100,
        p50: latency.quantile(0.5),
        p99: latency.quantile(0.99),
        share: (latency.count / (sent * (PEOPLE - 1))) * 100,
      },
      problems: missing > 0 ? [`${missing} last states never came`] : [],
      notes: [
        `${Math.round(cost.deliveries / seconds)} states delivered a second; generator ${Math.round((cost.ownCpuMs / cost.wallMs) * 100)} % of a core; server waited for a CPU ${Math.round((cost.waitedMs / cost.wallMs) * 100)} %`,
      ],
    }
  },
}

/** A caret as editors for Yjs send it. */
const stateOf = (person: number, move: number): unknown => ({
  user: { name: `Person ${person}`, color: '#30bced', colorLight: '#30bced33' },
  cursor: {
    anchor: { type: null, tname: 'text', item: { client: 1, clock: move * 7 }, assoc: 0 },
    head: { type: null, tname: 'text', item: { client: 1, clock: move * 7 }, assoc: 0 },
  },
})
