/*
 * The least pace of what a request brings or is given: so many bytes within the time that an option gives
 * for them, or its end. As with sockets (reading-pace.ts) the time begins anew with each of them:
 *
 *     ▕▉▉▉▉▉ 2 MiB ▉▉▉▉▉▕▉▉▉▉▉▉▉▉▉▉                  ▕
 *      time ╴╴╴╴╴╴╴╴╴╴▶ anew ╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴╴▶ behind
 */
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'
import { READ_BYTES } from '../runtime/reading-pace.ts'

/** What a pace is measured by. */
export interface PaceOptions {
  readonly clock: Clock
  /** Time for `READ_BYTES`, milliseconds. */
  readonly readMs: number
  /** Called once, if the time is over. */
  readonly onBehind: () => void
}

/** The pace of one body or answer. */
export interface Pace {
  /** So many bytes more have come, or were taken. */
  moved(bytes: number): void
  /** It has come to its end. */
  over(): void
}

/** Watches a body or an answer that begins now. */
export const watchPace = ({ clock, readMs, onBehind }: PaceOptions): Pace => {
  let left = READ_BYTES
  let undo: Undo = clock.after(readMs, onBehind)
  return {
    moved: (bytes) => {
      left -= bytes
      if (left > 0) return
      left = READ_BYTES
      undo()
      undo = clock.after(readMs, onBehind)
    },
    over: () => undo(),
  }
}
