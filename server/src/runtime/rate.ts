/*
 * How fast a session may speak: a token bucket for messages and one for bytes, filled evenly and never
 * above the burst. What has arrived is taken in anyhow and may leave a debt; the peer is then not read
 * until the debt is paid, so that TCP slows it down, and nothing of it is lost.
 *
 *     tokens   burst ┤████▇▆▅▃▂                       read on  ▗▄▆█
 *                  0 ┼─────────▁──────────────────────────▄▆█▀──────
 *               debt ┤          ▀▀██▄▄ not read ▄▄▆▆██▀▀▀
 */
import type { Millis } from '@quire/shared'

/** The rates of one session. Of what a message counts for, see `Throttle`. */
export interface RateLimits {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** How far a session that was quiet may be ahead of its rates. */
  readonly burstMs: number
}

/** The buckets of one session. It runs for every message, so it makes nothing. */
export class Rate {
  readonly #limits: RateLimits
  #messages: number
  #bytes: number
  #filledAt: Millis

  constructor(limits: RateLimits, now: Millis) {
    this.#limits = limits
    this.#messages = (limits.messagesPerSecond * limits.burstMs) / 1000
    this.#bytes = (limits.bytesPerSecond * limits.burstMs) / 1000
    this.#filledAt = now
  }

  /** Takes what has arrived; returns for how many milliseconds nothing more may, 0 for none. */
  take(messages: number, bytes: number, now: Millis): number {
    this.#fill(now)
    this.#messages -= messages
    this.#bytes -= bytes
    return this.#debtMs()
  }

  #fill(now: Millis): void {
    const passedMs = now - this.#filledAt
    if (passedMs <= 0) return
    const { messagesPerSecond, bytesPerSecond, burstMs } = this.#limits
    this.#filledAt = now
    this.#messages = Math.min(
      (messagesPerSecond * burstMs) / 1000,
      this.#messages + (messagesPerSecond * passedMs) / 1000,
    )
    this.#bytes = Math.min(
      (bytesPerSecond * burstMs) / 1000,
      this.#bytes + (bytesPerSecond * passedMs) / 1000,
    )
  }

  #debtMs(): number {
    if (this.#messages >= 0 && this.#bytes >= 0) return 0
    const { messagesPerSecond, bytesPerSecond } = this.#limits
    const worst = Math.min(this.#messages / messagesPerSecond, this.#bytes / bytesPerSecond)
    return Math.ceil(-1000 * worst)
  }
}
