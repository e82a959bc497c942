/*
 * What one room has to say and has not written. Until the next flush it collects; then each recipient gets
 * all of it in one write, and the updates, which are for everybody, are laid out once (R8):
 *
 *     items        u0 u1 u2 u3 u4 P          P: the latest presence of whoever changed
 *     most lines   ─────────────────▶        the shared bytes as they are
 *     u1's author  ──▶  ────────────▶        without its own; an acknowledgement stands where it was said
 *     held         · · · · · · · · ·         nothing of it (R9)
 */
import {
  concatBytes,
  type ClientId,
  type Millis,
  type PresenceEntry,
  type SessionId,
  type StateVector,
  type Update,
} from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import { DRAIN_BYTES, type WireBytes } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import type { ServerMessage } from '../room/message.ts'
import { laneOf, layOut, PerLane, type LaidOut } from './lane.ts'
import type { Session } from './session.ts'

/** Parts that are together no larger than this are copied into one write; beyond, each is a write. */
const COPY_BYTES = 64 * 1024

/** Presence by itself is flushed no more often than a display shows it; with updates it goes along. */
const PRESENCE_INTERVAL_MS = 16

/**
 * How long an acknowledgement waits for an update of somebody else to go along with: one frame of a display.
 * A write of its own would cost as much as a delivery.
 */
const ACK_WAIT_MS = 16

/**
 * How recently somebody else must have written for that: so closely that another is likely to come in time.
 * With 50 ms a room of ten took a quarter more turns of the event loop, for the timers.
 */
const WRITING_MS = 8

/** A message to all, laid out once for them (R8). */
type ToAll = PerLane<WireBytes>

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

/** What an outbox needs. */
export interface OutboxOptions {
  readonly clock: Clock
  readonly sessions: ReadonlyMap<SessionId, Session>
  /** How long after one flush the next may follow, with so many recipients, milliseconds. */
  readonly intervalMs: (recipients: number) => number
  /** R9: bytes that may wait for a session before it is congested. */
  readonly lagBytes: number
  readonly onCongested: (session: SessionId) => void
  /** A flush that nobody called for threw. */
  readonly onBug: (error: unknown) => void
}

/** The outbox of one room. */
export class Outbox {
  readonly #options: OutboxOptions
  #items: ServerMessage[] = []
  #presence = new Map<ClientId, PresenceEntry>()
  /** Sessions with asides. */
  readonly #aside = new Set<Session>()
  #window = 0
  #scheduled: { readonly at: number; readonly undo: Undo | null } | null = null
  #flushedAt = 0
  /** Who wrote last, and who did before that one: is somebody else writing? */
  #latest: Wrote = { author: null, at: -Infinity }
  #other: Wrote = { author: null, at: -Infinity }

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** A session is attached: what was said before is not for it. */
  attach(session: Session): void {
    session.line.from = this.#items.length
  }

  /** A session is gone. */
  detach(session: Session): void {
    this.#aside.delete(session)
    session.delivery.clear()
  }

  /**
   * To one session, behind everything that was said to it before. The same state vector or the same
   * deletes once more bring it nothing: whoever asks a thousand times in one frame is told once.
   */
  say(session: Session, message: ServerMessage): void {
    const { told } = session.line
    if (message.kind === 'sync-step-1') {
      if (told.stateVector === message.stateVector) return
      told.stateVector = message.stateVector
    } else if (message.kind === 'sync-step-2') {
      if (told.answer === message.update) return
      told.answer = message.update
    }
    this.#setAside(session, message)
    if (message.kind !== 'ack') return this.#schedule()
    const now = this.#options.clock.now()
    this.#schedule(this.#othersWrite(session, now) ? now + ACK_WAIT_MS : 0)
  }

