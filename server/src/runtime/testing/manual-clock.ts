import { millis, type Millis } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'

interface Timer {
  at: number
  readonly everyMs: number | null
  readonly task: () => void
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** How many timers wait, intervals included. */
  readonly timers: number
  /** Lets `forMs` pass; timers that become due run in their order. */
  advance(forMs: number): void
}

/** A clock for tests, starting at `start`. */
export const createManualClock = (start = 1_000_000): ManualClock => {
  let now = start
  const timers = new Set<Timer>()
  const add = (timer: Timer) => {
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const nextDue = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
  return {
    get timers() {
      return timers.size
    },
    now: (): Millis => millis(now),
    precise: () => now,
    wall: () => millis(now),
    endOfTurn: (task) => void setImmediate(task), // turns are the event loop's, not the clock's
    after: (delayMs, task) => add({ at: now + delayMs, everyMs: null, task }),
    every: (intervalMs, task) => add({ at: now + intervalMs, everyMs: intervalMs, task }),
    advance(forMs) {
      const until = now + forMs
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        now = Math.max(now, due.at)
        if (due.everyMs === null) timers.delete(due)
        else due.at += due.everyMs
        due.task()
      }
      now = until
    },
  }
}
