import type { Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'

/** The longest time that a timer can wait, milliseconds: longer ones go off at once (Node's timers). */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Calls `task` at a time of the wall clock, however far off; as soon as may be where it has passed. */
export const setAlarm = (clock: Clock, at: Millis, task: () => void): Undo => {
  let undo: Undo = () => undefined
  const wait = (): void => {
    const leftMs = Math.max(0, at - clock.wall())
    undo = leftMs > LONGEST_WAIT_MS ? clock.after(LONGEST_WAIT_MS, wait) : clock.after(leftMs, task)
  }
  wait()
  return () => undo()
}
