/*
 * People who type in rooms at times fixed before, and all that is measured of it.
 *
 *   seed the documents ─ everybody joins ─ warm up ─ measure ─ wait for what is under way ─ compare texts
 */
import { randomFrom, type Random } from '../../harness/random.ts'
import { Histogram } from '../measure/histogram.ts'
import { Ledger } from '../measure/ledger.ts'
import { cpuBetween, readCpu, readMemory } from '../measure/usage.ts'
import type { Running } from '../servers/server.ts'
import { textOf, type Base, type Typist } from './corpus.ts'
import { seedDocument } from './documents.ts'
import { Member } from './member.ts'
import { inOrder, keepPace, timesOf } from './pace.ts'
import { isInTime } from './wait.ts'

/** One room. */
export interface RoomPlan {
  readonly document: string
  readonly base: Base
  /** Each of them sits in the room, types and reads. */
  readonly typists: readonly Typist[]
  /** Others, who only read. */
  readonly readers?: number
  /** Compares the texts in the end: of two members who kept everything, and of one who comes late. */
  readonly isCompared: boolean
}

/** How they type. */
export interface Pace {
  /** Updates a second of each person. */
  readonly perSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** How long what is under way in the end may take, in milliseconds. */
  readonly graceMs: number
  readonly seed: number
}

/** What was measured. Times in milliseconds. */
export interface RoomsMeasured {
  readonly p50: number
  readonly p99: number
  readonly sentPerSecond: number
  readonly deliveredPerSecond: number
  /** Server's CPU, in microseconds for each update given to each recipient. */
  readonly cpuPerDelivery: number
  /** Server's CPU, in milliseconds for each update sent. */
  readonly cpuPerUpdate: number
  /** Server's CPU, as a share of one core. */
  readonly cpuShare: number
  /** Time that the server wanted to run and could not, as a share of one core. */
  readonly waitShare: number
  /** The load generator's own. */
  readonly ownCpuShare: number
  /** How late updates were sent. */
  readonly lateP99: number
  readonly memory: number
  /** Deliveries that never came. */
  readonly missing: number
  /** What differs in the end; empty if nothing does. */
  readonly differences: readonly string[]
}

/** People at work, between joining and leaving. */
export interface Rooms {
  readonly members: readonly (readonly Member[])[]
  readonly ledgers: readonly Ledger[]
  /** Lets them type; resolves when all that was sent has come, or the grace is over. */
  type(during?: () => Promise<void>): Promise<RoomsMeasured>
  close(): void
}

/** Makes the documents and lets everybody join. */
export const openRooms = async (
  server: Running,
  plans: readonly RoomPlan[],
  pace: Pace,
): Promise<Rooms> => {
  const random = randomFrom(pace.seed)
  const latency = new Histogram()
  const times = plans.map((plan) => timesOfRoom(plan, pace, random))
  const ledgers = plans.map(
    (plan, room) =>
      new Ledger(
        plan.typists.map(({ client, ends }, i) => ({
          client,
          reader: i,
          ends: ends.slice(0, times[room]?.[i]?.length ?? 0),
          due: times[room]?.[i] ?? [],
        })),
        plan.typists.length + (plan.readers ?? 0),
        latency,
      ),
  )
  if (server.kind.answers)
    for (const group of inGroups(plans, 50))
      await Promise.all(
        group.map(({ document, base }) =>
          seedDocument(server, document, { ...base, updates: [base.update] }),
        ),
      )
  const members: (readonly Member[])[] = []
  for (const [room, plan] of plans.entries()) {
    const ledger = ledgers[room]
    const people = plan.typists.length + (plan.readers ?? 0)
    const own = Array.from(
      { length: people },
      (_, i) =>
        new Member(server, plan.document, {
          has: plan.base,
          keeps: plan.isCompared && (i === 0 || i === people - 1),
          onRange: (client, start, end) => ledger?.take(i, client, start, end, performance.now()),
        }),
    )
    members.push(own)
    if (room % 20 === 0) await Promise.all(own.map((member) => member.joined))
  }
  await Promise.all(members.flat().map((member) => member.joined))

  return {
    members,
    ledgers,
    type: (during) => typeIn(server, plans, { pace, times, members, ledgers, latency, during }),
    close() {
      for (const member of members.flat()) member.close()
    },
  }
}

/** Opens rooms, types and leaves. */
export const measureRooms = async (
  server: Running,
  plans: readonly RoomPlan[],
  pace: Pace,
): Promise<RoomsMeasured> => {
  const rooms = await openRooms(server, plans, pace)
  try {
    return await rooms.type()
  } finally {
    rooms.close()
  }
}

/** How long they type. */
export const secondsOf = ({
  warmUpSeconds,
  seconds,
}: Pick<Pace, 'warmUpSeconds' | 'seconds'>): number => warmUpSeconds + seconds

/** How many updates each person types at this pace. */
export const updatesAt = (pace: Pace): number => Math.floor(pace.perSecond * secondsOf(pace))

/** In milliseconds from the start; their updates end with them. */
const timesOfRoom = (plan: RoomPlan, pace: Pace, random: Random): number[][] =>
  timesOf(plan.typists.length, {
    perSecond: pace.perSecond,
    seconds: secondsOf(pace),
    random,
  }).map((own, i) => own.slice(0, plan.typists[i]?.updates.length ?? 0))

