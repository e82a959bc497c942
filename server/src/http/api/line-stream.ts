/* Lines of JSON as an answer, at the pace of their reader: one line is made at a time, when the one before has been taken. */
import { finished } from 'node:stream'
import type { PacedOptions } from '../paced-answer.ts'
import { WaitedPace } from './waited-pace.ts'

/** Bytes of a long line that are handed to a connection at a time: what its reader takes of them counts as moved. */
const PIECE_BYTES = 256 * 1024

/** The body of an answer; of a reader that is too slow, or reads nothing, the connection is cut. */
export const lineStream = (
  lines: AsyncIterable<unknown>,
  { outgoing, clock, readMs }: PacedOptions,
): ReadableStream<Uint8Array> => {
  const pieces = piecesOf(lines)
  const pace = new WaitedPace({ clock, readMs, onBehind: () => outgoing.destroy() })
  finished(outgoing, () => pace.over()) // also where it is closed already
  let given = 0
  return new ReadableStream(
    {
      async pull(controller) {
        pace.moved(given) // it is asked for more when that has been taken
        const { done, value } = await pieces.next()
        if (outgoing.destroyed) return
        given = value?.length ?? 0
        if (value !== undefined) controller.enqueue(value)
        if (done === true) controller.close()
        pace.wait() // at the end, too: for its last byte
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

const piecesOf = async function* (
  lines: AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array, undefined> {
  const encoder = new TextEncoder()
  for await (const line of lines) {
    const bytes = encoder.encode(`${JSON.stringify(line)}\n`)
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      yield bytes.subarray(at, at + PIECE_BYTES)
  }
  return undefined
}
