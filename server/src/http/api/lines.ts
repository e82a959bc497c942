import { GrowingRoom, type BodyBounds } from '../request-body.ts'
import { READ_BYTES } from '../../runtime/reading-pace.ts'
import { WaitedPace } from './waited-pace.ts'

/** A line of a body, or why it cannot be read; `end`: why there are no more of them. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'problem' | 'end'; readonly message: string }

/** What bounds the lines of a body; `limit` is that of each. */
export type LineBounds = Omit<BodyBounds, 'over'>

const NEWLINE = 10

/**
 * The lines of a body, of which no more is kept than one: empty ones are left out, a carriage return before the end of
 * one is none of it. The sender is not read while a line is worked on, and that time is not the sender's.
 */
export const linesOf = async function* (
  { body }: Pick<Request, 'body'>,
  bounds: LineBounds,
): AsyncIterable<Line> {
  if (body === null) return
  const { readMs } = bounds
  const reader = body.getReader()
  const line = new OneLine(bounds)
  let isBehind = false
  const stop = (): void => void reader.cancel().catch(() => undefined) // what has failed was said
  const onBehind = (): void => {
    isBehind = true
    stop()
  }
  const pace = new WaitedPace({ ...bounds, onBehind })
  try {
    for (;;) {
      pace.wait()
      const chunk = await nextChunk(reader)
      if (isBehind) return yield tooSlow(readMs)
      if (typeof chunk === 'string') return yield { kind: 'end', message: chunk }
      if (chunk === null) break
      pace.moved(chunk.length)
      for (let at = 0; at < chunk.length;) {
        const end = chunk.indexOf(NEWLINE, at)
        const piece = chunk.subarray(at, end === -1 ? chunk.length : end)
        at = end === -1 ? chunk.length : end + 1
        const problem = piece.length === 0 ? null : line.add(piece)
        if (problem !== null) return yield { kind: 'end', message: problem }
        if (end === -1 || line.length === 0) continue
        const whole = line.take()
        if (whole !== null) yield whole
        line.clear()
      }
    }
    const last = line.length === 0 ? null : line.take()
    if (last !== null) yield last
  } finally {
    pace.over()
    line.clear()
    stop()
  }
}

/** The next bytes, null at the end, or what is wrong. */
const nextChunk = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array | string | null> => {
  try {
    const { done, value } = await reader.read()
    return done ? null : value
  } catch {
    return 'the body ends too early'
  }
}

const tooSlow = (readMs: number): Line => ({
  kind: 'end',
  message: `less than ${READ_BYTES} bytes of the body came in ${readMs} ms, and not its end`,
})

/** One line as it comes; it counts as held until it is cleared. */
class OneLine {
  readonly #bounds: LineBounds
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #room: GrowingRoom
  #length = 0

  constructor(bounds: LineBounds) {
    this.#bounds = bounds
    this.#room = new GrowingRoom(bounds)
  }

  get length(): number {
    return this.#length
  }

  /** Copies more of it, or says why there is no room; of one that is too long nothing is kept. */
  add(piece: Uint8Array): string | null {
    const { limit } = this.#bounds
    this.#length += piece.length
    if (this.#length > limit) {
      this.#room.free()
      this.#room = new GrowingRoom(this.#bounds)
      return null
    }
    const added = this.#room.add(piece)
    return added.ok ? null : added.error.message
  }

  /** All of it; null where nothing but a carriage return is there. */
  take(): Line | null {
    const { limit } = this.#bounds
    if (this.#length > limit) return { kind: 'problem', message: `the line is over ${limit} bytes` }
    try {
      const text = this.#decoder.decode(this.#room.bytes()).replace(/\r$/, '')
      return text === '' ? null : { kind: 'line', text }
    } catch {
      return { kind: 'problem', message: 'the line is not UTF-8' }
    }
  }

  clear(): void {
    if (this.#length === 0) return
    this.#room.free()
    this.#room = new GrowingRoom(this.#bounds)
    this.#length = 0
  }
}
