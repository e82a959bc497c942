/*
 * What one room has to say and has not written. Until the next flush it collects; then each recipient gets
 * all of it in one write, and the updates, which are for everybody, are laid out once (R8):
 *
 *     items        u0 u1 u2 u3 u4 S P        S: signals; P: the latest presence of whoever changed
 *     most lines   ─────────────────▶        the shared bytes as they are
 *     u1's author  ──▶  ────────────▶        without its own; an acknowledgement stands where it was said
 *     slow         ─────────────▶            neither signals nor presence
 *     held         · · · · · · · · ·         nothing of it (R9)
 *
 * A flush is written in one turn of the event loop. An update that would make it too much for that goes another
 * way (`bulk.ts`).
 */
import type { ClientId, KnownPresence, Millis, SessionId, Update } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'
import type { ServerMessage } from '../room/message.ts'
import { Bulk, type Author } from './bulk.ts'
import { OutboxMeasure, type Measured } from './outbox-measure.ts'
import { laidOutOnce, laneOf, layOut, PerLane } from './lane.ts'
import { writeLine, type Flush, type ToAll } from './line.ts'
import type { Session } from './session.ts'
import type { Turns } from './turns.ts'

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

/** The part of a turn's bytes that signals may take; one of them always may. */
const SIGNALS_SHARE = 1 / 4

/** What a signal takes besides its own bytes: its channel, its type and who it is from. */
const SIGNAL_OVERHEAD_BYTES = 32

/** What an outbox needs. */
export interface OutboxOptions {
  readonly clock: Clock
  /** Shares the turns of the event loop with the other rooms. */
  readonly turns: Turns
  readonly sessions: ReadonlyMap<SessionId, Session>
  /** How long after one flush the next may follow, with so many recipients, milliseconds. */
  readonly intervalMs: (recipients: number) => number
  /** R9: bytes that may wait for a session before it is congested. */
  readonly lagBytes: number
  /** Who measures how long changes take; null: nobody does. */
  readonly measured: Measured | null
  readonly onCongested: (session: SessionId) => void
  /** The large updates that were on their way to a session have been written. */
  readonly onServed: (session: Session) => void
  /** A flush that nobody called for threw. */
  readonly onBug: (error: unknown) => void
}

