/*
 * How long it takes from the acceptance of changes until they are handed to the sockets of those they are for, and
 * until their authors are told that they are on disk: of one flush, the oldest of each.
 */
import type { DocName, SessionId } from '@quire/shared'
import type { ChangeTraces } from './change-traces.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'

/** Updates that were handed to sockets. */
export interface Relayed {
  readonly recipients: number
  /** Of the updates, once. */
  readonly bytes: number
  /** Of each as often as it was handed over. */
  readonly deliveredBytes: number
  /** Since the oldest of them was accepted. */
  readonly ms: number
}

/** The same, by when the oldest was accepted. */
export interface RelayedSince extends Omit<Relayed, 'ms'> {
  readonly acceptedAt: number
}

/** Who measures. */
export interface Measured {
  /** Milliseconds with fractions. */
  now(): number
  relayed(relayed: Relayed): void
  acknowledged(ms: number): void
}

/** Tells `observe` where it measures, and the traces; null where nobody does. */
export const measuredFor = (
  document: DocName,
  {
    clock,
    observe,
    traces,
  }: { readonly clock: Clock; readonly observe: Observe; readonly traces: ChangeTraces },
): Measured | null =>
  observe.measures === true
    ? {
        now: () => clock.precise(),
        relayed: (relayed) => {
          observe.event({ kind: 'relayed', document, ...relayed })
          traces.relayed()
        },
        acknowledged: (ms) => {
          observe.event({ kind: 'acknowledged', document, ms })
          traces.acknowledged()
        },
      }
    : null

/** What is to be measured at the next flush of one room. */
export class OutboxMeasure {
  readonly #measured: Measured
  #oldest: number | undefined
  /** Whose the updates are; undefined: of several, or nobody's here. */
  #author: SessionId | undefined
  /** Bytes that one of the hearers has written, and is not told. */
  #ownBytes = 0
  readonly #acknowledged: number[] = []

  constructor(measured: Measured) {
    this.#measured = measured
  }

  /** An update is to go with the next flush. */
  willRelay(author: SessionId | undefined, bytes: number, acceptedAt: number): void {
    if (author !== undefined) this.#ownBytes += bytes
    if (this.#oldest === undefined) this.#author = author
    else if (this.#author !== author) this.#author = undefined
    this.#oldest = Math.min(this.#oldest ?? Infinity, acceptedAt)
  }

  /** So is an acknowledgement. */
  willAcknowledge(acceptedAt: number): void {
    this.#acknowledged.push(acceptedAt)
  }

  /** An acknowledgement went out another way. */
  acknowledged(acceptedAt: number): void {
    this.#measured.acknowledged(this.#measured.now() - acceptedAt)
  }

  /** Updates went out another way. */
  relayed({ acceptedAt, ...relayed }: RelayedSince): void {
    if (relayed.recipients > 0)
      this.#measured.relayed({ ...relayed, ms: this.#measured.now() - acceptedAt })
  }

  /** A flush is written; `hearers`: those who are told of updates, the author of these too. */
  flushed(hearers: number, bytes: number): void {
    if (this.#oldest !== undefined) {
      const recipients = this.#author === undefined ? hearers : hearers - 1
      const deliveredBytes = bytes * hearers - this.#ownBytes
      this.relayed({ recipients, bytes, deliveredBytes, acceptedAt: this.#oldest })
      this.#oldest = undefined
      this.#ownBytes = 0
    }
    for (const acceptedAt of this.#acknowledged) this.acknowledged(acceptedAt)
    this.#acknowledged.length = 0
  }
}
