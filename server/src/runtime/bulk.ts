/*
 * Updates of one room that are too much to be written to everybody in one turn of the event loop: 900 KiB for a
 * hundred people are 50 ms in which nobody is heard. Those they are for are served one after the other, so many
 * in a turn as fit into it (`turns.ts`), and whoever is served goes behind the others:
 *
 *     ann  A2 ───────────▶ ann is next when ben and cyd have been given A1
 *     ben  A1 A2
 *     cyd  A1 A2 B1
 *
 * What others say overtakes them, as updates commute. What their own author says does not: it builds on them,
 * and would be kept aside by every client until they come.
 */
import type { SessionId, Update } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { WireBytes } from '../ports/socket.ts'
import { COPY_BYTES, joined, laidOutOnce, type PerLane } from './lane.ts'
import type { RelayedSince } from './outbox-measure.ts'
import type { Session } from './session.ts'
import type { Turns } from './turns.ts'

/** Whose update it is; null is somebody at another server. */
export type Author = SessionId | null

/** What the bulk of a room needs. */
export interface BulkOptions {
  readonly clock: Clock
  readonly turns: Turns
  /** All that was on its way to a session has been written. */
  readonly onServed: (session: Session) => void
  /** Everybody whom an update was for has been given it, or is gone. */
  readonly onRelayed: (relayed: RelayedSince) => void
  /** A write that nobody called for threw. */
  readonly onBug: (error: unknown) => void
}

/** An update on its way to several, as it is measured. */
interface Measuring {
  readonly recipients: number
  left: number
  readonly acceptedAt: number
}

interface Parcel {
  /** The same of each who is to be given it; null: nobody measures. */
  readonly measuring: Measuring | null
  readonly author: Author
  readonly bytes: number
  /** The update as each family has it, laid out when the first of them is served (R8). */
  readonly wire: PerLane<WireBytes>
}

/** What is on its way to one session, the first of it next. */
interface Queue {
  readonly parcels: Parcel[]
  bytes: number
}

/** Large updates on their way to the sessions of one room. */
export class Bulk {
  readonly #options: BulkOptions
  /** Who is next comes first. */
  readonly #queues = new Map<Session, Queue>()
  /** How many parcels of an author are on their way. */
  readonly #from = new Map<Author, number>()
  #isWriting = false

  constructor(options: BulkOptions) {
    this.#options = options
  }

  /** True while anything of an author is on its way to anybody. */
  isFrom(author: Author): boolean {
    return this.#from.has(author)
  }

  /** Bytes that are on their way to a session and not written. */
  bytesFor(session: Session): number {
    return this.#queues.get(session)?.bytes ?? 0
  }

  /** Sends an update on its way to sessions, behind what is on its way to each of them. */
  add(update: Update, author: Author, to: readonly Session[], acceptedAt?: number): void {
    const wire = laidOutOnce({ kind: 'update', update })
    const { length: recipients } = to
    const measuring = acceptedAt === undefined ? null : { recipients, left: recipients, acceptedAt }
    if (to.length > 0) this.#from.set(author, (this.#from.get(author) ?? 0) + to.length)
    for (const session of to) {
      const queue = this.#queues.get(session) ?? { parcels: [], bytes: 0 }
      queue.parcels.push({ measuring, author, bytes: update.length, wire })
      queue.bytes += update.length
      this.#queues.set(session, queue)
    }
    if (this.#isWriting || this.#queues.size === 0) return
    this.#isWriting = true
    this.#options.turns.add(() => this.#writeNext())
  }

  /** Writes all that is on its way to a session at once, as it is to be closed. */
  finish(session: Session): void {
    while (this.#queues.has(session)) this.#serve(session)
  }

  /** Forgets what is on its way to a session, as it is gone. */
  forget(session: Session): void {
    const queue = this.#queues.get(session)
    if (queue === undefined) return
    this.#queues.delete(session)
    this.#leave(queue.parcels)
  }

  #writeNext(): number {
    const [session] = this.#queues.keys()
    if (session === undefined) {
      this.#isWriting = false
      return 0
    }
    try {
      const bytes = this.#serve(session)
      if (!this.#queues.has(session)) this.#options.onServed(session)
      return bytes
    } catch (error) {
      this.#isWriting = false
      this.#options.onBug(error)
      return 0
    }
  }

  /** One parcel, or several where that is a small copy; returns their bytes. */
  #serve(session: Session): number {
    const queue = this.#queues.get(session)
    if (queue === undefined) return 0
    const { parcels } = queue
    let bytes = 0
    let count = 0
    for (const parcel of parcels) {
      if (count > 0 && bytes + parcel.bytes > COPY_BYTES) break
      bytes += parcel.bytes
      count++
    }
    const served = parcels.splice(0, count)
    queue.bytes -= bytes
    this.#queues.delete(session)
    if (parcels.length > 0) this.#queues.set(session, queue) // behind the others
    session.lastSentAt = this.#options.clock.now()
    for (const part of joined(served.map(({ wire }) => wire.of(session))))
      session.socket.sendWire(part)
    this.#leave(served)
    return bytes
  }

  #relayed({ recipients, acceptedAt }: Measuring, bytes: number): void {
    const deliveredBytes = recipients * bytes
    this.#options.onRelayed({ recipients, bytes, deliveredBytes, acceptedAt })
  }

  #leave(parcels: readonly Parcel[]): void {
    for (const { author, bytes, measuring } of parcels) {
      if (measuring !== null && --measuring.left === 0) this.#relayed(measuring, bytes)
      const left = (this.#from.get(author) ?? 0) - 1
      if (left > 0) this.#from.set(author, left)
      else this.#from.delete(author)
    }
  }
}
