import type { Millis, StateVector, Update } from '@quire/shared'
import { DRAIN_BYTES, type WireBytes } from '../ports/socket.ts'
import type { ServerMessage } from '../room/message.ts'
import { joined, laneOf, layOut, PerLane, type LaidOut } from './lane.ts'
import type { Session } from './session.ts'

/** A message to all, laid out once for them (R8). */
export type ToAll = PerLane<WireBytes>

/** What a session is told besides, or instead of, what everybody is told. */
export interface Line {
  /** Items before this one were told before it came. */
  from: number
  /** In order: what it is told in front of item `at`, or null: item `at` is its own. */
  asides: { readonly at: number; readonly message: ServerMessage | ToAll | null }[]
  /** What of its asides is a state vector, and an answer: the last of each. */
  told: { stateVector: StateVector | null; answer: Update | null }
  /** The window in which presence was announced to it. */
  presenceWindow: number
  /** R9: it is told of no update. */
  isHeld: boolean
  /** R9: presence was not told to it because too much waited, or because it is held. */
  hasMissedPresence: boolean
}

/** The line of a session that has been told nothing. */
export const createLine = (): Line => ({
  from: 0,
  asides: [],
  told: { stateVector: null, answer: null },
  presenceWindow: -1,
  isHeld: false,
  hasMissedPresence: false,
})

/** What one flush has for everybody. */
export interface Flush {
  /** Items that are updates; behind them are those that are signals, and one that is presence may follow. */
  readonly updates: number
  readonly signals: number
  readonly window: number
  readonly shared: PerLane<LaidOut>
  readonly now: Millis
}

/** Writes what a flush has for a session, its own asides included, in one write where that is small. */
export const writeLine = (session: Session, flush: Flush): void => {
  const { line, socket } = session
  let { updates: end } = flush
  const isShownPresence = line.presenceWindow === flush.window
  // R9: presence goes first; the next state makes the last one worthless anyway. And none while it is
  // held: it would go on to have something to read, and never be told of an update again
  if (line.isHeld || socket.queuedBytes() > DRAIN_BYTES) line.hasMissedPresence ||= isShownPresence
  else end += flush.signals + (isShownPresence ? 1 : 0)
  const from = line.isHeld ? flush.updates : line.from
  const { asides } = line
  line.from = 0
  if (asides.length === 0 && from >= end) return
  const parts: WireBytes[] = []
  if (asides.length === 0) share(parts, flush.shared.of(session), from, end)
  else {
    line.asides = []
    line.told.stateVector = line.told.answer = null
    interleave(parts, session, { asides, from, end }, flush)
  }
  if (parts.length === 0) return
  session.lastSentAt = flush.now
  for (const part of joined(parts)) socket.sendWire(part)
}

const interleave = (
  parts: WireBytes[],
  session: Session,
  { asides, from, end }: Pick<Line, 'asides' | 'from'> & { readonly end: number },
  { shared }: Flush,
): void => {
  let at = from
  for (const aside of asides) {
    const before = Math.min(aside.at, end)
    if (at < before) {
      share(parts, shared.of(session), at, before)
      at = before
    }
    if (aside.message === null) at = Math.max(at, aside.at + 1)
    else {
      const bytes =
        aside.message instanceof PerLane
          ? aside.message.of(session)
          : layOut([aside.message], laneOf(session)).bytes
      if (bytes.length > 0) parts.push(bytes)
    }
  }
  if (at < end) share(parts, shared.of(session), at, end)
}

const share = (parts: WireBytes[], { bytes, ends }: LaidOut, from: number, to: number): void => {
  const start = ends[from - 1] ?? 0
  const end = ends[to - 1] ?? 0
  if (start === end) return // a family without words for it
  if (start === 0 && end === bytes.length) parts.push(bytes)
  else parts.push(bytes.subarray(start, end) as WireBytes) // whole messages
}
