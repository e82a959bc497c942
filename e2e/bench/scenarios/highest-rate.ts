/* How much one room bears: the rate is raised until it is too much, then narrowed down. */
import { measureRooms, secondsOf, updatesAt, type RoomsMeasured } from '../load/rooms.ts'
import type { Running } from '../servers/server.ts'
import { material } from './material.ts'
import { noteOf } from './room.ts'
import type { Scenario } from './scenario.ts'

const PEOPLE = 50
const MOST_P99_MS = 100
const FIRST_RATE = 600
const LEAST_RATE = 50
/** The generator itself would be measured above it. */
const LAST_RATE = 80_000
/** Of what was sent in the window, this much must have been delivered in it. */
const LEAST_DELIVERED = 0.95

const searchOf = (isQuick: boolean) =>
  isQuick
    ? { first: 4 * FIRST_RATE, last: LAST_RATE, halvings: 0 }
    : { first: FIRST_RATE, last: LAST_RATE, halvings: 3 }

const lengthOf = (isQuick: boolean) =>
  isQuick
    ? { warmUpSeconds: 0.25, seconds: 0.5, graceMs: 1_000 }
    : { warmUpSeconds: 1, seconds: 3, graceMs: 4_000 }

/** Each try has a document of its own. */
let tries = 0

/** Where a rate is sought, in updates a second. */
export interface Search {
  readonly first: number
  readonly last: number
  readonly halvings: number
}

/** How many rates are tried at most: the first is borne and so are all above it, or it is not. */
export const mostRates = ({ first, last, halvings }: Search): number => {
  const above = Math.floor(Math.log2(last / first))
  const below = Math.ceil(Math.log2(first / LEAST_RATE))
  return 1 + Math.max(above, below) + halvings
}

/** The rate sought between one that is borne and one that is not, both in updates a second. */
export const narrow = async (
  isBorne: (rate: number) => Promise<boolean>,
  { first, last, halvings }: Search,
): Promise<number> => {
  let good = 0
  let bad = first
  while (bad <= last && (await isBorne(bad))) {
    good = bad
    bad *= 2
  }
  if (bad > last) return good
  while (good === 0 && bad > LEAST_RATE) {
    if (await isBorne(bad / 2)) good = bad / 2
    else bad /= 2
  }
  if (good === 0) return good
  for (let i = 0; i < halvings; i++) {
    const middle = Math.sqrt(good * bad)
    if (await isBorne(middle)) good = middle
    else bad = middle
  }
  return good
}

/**
 * True if a room of 50 was served in time with all that was sent in it: a little less than was asked for
 * where a person's share of the rate does not make whole updates.
 */
export const hasBorne = ({
  p99,
  missing,
  sentPerSecond,
  deliveredPerSecond,
}: Pick<RoomsMeasured, 'p99' | 'missing' | 'sentPerSecond' | 'deliveredPerSecond'>): boolean =>
  p99 < MOST_P99_MS &&
  missing === 0 &&
  deliveredPerSecond >= LEAST_DELIVERED * sentPerSecond * (PEOPLE - 1)

/** The highest rate in a room of 50 at which nobody waits long. */
export const highestRate: Scenario = {
  name: 'highest-rate',
  about: `the highest rate, in updates a second over all, that ${PEOPLE} people in one document can type at with a p99 latency under ${MOST_P99_MS} ms; 4 seconds at each rate, one that is too much tried twice; the last step is 9 %.`,
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: {
    rate: {
      what: `highest rate with p99 < ${MOST_P99_MS} ms`,
      unit: 'updates/s',
      target: { kind: 'ratio-at-least', ratio: 8 },
      plotted: 'Room of 50: highest rate',
    },
    cpuPerDelivery: { what: 'server CPU per delivery there', unit: 'µs' },
  },
  plannedSeconds: (isQuick) =>
    mostRates(searchOf(isQuick)) * (isQuick ? 1 : 2) * secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const server = await start()
    const tried: string[] = []
    const problems: string[] = []
    let best: RoomsMeasured | null = null
    // another process may have had the machine: what fails once is tried once more
    const isBorne = async (rate: number): Promise<boolean> =>
      (await isBorneOnce(rate)) || (!isQuick && (await isBorneOnce(rate)))
    const isBorneOnce = async (rate: number): Promise<boolean> => {
      const measured = await measureAt(server, rate, { isQuick, seed })
      const good = hasBorne(measured)
      tried.push(
        `${Math.round(rate)}/s ${good ? 'yes' : 'no'} (p99 ${Math.round(measured.p99)} ms, ${noteOf(measured)})`,
      )
      problems.push(...measured.differences.map((what) => `${Math.round(rate)}/s: ${what}`))
      if (good) best = measured
      return good
    }
    const rate = await narrow(isBorne, searchOf(isQuick))
    if (rate === 0) problems.push('no rate was borne')
    const there = best as RoomsMeasured | null // set by the last rate that was borne
    return {
      figures: { rate, ...(there !== null && { cpuPerDelivery: there.cpuPerDelivery }) },
      problems,
      notes: tried,
    }
  },
}

const measureAt = async (
  server: Running,
  rate: number,
  { isQuick, seed }: { readonly isQuick: boolean; readonly seed: number },
): Promise<RoomsMeasured> => {
  const { base, typists } = await material()
  const pace = {
    perSecond: rate / PEOPLE,
    ...lengthOf(isQuick),
    seed,
  }
  const plan = {
    document: `rate-${Math.round(rate)}-${tries++}`,
    base,
    typists: typists.take(PEOPLE, updatesAt(pace)),
    isCompared: true,
  }
  return measureRooms(server, [plan], pace)
}
