/*
 * The connection that the documents of a page share, as a pure machine:
 *
 *            a document is open           greeted
 *     idle ──────────────────▶ opening ───────────▶ open
 *      ▲                        ▲   │                │ silence, an end, a farewell
 *      │ none is                │   │ it fails       ▼
 *      └──────────────────  waiting ◀────────────────┘        refused: a farewell that says "stop"
 *
 * Every pause is a random part of what it might be, so that those who lost their server together do not come back
 * together; the server says how long that is to be when many are there (PROTOCOL.md P29).
 */
import type { Ending, Greeting } from '@quire/shared'
import { LONGEST_PAUSE_MS, obeyedMs, pauseMs } from './pause.ts'
import {
  afterCut,
  afterFailure,
  afterLife,
  afterProbe,
  FRESH,
  probePauseMs,
  type Life,
  type Tries,
} from './tries.ts'

/** How long a connection may take to open and to be greeted, milliseconds. */
export const OPEN_MS = 10_000
/** Beats that are missed before a connection is dead. */
const MISSED_BEATS = 3
/** How long the answer to a ping may take, milliseconds. */
const PING_MS = 5_000
/** What a connection is in. */
export type Connection =
  | Idle
  | Opening
  | Open
  | Waiting
  /** For good: the same would end the same way. */
  | { readonly kind: 'refused'; readonly reason: string; readonly code: number }

/** What was learnt when it was last wanted. */
interface Idle {
  readonly kind: 'idle'
  readonly tries: Tries
  /** Not before, whatever happens: the server has said so, then. */
  readonly notBefore: number
  readonly since: number
}

interface Opening {
  readonly kind: 'opening'
  readonly since: number
  readonly tries: Tries
}

interface Open {
  readonly kind: 'open'
  readonly since: number
  readonly greeting: Greeting
  readonly heardAt: number
  readonly pingedAt: number | null
  /** When the first transport is to be tried beside this one; null on the first, and while that is done. */
  readonly probeAt: number | null
  readonly tries: Tries
}

interface Waiting {
  readonly kind: 'waiting'
  readonly until: number
  /** Not before, whatever happens: the server has said so. */
  readonly notBefore: number
  readonly since: number
  readonly reason: string
  readonly tries: Tries
}

/** What happens to a connection. */
export type ConnectionEvent =
  /** There is a document that wants it; there is none any more. */
  | { readonly kind: 'wanted' }
  | { readonly kind: 'unwanted' }
  | { readonly kind: 'greeted'; readonly greeting: Greeting }
  /** Something came over it. */
  | { readonly kind: 'heard'; readonly spreadMs: number | null }
  | { readonly kind: 'farewell'; readonly ending: Ending }
  /** The transport has ended, or could not begin. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** The network is back, the page is seen, the machine has woken up. */
  | { readonly kind: 'woken' }
  /** What came of the first transport beside the one that is open. */
  | { readonly kind: 'probed'; readonly works: boolean }
  | { readonly kind: 'tick' }

/** What is to be done, in this order. */
export type ConnectionEffect =
  | { readonly kind: 'open'; readonly transport: number }
  /** The transport is given up; nothing it still says counts. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'ping' }
  /** See whether the server can be greeted over the first transport, and give that up again. */
  | { readonly kind: 'probe' }

/** What a step is given. */
export interface Around {
  /** Milliseconds; may jump. */
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
  /** How many transports there are. */
  readonly transports: number
}

/** What comes of an event. */
export interface Stepped {
  readonly connection: Connection
  readonly effects: readonly ConnectionEffect[]
}

/** Takes an event. */
export const stepConnection = (
  connection: Connection,
  event: ConnectionEvent,
  around: Around,
): Stepped => {
  // the cell of this state and this event takes exactly these: Table says so
  const cell = table[connection.kind][event.kind] as Cell<
    Connection['kind'],
    ConnectionEvent['kind']
  >
  return cell(connection, event, around)
}

