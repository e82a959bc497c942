/*
 * The least pace of a peer, of which only the time counts that it is waited for: while a line of an import is worked on
 * its sender has nothing to hurry for, and while a document is read for an export its reader has not.
 *
 *     wait ╴╴▶ moved    (work)    wait ╴╴╴╴╴╴▶ moved        2 MiB within the sum of ╴╴▶, or behind
 */
import type { Clock } from '../../ports/clock.ts'
import type { Undo } from '../../ports/undo.ts'
import { READ_BYTES } from '../../runtime/reading-pace.ts'
import type { PaceOptions } from '../least-pace.ts'

/** The pace of one body or answer that is worked on in pieces. */
export class WaitedPace {
  readonly #clock: Clock
  readonly #readMs: number
  readonly #onBehind: () => void
  #bytesLeft = READ_BYTES
  #msLeft: number
  #since: number | null = null
  #undo: Undo = () => undefined

  constructor({ clock, readMs, onBehind }: PaceOptions) {
    this.#clock = clock
    this.#readMs = readMs
    this.#onBehind = onBehind
    this.#msLeft = readMs
  }

  /** It is the peer's turn. */
  wait(): void {
    if (this.#since !== null) return
    this.#since = this.#clock.now()
    this.#undo = this.#clock.after(this.#msLeft, this.#onBehind)
  }

  /** The peer has brought or taken so many bytes more: it is ours. */
  moved(bytes: number): void {
    if (this.#since === null) return
    this.#undo()
    this.#msLeft = Math.max(0, this.#msLeft - (this.#clock.now() - this.#since))
    this.#since = null
    this.#bytesLeft -= bytes
    if (this.#bytesLeft > 0) return
    this.#bytesLeft = READ_BYTES
    this.#msLeft = this.#readMs
  }

  /** It has come to its end. */
  over(): void {
    this.#undo()
  }
}
