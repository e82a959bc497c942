import type { Millis } from '@quire/shared'
import type { Undo } from './undo.ts'

/** Time as the shells see it; floors 0 and 1 get `now` as an argument instead. */
export interface Clock {
  /**
   * Time for durations and deadlines: even, whatever is done to the wall clock. It starts at the wall
   * clock's value, so it reads like it, but drifts from it.
   */
  now(): Millis
  /** Milliseconds with fractions since some moment: for what is measured. */
  precise(): number
  /** Wall-clock time, milliseconds since the Unix epoch: for what is stored. */
  wall(): Millis
  /** Calls `task` once everything that is ready in this turn of the event loop has been taken. */
  endOfTurn(task: () => void): void
  /** Calls `task` once, not before `delayMs` have passed. */
  after(delayMs: number, task: () => void): Undo
  /** Calls `task` about every `intervalMs` until undone. */
  every(intervalMs: number, task: () => void): Undo
}
