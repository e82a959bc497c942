/*
 * How often each of many groups, such as addresses, may do something: a bucket for each, of which one number
 * is kept, the time at which it is whole again (the generic cell rate algorithm, ITU-T I.371 §A.1).
 *
 *        now                         whole at
 *     ────┼────────────────────────────┼──────▶     taken: (whole at − now) / window of the bucket
 *
 * What is refused takes nothing: whoever asks again and again is let through at the rate.
 */
import { err, millis, ok, type Millis, type Result } from '@quire/shared'
import { RecentMap } from './recent-map.ts'

/** What bounds each group, and how many are known. */
export interface GroupRateLimits {
  /** As many as a group may do at once, and again whenever a window has passed. */
  readonly perWindow: number
  readonly windowMs: number
  /** Groups that are remembered; of more, whoever has done nothing for longest begins anew. */
  readonly groups: number
}

/** The rates of many groups. */
export class GroupRate {
  readonly #limits: GroupRateLimits
  /** When each is whole again. */
  readonly #wholeAt: RecentMap<string, Millis>

  constructor(limits: GroupRateLimits) {
    this.#limits = limits
    this.#wholeAt = new RecentMap(limits.groups)
  }

  /** Groups that are remembered. */
  get groups(): number {
    return this.#wholeAt.size
  }

  /** Counts one for this group, or says in how many milliseconds the next may come. */
  take(group: string, now: Millis): Result<void, { readonly waitMs: number }> {
    const { perWindow, windowMs } = this.#limits
    const eachMs = windowMs / perWindow
    const wholeAt = Math.max(now, this.#wholeAt.get(group) ?? now) + eachMs
    const waitMs = wholeAt - windowMs - now
    // below a millisecond it may be a rounding error of a sum of many
    if (waitMs >= 1) return err({ waitMs: Math.ceil(waitMs) })
    this.#wholeAt.set(group, millis(wholeAt))
    return ok(undefined)
  }

  /** How many a group may still do at once, and in how many milliseconds it may do all again. */
  left(group: string, now: Millis): { readonly left: number; readonly waitMs: number } {
    const { perWindow, windowMs } = this.#limits
    const waitMs = Math.max(0, (this.#wholeAt.get(group) ?? now) - now)
    return { left: Math.floor(perWindow * (1 - waitMs / windowMs) + 1e-9), waitMs }
  }
}
