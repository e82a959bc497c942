/*
 * What all rooms together hold in memory on behalf of their clients. Each room has a share, set after
 * each of its steps, so that the totals are sums and nothing is ever given back twice or never.
 */
import type { SessionId } from '@quire/shared'
import { asideIn } from '../room/aside.ts'
import { keepsIn, queuedIn, unsavedIn } from '../room/held.ts'
import type { ClientMessage } from '../room/message.ts'
import type { Phase, Room } from '../room/phase.ts'
import { waitingCost } from '../room/saving.ts'

/** Denied, and not yet kept beside its document, over all rooms, bytes: apart, so that it costs no writer a place. */
const TOTAL_ASIDE_BYTES = 16 * 1024 * 1024

/** Bounds over all rooms, bytes. */
export interface HeldLimits {
  /** Accepted and not yet on disk. */
  readonly totalUnsavedBytes: number
  /** Said to documents that are still to be read. */
  readonly totalLoadQueueBytes: number
}

/** One message on its way to a room, and what it costs there. */
export interface Said {
  readonly session: SessionId
  readonly message: ClientMessage
  readonly bytes: number
}

/** The totals over all rooms. */
export class HeldBytes {
  readonly #limits: HeldLimits
  #isRefusing = false
  unsaved = 0
  queued = 0
  aside = 0

  constructor(limits: HeldLimits) {
    this.#limits = limits
  }

  /** The share of a new room. */
  share(): HeldShare {
    return new HeldShare(this)
  }

  /** True from a refused change on, until half of the bound is free: health shall not flicker. */
  get isRefusing(): boolean {
    if (2 * this.unsaved <= this.#limits.totalUnsavedBytes) this.#isRefusing = false
    return this.#isRefusing
  }

  /** Why a room must not keep a message, or null if it may. */
  problem(room: Room, said: Said): string | null {
    const { totalUnsavedBytes, totalLoadQueueBytes } = this.#limits
    const cost = waitingCost(said.bytes)
    // the usual case, at the price of three comparisons
    if (
      this.unsaved + cost <= totalUnsavedBytes &&
      this.queued + cost <= totalLoadQueueBytes &&
      this.aside + cost <= TOTAL_ASIDE_BYTES
    )
      return null
    const kept = keepsIn(room, said)
    if (kept === 'unsaved' && this.unsaved + cost > totalUnsavedBytes) {
      this.#isRefusing = true
      return `${this.unsaved} bytes of all documents wait for the disk, limit ${totalUnsavedBytes}; this was not stored`
    }
    if (kept === 'queue' && this.queued + cost > totalLoadQueueBytes)
      return `${this.queued} bytes wait for documents to open, limit ${totalLoadQueueBytes}`
    if (kept === 'aside' && this.aside + cost > TOTAL_ASIDE_BYTES)
      return `${this.aside} bytes that were denied wait to be kept, limit ${TOTAL_ASIDE_BYTES}`
    return null
  }
}

/** What one room holds of the totals. */
export class HeldShare {
  readonly #totals: HeldBytes
  #unsaved = 0
  #queued = 0
  #aside = 0

  constructor(totals: HeldBytes) {
    this.#totals = totals
  }

  /** Takes note of what the room holds now. */
  set(phase: Phase): void {
    this.#move(unsavedIn(phase), queuedIn(phase), asideIn(phase))
  }

  /** The room has ended. Safe to call twice. */
  release(): void {
    this.#move(0, 0, 0)
  }

  #move(unsaved: number, queued: number, aside: number): void {
    this.#totals.unsaved += unsaved - this.#unsaved
    this.#totals.queued += queued - this.#queued
    this.#totals.aside += aside - this.#aside
    this.#unsaved = unsaved
    this.#queued = queued
    this.#aside = aside
  }
}
