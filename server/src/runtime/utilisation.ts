import type { Clock } from '../ports/clock.ts'

/** How often the event loop's utilisation is read: shorter would be noise, longer would be late. */
const SAMPLE_MS = 100

/** The share of the time, 0 to 1, that the event loop was busy lately. Read when it is asked for. */
export const createUtilisation = (clock: Clock): (() => number) => {
  let at = clock.now()
  let last = performance.eventLoopUtilization()
  let share = 0
  return () => {
    const now = clock.now()
    if (now - at >= SAMPLE_MS) {
      const current = performance.eventLoopUtilization()
      share = performance.eventLoopUtilization(current, last).utilization
      last = current
      at = now
    }
    return share
  }
}