/** When the next tick is due; null if nothing is waited for. */
export const dueAt = (connection: Connection): number | null => {
  switch (connection.kind) {
    case 'idle':
    case 'refused':
      return null
    case 'opening':
      return connection.since + OPEN_MS
    case 'waiting':
      return connection.until
    case 'open': {
      const { pingedAt, probeAt } = connection
      const pong = pingedAt === null ? Infinity : pingedAt + PING_MS
      return Math.min(silentAt(connection), pong, probeAt ?? Infinity)
    }
  }
}

type StateOf<K extends Connection['kind']> = Extract<Connection, { kind: K }>
type EventOf<K extends ConnectionEvent['kind']> = Extract<ConnectionEvent, { kind: K }>
type Cell<S extends Connection['kind'], E extends ConnectionEvent['kind']> = (
  connection: StateOf<S>,
  event: EventOf<E>,
  around: Around,
) => Stepped
type Table = {
  readonly [S in Connection['kind']]: { readonly [E in ConnectionEvent['kind']]: Cell<S, E> }
}

/** A connection that nobody has wanted yet. */
export const IDLE: Idle = { kind: 'idle', tries: FRESH, notBefore: -Infinity, since: -Infinity }

/** Whether something was learnt that the next one who wants it has to know. */
export const remembers = (connection: Connection, now: number): boolean =>
  connection.kind === 'idle' && (connection.tries.transport > 0 || connection.notBefore > now)

const stay = (connection: Connection): Stepped => ({ connection, effects: [] })

const begin = (tries: Tries, { now }: Around): Stepped => ({
  connection: { kind: 'opening', since: now, tries },
  effects: [{ kind: 'open', transport: tries.transport }],
})

/** Nobody wants it any more. */
const end = ({ tries }: Opening | Open): Stepped => ({
  connection: { ...IDLE, tries },
  effects: [{ kind: 'drop' }],
})

const silentAt = ({ heardAt, greeting }: Open): number => heardAt + MISSED_BEATS * greeting.beatMs

interface Lost {
  readonly reason: string
  readonly tries: Tries
  /** The server's own pause for this client, which it has spread by itself; null: there is none. */
  readonly waitMs?: number | null
}

const wait = ({ reason, tries, waitMs = null }: Lost, { now, random }: Around): Stepped => {
  const notBefore = now + obeyedMs(waitMs ?? 0)
  const spreadMs = waitMs === null ? tries.spreadMs : 0
  const until = notBefore + pauseMs(tries.failures, random, spreadMs)
  return stay({ kind: 'waiting', until, notBefore, since: now, reason, tries })
}

const failed = ({ tries }: Opening, reason: string, around: Around): Stepped =>
  wait({ reason, tries: afterFailure(tries, around.transports) }, around)

const lost = (open: Open, reason: string, around: Around): Stepped => {
  const tries = afterCut(open.tries, lifeOf(open, around), around.transports)
  return wait({ reason, tries }, around)
}

const lifeOf = ({ since, greeting }: Open, { now }: Around): Life => ({
  livedMs: now - since,
  spreadMs: greeting.spreadMs,
})

const probeAt = (tries: Tries, { now, random }: Around): number | null => {
  const pauseMs = probePauseMs(tries, random)
  return pauseMs === null ? null : now + pauseMs
}

const dropped = ({ connection, effects }: Stepped): Stepped => ({
  connection,
  effects: [{ kind: 'drop' }, ...effects],
})

const bidFarewell = (tries: Tries, { ending }: EventOf<'farewell'>, around: Around): Stepped => {
  const { advice, reason, code, waitMs } = ending
  if (advice === 'stop') return dropped(stay({ kind: 'refused', reason, code }))
  return dropped(wait({ reason, tries, waitMs }, around))
}