/** The outbox of one room. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #bulk: Bulk
  readonly #measure: OutboxMeasure | null
  #items: ServerMessage[] = []
  /** Bytes of the updates among them. */
  #bytes = 0
  #signals: Said[] = []
  /** Bytes of the signals. */
  #signalBytes = 0
  #presence = new Map<ClientId, KnownPresence>()
  /** R18: somebody is to be told a position, which no later update may overtake. */
  #hasPosition = false
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
    this.#measure = options.measured === null ? null : new OutboxMeasure(options.measured)
    this.#bulk = new Bulk({ ...options, onRelayed: (relayed) => this.#measure?.relayed(relayed) })
  }

  /** A session is attached: what was said before is not for it. */
  attach(session: Session): void {
    session.line.from = this.#items.length
  }

  /** A session is gone. */
  detach(session: Session): void {
    this.#aside.delete(session)
    this.#bulk.forget(session)
    session.delivery.clear()
  }

  /** True while large updates are on their way to a session. */
  isServing(session: Session): boolean {
    return this.#bulk.bytesFor(session) > 0
  }

  /**
   * To one session, behind everything that was said to it before, but for large updates (`bulk.ts`). The same
   * state vector or the same deletes once more bring it nothing: whoever asks a thousand times in one frame is
   * told once. A position is for who is not being served (`isServing`).
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
    if (message.kind === 'at') this.#hasPosition = true
    this.#setAside(session, message)
    if (message.kind !== 'ack') return this.#schedule()
    if (message.acceptedAt !== undefined) this.#measure?.willAcknowledge(message.acceptedAt)
    const now = this.#options.clock.now()
    this.#schedule(this.#othersWrite(session, now) ? now + ACK_WAIT_MS : 0)
  }

  /** To everybody, those who are held as well, behind everything that was said to them before. */
  sayToAll(message: ServerMessage): void {
    const toAll = laidOutOnce(message)
    for (const session of this.#options.sessions.values()) this.#setAside(session, toAll)
    this.#schedule()
  }

  /**
   * A signal to all but one, behind the updates. It is stored nowhere, so it is only for who keeps up (R9), and
   * dropped where what signals have to say would hold up what is to last.
   */
  signal(message: Signal, author: Session | undefined): void {
    const { sessions, turns } = this.#options
    const bytes = this.#signalBytes + message.data.length + SIGNAL_OVERHEAD_BYTES
    const isTooMuch = bytes * sessions.size > turns.bytes * SIGNALS_SHARE
    if (isTooMuch && this.#signals.length > 0) return
    this.#signals.push({ message, author })
    this.#signalBytes = bytes
    this.#schedule()
  }

  /** An update to all but one, and but those who are held. */
  relay(update: Update, author: Session | undefined, acceptedAt?: number): void {
    const id = author?.id ?? null
    if (this.#latest.author !== id) this.#other = this.#latest
    this.#latest = { author: id, at: this.#options.clock.now() }
    const { sessions, turns } = this.#options
    const bytes = this.#bytes + update.length
    if (this.#bulk.isFrom(id) || bytes * sessions.size > turns.bytes)
      return this.#relayInBulk(update, author, acceptedAt)
    if (author !== undefined) this.#setAside(author, null)
    this.#items.push({ kind: 'update', update })
    this.#bytes = bytes
    if (acceptedAt !== undefined) this.#measure?.willRelay(author?.id, update.length, acceptedAt)
    this.#schedule()
  }

  /** Presence to many. */
  announce(to: Iterable<Session>, entries: readonly KnownPresence[]): void {
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
    const signals = this.#signals.length
    const hasPresence = this.#presence.size > 0
    if (updates + signals === 0 && !hasPresence && this.#aside.size === 0) return
    for (const { message, author } of this.#signals) {
      if (author !== undefined) this.#setAside(author, null)
      items.push(message)
    }
    if (hasPresence) items.push({ kind: 'presence', entries: [...this.#presence.values()] })
    const { clock, sessions, lagBytes, onCongested } = this.#options
    const now = clock.now()
    this.#flushedAt = now
    const bytes = this.#bytes
    this.#items = []
    this.#bytes = 0
    if (signals > 0) this.#signals = []
    this.#signalBytes = 0
    this.#hasPosition = false
    if (hasPresence) this.#presence = new Map()
    const flush: Flush = {
      updates,
      signals,
      window: this.#window++,
      shared: new PerLane((session) => layOut(items, laneOf(session))),
      now,
    }
    const congested: SessionId[] = []
    let hearers = 0
    // those who are told nothing but what all are told are most, or none
    for (const session of items.length > 0 ? sessions.values() : this.#aside) {
      writeLine(session, flush)
      if (session.line.isHeld) continue
      hearers++
      if (session.socket.queuedBytes() > lagBytes) congested.push(session.id)
    }
    this.#aside.clear()
    this.#measure?.flushed(hearers, bytes)
    for (const session of congested) onCongested(session)
  }

  #setAside(session: Session, message: ServerMessage | ToAll | null): void {
    session.line.asides.push({ at: this.#items.length, message })
    this.#aside.add(session)
  }

  /** An acknowledgement of this age went to its session another way. */
  acknowledged(acceptedAt: number): void {
    this.#measure?.acknowledged(acceptedAt)
  }

  /** Writes the large updates that are on their way to a session, as it is to be closed. */
  finish(session: Session): void {
    this.#bulk.finish(session)
  }

  #relayInBulk(update: Update, author: Session | undefined, acceptedAt?: number): void {
    const { sessions, lagBytes, onCongested } = this.#options
    const id = author?.id ?? null
    // what its author has said before stays before it
    if (!this.#bulk.isFrom(id) || this.#hasPosition) this.flush()
    const hearers = [...sessions.values()].filter((one) => one !== author && !one.line.isHeld)
    // R9: of those who have to wait for what was on its way before
    const congested = hearers.filter(
      (one) => one.socket.queuedBytes() + this.#bulk.bytesFor(one) > lagBytes,
    )
    this.#bulk.add(update, id, hearers, acceptedAt)
    for (const one of congested) onCongested(one.id)
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

type Signal = Extract<ServerMessage, { kind: 'signal' }>

interface Said {
  readonly message: Signal
  readonly author: Session | undefined
}

interface Wrote {
  readonly author: Author
  readonly at: number
}
