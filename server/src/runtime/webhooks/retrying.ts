/* When what failed is tried again. */
import { millis, type Millis } from '@quire/shared'

/** From the first failure to the next attempt, milliseconds: a restart of the target is over by then, or soon. */
const FIRST_PAUSE_MS = 5_000

/**
 * The longest pause, milliseconds: who comes back waits no longer for what was missed. 23 attempts, 11 pauses that double
 * and 11 of this, are 25 hours.
 */
export const LONGEST_PAUSE_MS = 7_200_000

/** Pauses differ by up to a fifth, so that what failed in one moment does not come back in one. */
const JITTER = 0.2

/**
 * The pause after so many failed attempts, 1 or more. `asked`: what the target has asked for, null for nothing, which
 * only makes it longer, up to the longest. `random` is from 0 to below 1.
 */
export const pauseMs = (attempts: number, asked: number | null, random: number): number => {
  const doubled = FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 30)
  const own = Math.min(doubled, LONGEST_PAUSE_MS) * (1 - JITTER + 2 * JITTER * random)
  return Math.round(Math.max(own, Math.min(asked ?? 0, LONGEST_PAUSE_MS)))
}

/** What a Retry-After asks for, milliseconds; null for none, or one that says nothing (RFC 9110 §10.2.3). */
export const retryAfterMs = (field: string | undefined, now: Millis): number | null => {
  if (field === undefined) return null
  if (/^\d{1,10}$/.test(field)) return Number(field) * 1_000
  const at = field.endsWith(' GMT') ? Date.parse(field) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** When to try again. */
export const retryAt = (now: Millis, pause: number): Millis => millis(now + pause)
