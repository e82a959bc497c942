import { watchPace } from '../least-pace.ts'
import type { ApiParts } from './api-parts.ts'

/** A line of a body, or why there are no more of them. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'problem'; readonly message: string }

/**
 * The lines of a body, of which no more is kept than one: each at most as long as a body may be, in UTF-8, empty ones
 * left out. The sender is not read while a line is worked on.
 */
export const linesOf = async function* (
  { body }: Request,
  { clock, readMs, maxBodyBytes }: Pick<ApiParts, 'clock' | 'readMs' | 'maxBodyBytes'>,
): AsyncIterable<Line> {
  if (body === null) return
  const reader = body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Uint8Array[] = []
  let bytes = 0
  const take = (): Line => {
    const whole = Buffer.concat(parts)
    parts = []
    bytes = 0
    try {
      return { kind: 'line', text: decoder.decode(whole) }
    } catch {
      return { kind: 'problem', message: 'the line is not UTF-8' }
    }
  }
  try {
    for (;;) {
      const read = await nextChunk(reader, { clock, readMs })
      if (typeof read === 'string') return yield { kind: 'problem', message: read }
      if (read === null) break
      for (let at = 0; at < read.length;) {
        const end = read.indexOf(NEWLINE, at)
        const piece = read.subarray(at, end === -1 ? read.length : end)
        at = end === -1 ? read.length : end + 1
        bytes += piece.length
        if (bytes > maxBodyBytes)
          return yield { kind: 'problem', message: `a line is over ${maxBodyBytes} bytes` }
        parts.push(piece)
        if (end !== -1 && bytes > 0) yield take()
      }
    }
    if (bytes > 0) yield take()
  } finally {
    reader.cancel().catch(() => undefined) // what has failed was said
  }
}

const NEWLINE = 10

/** The next bytes, null at the end, or what is wrong. */
const nextChunk = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pace: Pick<ApiParts, 'clock' | 'readMs'>,
): Promise<Uint8Array | string | null> => {
  let isBehind = false
  const watch = watchPace({
    ...pace,
    onBehind: () => {
      isBehind = true
      reader.cancel().catch(() => undefined) // it is told below
    },
  })
  try {
    const { done, value } = await reader.read()
    if (isBehind) return `no bytes came in ${pace.readMs} ms`
    return done ? null : value
  } catch {
    return 'the body ends too early'
  } finally {
    watch.over()
  }
}