interface Work {
  readonly pace: Pace
  readonly times: readonly number[][][]
  readonly members: readonly (readonly Member[])[]
  readonly ledgers: readonly Ledger[]
  readonly latency: Histogram
  readonly during: (() => Promise<void>) | undefined
}

const typeIn = async (
  server: Running,
  plans: readonly RoomPlan[],
  { pace, times, members, ledgers, latency, during }: Work,
): Promise<RoomsMeasured> => {
  const people = times.flatMap((room, at) => room.map((own, i) => ({ room: at, i, own })))
  const frames = people.map(({ room, i, own }) => {
    const updates = plans[room]?.typists[i]?.updates.slice(0, own.length) ?? []
    return updates.map((update) => members[room]?.[i]?.frame(update))
  })
  const { due, who, which } = inOrder(people.map(({ own }) => own))
  const startAt = performance.now() + 50
  const from = startAt + pace.warmUpSeconds * 1000
  const to = from + pace.seconds * 1000
  for (let i = 0; i < due.length; i++) due[i] = (due[i] ?? 0) + startAt
  for (const own of times.flat()) for (const [i, at] of own.entries()) own[i] = at + startAt
  for (const ledger of ledgers) ledger.measure({ from, to })
  const delivered = (): number => ledgers.reduce((sum, ledger) => sum + ledger.total, 0)

  const lateness = new Histogram()
  const costs = costsBetween(server, { from, to, delivered })
  const send = (i: number): void => {
    const person = people[who[i] ?? 0]
    const frame = frames[who[i] ?? 0]?.[which[i] ?? 0]
    if (person !== undefined && frame !== undefined) members[person.room]?.[person.i]?.write(frame)
  }
  const beside = during?.() ?? Promise.resolve()
  await keepPace({ due, send }, (ms) => lateness.add(ms))
  const cost = await costs
  await beside
  const missing = (): number =>
    ledgers.reduce(
      (sum, ledger, room) =>
        sum + (members[room] ?? []).reduce((most, _, i) => most + ledger.missing(i), 0),
      0,
    )
  await isInTime(() => missing() === 0, pace.graceMs)
  const sent = due.filter((at) => at >= from && at < to).length
  const lost = missing()
  const differences = lost === 0 ? await differencesIn(server, plans, { times, members }) : []
  return {
    p50: latency.quantile(0.5),
    p99: latency.quantile(0.99),
    sentPerSecond: sent / pace.seconds,
    deliveredPerSecond: (cost.deliveries / cost.wallMs) * 1000,
    cpuPerDelivery: (cost.cpuMs * 1000) / cost.deliveries,
    cpuPerUpdate: cost.cpuMs / sent,
    cpuShare: cost.cpuMs / cost.wallMs,
    waitShare: cost.waitedMs / cost.wallMs,
    ownCpuShare: cost.ownCpuMs / cost.wallMs,
    lateP99: lateness.quantile(0.99),
    memory: readMemory(server.pid),
    missing: lost,
    differences,
  }
}

/** What the server and this process take from one time to another. */
export const costsBetween = async (
  { pid }: Running,
  { from, to, delivered }: { from: number; to: number; delivered: () => number },
) => {
  await new Promise((resolve) => setTimeout(resolve, from - performance.now()))
  const before = {
    at: performance.now(),
    cpu: readCpu(pid),
    own: process.cpuUsage(),
    delivered: delivered(),
  }
  await new Promise((resolve) => setTimeout(resolve, to - performance.now()))
  const own = process.cpuUsage(before.own)
  const cpu = readCpu(pid)
  return {
    cpuMs: cpuBetween(before.cpu, cpu),
    waitedMs: cpu.waitedMs - before.cpu.waitedMs,
    ownCpuMs: (own.user + own.system) / 1000,
    wallMs: performance.now() - before.at,
    deliveries: delivered() - before.delivered,
  }
}

/** Compares what members hold, and what the server gives to one who comes now, with what was typed. */
const differencesIn = async (
  server: Running,
  plans: readonly RoomPlan[],
  { times, members }: Pick<Work, 'times' | 'members'>,
): Promise<string[]> => {
  const differences: string[] = []
  for (const [room, plan] of plans.entries()) {
    if (!plan.isCompared) continue
    const typed = plan.typists.flatMap(({ updates }, i) =>
      updates.slice(0, times[room]?.[i]?.length ?? 0),
    )
    const expected = textOf([plan.base.update, ...typed])
    const people = members[room] ?? []
    // an author does not hear its own updates from every server
    const last = people.length - 1
    const own = (i: number): readonly Uint8Array[] =>
      plan.typists[i]?.updates.slice(0, times[room]?.[i]?.length) ?? []
    for (const i of new Set([0, last]))
      if (people[i]?.text(own(i)) !== expected)
        differences.push(`member ${i} of ${plan.document} holds another text`)
    if (!server.kind.answers) continue
    const late = new Member(server, plan.document, { keeps: true })
    await late.joined
    if (!(await isInTime(() => late.text() === expected, 2_000)))
      differences.push(`one who joins ${plan.document} late holds another text`)
    late.close()
  }
  return differences
}

const inGroups = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  )