  /** To everybody, those who are held as well, behind everything that was said to them before. */
  sayToAll(message: ServerMessage): void {
    const toAll: ToAll = new PerLane((session) => layOut([message], laneOf(session)).bytes)
    for (const session of this.#options.sessions.values()) this.#setAside(session, toAll)
    this.#schedule()
  }

  /** An update to all but one, and but those who are held. */
  relay(update: Update, author: Session | undefined): void {
    if (author !== undefined) {
      this.#setAside(author, null)
    }
    this.#items.push({ kind: 'update', update })
    const id = author?.id ?? null
    if (this.#latest.author !== id) this.#other = this.#latest
    this.#latest = { author: id, at: this.#options.clock.now() }
    this.#schedule()
  }

  /** Presence to many. */
  announce(to: Iterable<Session>, entries: readonly PresenceEntry[]): void {
    for (const entry of entries) this.#presence.set(entry.client, entry)
    for (const { line } of to) line.presenceWindow = this.#window
    this.#schedule(this.#flushedAt + PRESENCE_INTERVAL_MS)
  }

  /** R9: no update reaches the session from here on. */
  hold(session: Session): void {
    this.flush()
    session.line.isHeld = true
  }

  /** R9: what is relayed from here on reaches the session again. */
  release(session: Session): void {
    const { line } = session
    if (!line.isHeld) return
    line.isHeld = false
    line.from = this.#items.length
  }

  /** Writes everything that was said. */
  flush(): void {
    const items = this.#items
    const updates = items.length
    const hasPresence = this.#presence.size > 0
    if (updates === 0 && !hasPresence && this.#aside.size === 0) return
    if (hasPresence) items.push({ kind: 'presence', entries: [...this.#presence.values()] })
    const { clock, sessions, lagBytes, onCongested } = this.#options
    const now = clock.now()
    this.#flushedAt = now
    this.#items = []
    if (hasPresence) this.#presence = new Map()
    const flush: Flush = {
      updates,
      window: this.#window++,
      shared: new PerLane((session) => layOut(items, laneOf(session))),
      now,
    }
    const congested: SessionId[] = []
    // those who are told nothing but what all are told are most, or none
    for (const session of items.length > 0 ? sessions.values() : this.#aside) {
      write(session, flush)
      if (!session.line.isHeld && session.socket.queuedBytes() > lagBytes)
        congested.push(session.id)
    }
    this.#aside.clear()
    for (const session of congested) onCongested(session)
  }

  #setAside(session: Session, message: ServerMessage | ToAll | null): void {
    session.line.asides.push({ at: this.#items.length, message })
    this.#aside.add(session)
  }

  #othersWrite(session: Session, now: Millis): boolean {
    const { at } = this.#latest.author === session.id ? this.#other : this.#latest
    return now - at <= WRITING_MS
  }

  /** Has a flush happen at `notBefore`, or later where the room's pace is slower. */
  #schedule(notBefore = 0): void {
    const { clock, sessions, intervalMs } = this.#options
    const at = Math.max(notBefore, this.#flushedAt + intervalMs(sessions.size))
    if (this.#scheduled !== null) {
      if (this.#scheduled.at <= at || this.#scheduled.undo === null) return
      this.#scheduled.undo()
    }
    const waitMs = at - clock.now()
    if (waitMs <= 0) {
      this.#scheduled = { at, undo: null }
      clock.endOfTurn(() => this.#flushDue())
    } else this.#scheduled = { at, undo: clock.after(waitMs, () => this.#flushDue()) }
  }

  #flushDue(): void {
    this.#scheduled = null
    try {
      this.flush()
    } catch (error) {
      this.#options.onBug(error)
    }
  }
}

/** Who wrote, and when; null is somebody at another server. */
interface Wrote {
  readonly author: SessionId | null
  readonly at: number
}

interface Flush {
  /** Items that are updates; one that is presence may follow. */
  readonly updates: number
  readonly window: number
  readonly shared: PerLane<LaidOut>
  readonly now: Millis
}

const write = (session: Session, flush: Flush): void => {
  const { line, socket } = session
  let { updates: end } = flush
  if (line.presenceWindow === flush.window) {
    // R9: presence goes first; the next state makes the last one worthless anyway. And none while it is
    // held: it would go on to have something to read, and never be told of an update again
    if (line.isHeld || socket.queuedBytes() > DRAIN_BYTES) line.hasMissedPresence = true
    else end++
  }
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
    if (at < aside.at) {
      share(parts, shared.of(session), at, aside.at)
      at = aside.at
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
  if (start === end) return // its family has no words for any of it
  if (start === 0 && end === bytes.length) parts.push(bytes)
  else parts.push(bytes.subarray(start, end) as WireBytes) // whole messages
}

/** One write where that is a small copy: a write costs more than what it holds. */
const joined = (parts: readonly WireBytes[]): readonly WireBytes[] => {
  if (parts.length === 1) return parts
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  return bytes <= COPY_BYTES ? [concatBytes(parts) as WireBytes] : parts // whole messages
}