const table: Table = {
  idle: {
    wanted: ({ tries, notBefore, since }, _, around) => {
      const { now } = around
      // a clock that was set back says nothing of how long it was
      if (now >= notBefore || now < since) return begin(tries, around)
      const reason = 'the server has asked for a pause'
      return stay({ kind: 'waiting', until: notBefore, notBefore, since: now, tries, reason })
    },
    unwanted: stay,
    greeted: stay,
    heard: stay,
    farewell: stay,
    ended: stay,
    woken: stay,
    probed: stay,
    tick: stay,
  },
  opening: {
    wanted: stay,
    unwanted: end,
    greeted: ({ tries }, { greeting }, around) =>
      stay({
        kind: 'open',
        since: around.now,
        greeting,
        heardAt: around.now,
        pingedAt: null,
        probeAt: probeAt(tries, around),
        tries,
      }),
    heard: stay, // nothing counts before the greeting
    farewell: ({ tries }, event, around) =>
      bidFarewell({ ...tries, failures: tries.failures + 1 }, event, around),
    ended: (connection, { reason }, around) => failed(connection, reason, around),
    woken: stay,
    probed: stay,
    tick: (connection, _, around) =>
      around.now - connection.since < OPEN_MS
        ? stay(connection)
        : dropped(failed(connection, `no answer within ${OPEN_MS} ms`, around)),
  },
  open: {
    wanted: stay,
    unwanted: end,
    greeted: stay, // once is enough
    heard: (connection, { spreadMs }, { now }) => {
      const greeting =
        spreadMs === null ? connection.greeting : { ...connection.greeting, spreadMs }
      return stay({ ...connection, greeting, heardAt: now, pingedAt: null })
    },
    farewell: (connection, event, around) =>
      bidFarewell(afterLife(connection.tries, lifeOf(connection, around)), event, around),
    ended: (connection, { reason }, around) => lost(connection, reason, around),
    woken: (connection, _, { now }) => {
      // it may be another network
      const next = connection.probeAt === null ? connection : { ...connection, probeAt: now }
      return connection.pingedAt === null
        ? { connection: { ...next, pingedAt: now }, effects: [{ kind: 'ping' }] }
        : stay(next)
    },
    probed: (connection, { works }, around) => {
      const tries = afterProbe(connection.tries, works)
      return works
        ? dropped(begin(tries, around))
        : stay({ ...connection, tries, probeAt: probeAt(tries, around) })
    },
    tick: (connection, _, around) => {
      const { pingedAt, heardAt } = connection
      const { now } = around
      // set back: silence is counted anew
      if (now < heardAt)
        return stay({
          ...connection,
          heardAt: now,
          pingedAt: pingedAt === null ? null : now,
          probeAt: connection.probeAt === null ? null : now,
        })
      const isUnanswered = pingedAt !== null && now - pingedAt >= PING_MS
      if (isUnanswered || now >= silentAt(connection))
        return dropped(lost(connection, 'the server is silent', around))
      if (connection.probeAt === null || now < connection.probeAt) return stay(connection)
      return { connection: { ...connection, probeAt: null }, effects: [{ kind: 'probe' }] }
    },
  },
  waiting: {
    wanted: stay,
    unwanted: ({ tries, notBefore, since }) => stay({ kind: 'idle', tries, notBefore, since }),
    greeted: stay,
    heard: stay,
    farewell: stay,
    ended: stay,
    woken: (connection, _, around) =>
      around.now >= connection.notBefore
        ? begin(connection.tries, around)
        : stay({ ...connection, until: Math.min(connection.until, connection.notBefore) }),
    probed: stay,
    tick: (connection, _, around) => {
      const { until, notBefore, tries } = connection
      if (around.now >= until) return begin(tries, around)
      // a clock that was set back must not make the pause longer than it could have been
      const longest = around.now + (until - notBefore) + LONGEST_PAUSE_MS
      return stay(
        until > longest ? { ...connection, until: longest, notBefore: around.now } : connection,
      )
    },
  },
  refused: {
    wanted: (_, __, around) => begin(FRESH, around),
    unwanted: () => stay(IDLE),
    greeted: stay,
    heard: stay,
    farewell: stay,
    ended: stay,
    woken: stay,
    probed: stay,
    tick: stay,
  },
}
