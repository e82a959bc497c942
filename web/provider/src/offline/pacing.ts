/*
 * When what waits is written. A change made here at once, and all else of this opener with it; what is only
 * saved, soon. What comes from the server: soon by the one who is elected, and by the others only if nobody has
 * kept it for some seconds, or if it is much.
 */
import type { OfflineClock } from './clock.ts'
import { Delay } from './delay.ts'
import type { Draft, Pending } from './pending.ts'

/** How long things that are not urgent wait for others to go along, milliseconds. */
const SOON_MS = 200
/** How long shared things wait for the one who is elected to keep them, milliseconds. */
const PATIENCE_MS = 5_000
/** So many bytes of shared things wait no longer. */
const PATIENT_BYTES = 256 * 1024

/** Says when what waits is due. */
export class Pacing {
  readonly #pending: Pending
  readonly #soon: Delay
  readonly #patience: Delay
  #isElected = false

  /** `wake` is called when something has become due. */
  constructor(pending: Pending, clock: OfflineClock, wake: () => void) {
    this.#pending = pending
    this.#soon = new Delay(clock, SOON_MS, wake)
    this.#patience = new Delay(clock, PATIENCE_MS, wake)
  }

  /** Whether this opener keeps what is shared. */
  get isElected(): boolean {
    return this.#isElected
  }

  /** This opener keeps what is shared from now on. */
  elect(): void {
    this.#isElected = true
  }

  /** Whether something is due at once. */
  get isUrgent(): boolean {
    return this.#pending.has('here', 'unkept') || this.#isMuch()
  }

  /** Sees to it that what waits becomes due. */
  arm(): void {
    if (this.#pending.has('saved')) this.#soon.arm()
    if (this.#pending.has('there', 'moved')) (this.#isElected ? this.#soon : this.#patience).arm()
  }

  /** Takes out what is due; all of it if somebody waits for it. Null if nothing is. */
  draft(isAwaited: boolean): Draft | null {
    const isDue = isAwaited || this.isUrgent || this.#soon.isOver
    const withShared =
      isAwaited || this.#patience.isOver || this.#isMuch() || (this.#isElected && isDue)
    if (!isDue && !withShared) return null
    this.#soon.reset()
    if (withShared) this.#patience.reset()
    return this.#pending.draft(withShared)
  }

  /** Wakes nobody any more. */
  stop(): void {
    this.#soon.reset()
    this.#patience.reset()
  }

  #isMuch(): boolean {
    return this.#pending.sharedBytes > PATIENT_BYTES
  }
}
