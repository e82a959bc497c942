import { millis } from '@quire/shared'
import type { Clock } from '../../../ports/clock.ts'
import type { Undo } from '../../../ports/undo.ts'

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time, running what falls due in order, each at its own moment. */
  advance(byMs: number): void
  /** Timers that wait: a test that ends with some has found a leak. */
  pending(): number
}

interface Timer {
  at: number
  readonly everyMs: number | null
  readonly task: () => void
}

/** Creates a manual clock that reads 0. */
export const manualClock = (): ManualClock => {
  let now = 0
  const timers = new Set<Timer>()

  const start = (timer: Timer): Undo => {
    timers.add(timer)
    return () => timers.delete(timer)
  }

  const next = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]

  return {
    now: () => millis(now),
    precise: () => now,
    wall: () => millis(now),
    endOfTurn: (task) => void setImmediate(task),
    after: (delayMs, task) => start({ at: now + delayMs, everyMs: null, task }),
    every: (everyMs, task) => start({ at: now + everyMs, everyMs, task }),
    advance: (byMs) => {
      const until = now + byMs
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        now = timer.at
        if (timer.everyMs === null) timers.delete(timer)
        else timer.at += timer.everyMs
        timer.task()
      }
      now = until
    },
    pending: () => timers.size,
  }
}
