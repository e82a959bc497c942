/*
 * Garbage that is collected while nobody waits. Of buffers V8 counts what they hold only as more are made: after a
 * thousand documents were opened at once the process keeps their bytes until others are, which may be tomorrow.
 */
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'

/** How often it is looked at, milliseconds. */
const LOOK_MS = 500

/** What buffers must have grown by to be worth a collection, bytes: it stops the event loop for 20 ms, or for 500. */
const GROWN_BYTES = 16 * 1024 * 1024

/** When what was still in use is looked at once more, milliseconds: answers are kept for 2 s for others. */
const AGAIN_MS = 2_500

/** The share of the time that the event loop may be busy: of whoever is here nearly nobody waits for it then. */
const QUIET = 0.05

/** A collection of some length is followed by none for so many times that: they take a fiftieth of the time at most. */
const REST = 50

/** What a collector looks at, and does. */
export interface CollectorOptions {
  readonly clock: Clock
  /** Bytes that buffers hold outside of V8's heap, those that nobody needs any more included. */
  readonly bufferBytes: () => number
  /** The share of the time, 0 to 1, that the event loop was busy lately. */
  readonly utilisation: () => number
  /** Collects all garbage. */
  readonly collect: () => void
}

/** Collects when buffers have grown and the process is quiet, until undone. */
export const collectWhenIdle = ({
  clock,
  bufferBytes,
  utilisation,
  collect,
}: CollectorOptions): Undo => {
  let kept = bufferBytes()
  let againAt: number | null = null
  let restsUntil = -Infinity
  return clock.every(LOOK_MS, () => {
    const share = utilisation() // read each time: it is that since the last
    const held = bufferBytes()
    kept = Math.min(kept, held)
    const now = clock.now()
    const isDue = againAt !== null && now >= againAt
    if ((!isDue && held - kept < GROWN_BYTES) || share > QUIET || now < restsUntil) return
    const before = kept
    collect()
    const over = clock.now()
    restsUntil = over + REST * (over - now)
    kept = bufferBytes()
    againAt = !isDue && kept - before >= GROWN_BYTES ? over + AGAIN_MS : null
  })
}
