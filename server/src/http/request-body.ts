import { err, ok, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { NoPlace } from '../runtime/places.ts'
import { READ_BYTES } from '../runtime/reading-pace.ts'
import { watchPace, type PaceOptions } from './least-pace.ts'

/** A body that was read. It counts as held until `free`. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly free: Undo
}

/**
 * Why there is no body: too long, too slow, no room for it or for more of its address, its sender is gone, or nobody needs
 * it any more.
 */
export interface BodyProblem {
  readonly kind: 'too-long' | 'too-slow' | 'no-room' | 'no-share' | 'cut' | 'over'
  readonly message: string
}

/** How requests are told of it. */
export const bodyStatus = {
  'too-long': 413,
  'too-slow': 408,
  'no-room': 503,
  'no-share': 429,
  cut: 400,
  over: 503, // for a sender who may say it again: what it was read for is over, not what it asked
} as const satisfies Record<BodyProblem['kind'], number>

/** What bounds a body. */
export interface BodyBounds extends Omit<PaceOptions, 'onBehind'> {
  /** Longest body, bytes. */
  readonly limit: number
  /** Takes room for so many bytes more. */
  readonly take: (bytes: number) => Result<Undo, NoPlace>
  /** Nobody needs the body any more. */
  readonly over?: AbortSignal
}

/** Reads the body of a request into room that grows as it comes. */
export const readBody = async (
  request: Request,
  bounds: BodyBounds,
): Promise<Result<RequestBody, BodyProblem>> => {
  const length = Number(request.headers.get('content-length') ?? bounds.limit)
  if (length > bounds.limit) return tooLong(bounds.limit)
  const room = new GrowingRoom({ ...bounds, limit: length })
  const came = await gather(request, room, bounds)
  if (came.ok) return ok({ bytes: room.bytes(), free: () => room.free() })
  room.free()
  return came
}

const gather = async (
  { body }: Request,
  room: GrowingRoom,
  { clock, readMs, over }: BodyBounds,
): Promise<Result<void, BodyProblem>> => {
  if (body === null) return ok(undefined)
  const reader = body.getReader()
  let isBehind = false
  const stop = (): void => void reader.cancel().catch(() => undefined) // what has failed says so where it is read
  const onBehind = (): void => {
    isBehind = true
    stop()
  }
  over?.addEventListener('abort', stop)
  const pace = watchPace({ clock, readMs, onBehind })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (isBehind) return tooSlow(readMs)
      if (over?.aborted === true) return noNeed
      if (done) return ok(undefined)
      const added = room.add(value)
      if (!added.ok) return added
      pace.moved(value.length)
    }
  } catch {
    return over?.aborted === true ? noNeed : cut
  } finally {
    pace.over()
  }
}

/**
 * Bytes one behind the other, in an array that doubles: who sends them one by one would else have the server
 * keep an object of 100 bytes and more for each.
 */
export class GrowingRoom {
  readonly #bounds: BodyBounds
  readonly #taken: Undo[] = []
  #bytes = new Uint8Array()
  #length = 0

  constructor(bounds: BodyBounds) {
    this.#bounds = bounds
  }

  /** Copies a chunk. */
  add(chunk: Uint8Array): Result<void, BodyProblem> {
    const { limit, take } = this.#bounds
    const length = this.#length + chunk.length
    if (length > limit) return tooLong(limit)
    if (length > this.#bytes.length) {
      const size = Math.min(limit, Math.max(length, 2 * this.#bytes.length))
      const taken = take(size - this.#bytes.length)
      if (!taken.ok) return noRoom(taken.error)
      this.#taken.push(taken.value)
      const larger = new Uint8Array(size)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
    return ok(undefined)
  }

  /** All of them, in an array of their own. */
  bytes(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length)
  }

  free(): void {
    for (const undo of this.#taken.splice(0)) undo()
  }
}

const cut = err({ kind: 'cut', message: 'the body ends too early' } as const)

const noNeed = err({ kind: 'over', message: 'this body is not needed any more' } as const)

const tooLong = (limit: number) =>
  err({ kind: 'too-long', message: `the body is over ${limit} bytes` } as const)

const tooSlow = (readMs: number) =>
  err({
    kind: 'too-slow',
    message: `less than ${READ_BYTES} bytes of the body came in ${readMs} ms, and not its end`,
  } as const)

const noRoom = ({ kind, limit }: NoPlace) =>
  kind === 'group'
    ? err({
        kind: 'no-share',
        message: `bodies of your address hold ${limit} bytes, which is its share`,
      } as const)
    : err({
        kind: 'no-room',
        message: `bodies of requests hold ${limit} bytes, which is the limit`,
      } as const)
