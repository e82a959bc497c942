import { err, ok, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { NoPlace } from '../runtime/places.ts'

/** A body that was read. It counts as held until `free`. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly free: Undo
}

/** Why there is no body: too long, no room for it or for more of its address, or its sender is gone. */
export interface BodyProblem {
  readonly kind: 'too-long' | 'no-room' | 'no-share' | 'cut'
  readonly message: string
}

/** What bounds a body. */
export interface BodyBounds {
  /** Longest body, bytes. */
  readonly limit: number
  /** Takes room for so many bytes more. */
  readonly take: (bytes: number) => Result<Undo, NoPlace>
}

/** Reads the body of a request, counting what has come of it. */
export const readBody = async (
  request: Request,
  { limit, take }: BodyBounds,
): Promise<Result<RequestBody, BodyProblem>> => {
  if (Number(request.headers.get('content-length') ?? 0) > limit) return tooLong(limit)
  const chunks: Uint8Array[] = []
  const taken: Undo[] = []
  const free = (): void => taken.forEach((undo) => undo())
  const refuse = <E>(problem: E): E => {
    free()
    return problem
  }
  let length = 0
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.length
      if (length > limit) return refuse(tooLong(limit))
      const room = take(chunk.length)
      if (!room.ok) return refuse(noRoom(room.error))
      taken.push(room.value)
      chunks.push(chunk)
    }
  } catch {
    return refuse(err({ kind: 'cut', message: 'the body ends too early' }))
  }
  return ok({ bytes: joined(chunks, length), free })
}

const tooLong = (limit: number) =>
  err({ kind: 'too-long', message: `the body is over ${limit} bytes` } as const)

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

const joined = ([first, ...more]: readonly Uint8Array[], length: number): Uint8Array => {
  if (first !== undefined && more.length === 0) return first
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of first === undefined ? [] : [first, ...more]) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
