import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream'
import { watchPace, type PaceOptions } from './least-pace.ts'

/** Bytes that are handed to a connection ahead of its reader: enough to keep a fast one busy. */
const AHEAD_BYTES = 256 * 1024

/** What an answer is written to, and its least pace. */
export interface PacedOptions extends Omit<PaceOptions, 'onBehind'> {
  readonly outgoing: ServerResponse
}

/** The body of an answer, given out as it is read; of a reader that is too slow the connection is cut. */
export const pacedAnswer = (
  bytes: Uint8Array,
  { outgoing, clock, readMs }: PacedOptions,
): ReadableStream<Uint8Array> => {
  const pace = watchPace({ clock, readMs, onBehind: () => outgoing.destroy() })
  finished(outgoing, () => pace.over()) // also where it is closed already
  let given = 0
  let next = 0
  return new ReadableStream(
    {
      pull(controller) {
        pace.moved(next - given) // it is asked for more when that has been taken
        given = next
        next = Math.min(bytes.length, given + AHEAD_BYTES)
        controller.enqueue(bytes.subarray(given, next))
        if (next === bytes.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
