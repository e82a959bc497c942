import type { Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import { Rate, type RateLimits } from './rate.ts'

/** What a session may say, and how long it may want to say more. */
export interface ThrottleLimits extends RateLimits {
  /** How long a session may be held back again and again before it is sent away. */
  readonly heldBackMs: number
}

/**
 * Holds a session to its rates: a peer that says more is read later, and one that goes on like that for
 * too long is to be sent away. Whoever keeps still for the length of a burst has a clean slate.
 */
export class Throttle {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #limits: ThrottleLimits
  readonly #rate: Rate
  #undoPause: Undo | null = null
  #streak: { readonly since: Millis; lastAt: Millis } | null = null

  constructor(
    socket: Socket,
    { clock, limits }: { readonly clock: Clock; readonly limits: ThrottleLimits },
  ) {
    this.#socket = socket
    this.#clock = clock
    this.#limits = limits
    this.#rate = new Rate(limits, clock.now())
  }

  /** Takes note of what has arrived; the sentence that sends the session away, or null. */
  take(messages: number, bytes: number): string | null {
    const now = this.#clock.now()
    const waitMs = this.#rate.take(messages, bytes, now)
    return waitMs === 0 ? null : this.#holdBack(waitMs, now)
  }

  /** Reads nobody any more. Safe to call twice. */
  close(): void {
    this.#undoPause?.()
    this.#undoPause = null
  }

  #holdBack(waitMs: number, now: Millis): string | null {
    const { burstMs, heldBackMs, messagesPerSecond, bytesPerSecond } = this.#limits
    if (this.#streak === null || now - this.#streak.lastAt > burstMs)
      this.#streak = { since: now, lastAt: now }
    this.#streak.lastAt = now
    if (now - this.#streak.since > heldBackMs)
      return `said more than ${messagesPerSecond} messages or ${bytesPerSecond} bytes a second for ${heldBackMs} ms`
    if (this.#undoPause === null) this.#pause(waitMs) // else what had been read already: the timer sees to it
    return null
  }

  #pause(forMs: number): void {
    this.#socket.pause()
    this.#undoPause = this.#clock.after(forMs, () => {
      this.#undoPause = null
      const now = this.#clock.now()
      if (this.#streak !== null) this.#streak.lastAt = now // being held back is not keeping still
      const leftMs = this.#rate.take(0, 0, now)
      if (leftMs > 0) this.#pause(leftMs)
      else this.#socket.resume()
    })
  }
}
