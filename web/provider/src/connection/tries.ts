/*
 * Which way to a server is taken, by how it went so far:
 *
 *     first ──fails twice, or is cut soon three times──▶ second ──the same──▶ third … first
 *       ▲                                                  │
 *       └────────────── it works beside this one ──────────┘ tried less and less often
 */

/** Failures of one transport in a row after which the next one is tried. */
const FAILURES_PER_TRANSPORT = 2
/** A connection that lived so long has worked: the next failure is the first again, milliseconds. */
const STEADY_MS = 10_000
/** A connection that was cut earlier has not lasted, milliseconds: proxies are set to 60 s where they are set at all. */
const LASTING_MS = 45_000
/** How many in a row that have not lasted make a transport one that fails. */
const CUTS_PER_TRANSPORT = 3
/** How much of the spread is kept while the server is away: whoever was told of hours does not stay away for days. */
const SPREAD_KEPT = 0.75
const LONGEST_SPREAD_KEPT_MS = 60_000
/** When the first transport is tried beside another one that is open, milliseconds: then twice as late each time. */
const FIRST_PROBE_MS = 5_000
const LONGEST_PROBE_MS = 300_000

/** How it went so far. */
export interface Tries {
  /** Failures in a row. */
  readonly failures: number
  /** Which transport is used, from 0, how often it failed, and how often it was cut soon. */
  readonly transport: number
  readonly ofTransport: number
  readonly cuts: number
  /** How often the first transport was tried beside another one since it has last worked. */
  readonly probes: number
  /** Over how long the server wants those to be spread who come back together, milliseconds. */
  readonly spreadMs: number
}

/** Nothing was tried yet. */
export const FRESH: Tries = {
  failures: 0,
  transport: 0,
  ofTransport: 0,
  cuts: 0,
  probes: 0,
  spreadMs: 0,
}

/** A connection that is over. */
export interface Life {
  readonly livedMs: number
  /** What the server said last of it. */
  readonly spreadMs: number
}

/** It has failed before it was greeted: perhaps this way is blocked, and another one is not. */
export const afterFailure = (tries: Tries, transports: number): Tries => {
  const next = {
    ...tries,
    failures: tries.failures + 1,
    ofTransport: tries.ofTransport + 1,
    spreadMs: Math.min(tries.spreadMs * SPREAD_KEPT, LONGEST_SPREAD_KEPT_MS),
  }
  return next.ofTransport >= FAILURES_PER_TRANSPORT ? moved(next, transports) : next
}

/** It was cut: a way on which that happens soon, again and again, is not as good as one that goes on where it was. */
export const afterCut = (tries: Tries, life: Life, transports: number): Tries => {
  const cuts = life.livedMs >= LASTING_MS ? 0 : tries.cuts + 1
  const next = { ...afterLife(tries, life), cuts }
  return cuts >= CUTS_PER_TRANSPORT ? moved(next, transports) : next
}

/** It has ended, and that says nothing of the way. */
export const afterLife = (tries: Tries, { livedMs, spreadMs }: Life): Tries => ({
  ...tries,
  failures: livedMs >= STEADY_MS ? 0 : tries.failures + 1,
  ofTransport: 0,
  probes: tries.transport === 0 && livedMs >= LASTING_MS ? 0 : tries.probes,
  spreadMs,
})

/** The first way was tried beside this one. */
export const afterProbe = (tries: Tries, works: boolean): Tries => {
  const next = { ...tries, probes: tries.probes + 1 }
  // once is enough to see that it was not for long
  return works ? { ...next, transport: 0, ofTransport: FAILURES_PER_TRANSPORT - 1, cuts: 0 } : next
}

/** After how many milliseconds the first way is tried beside this one, `random` from 0 to 1; null where it is this one. */
export const probePauseMs = ({ transport, probes }: Tries, random: number): number | null =>
  transport === 0
    ? null
    : Math.min(LONGEST_PROBE_MS, FIRST_PROBE_MS * 2 ** probes) * (0.5 + random / 2)

/** On another way, if there is one. */
const moved = (tries: Tries, transports: number): Tries => ({
  ...tries,
  transport: (tries.transport + 1) % transports,
  ofTransport: 0,
  cuts: 0,
})
