import { millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'

/** Read once: it does not change, and its getter costs more than the clock. */
const ORIGIN = performance.timeOrigin

/** The operating system's clock and Node's timers. Intervals keep no process alive. */
export const systemClock: Clock = {
  now: () => millis(Math.floor(ORIGIN + performance.now())),
  precise: () => performance.now(),
  wall: () => millis(Date.now()),
  endOfTurn: (task) => void setImmediate(task),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
  every(intervalMs, task) {
    const timer = setInterval(task, intervalMs).unref()
    return () => clearInterval(timer)
  },
}
