import { err, ok, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { ByteBudget } from './byte-budget.ts'

/** A body that was read. It counts as held until `free`. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly free: Undo
}

/** Why there is no body: too long, no room for it at this moment, or its sender is gone. */
export interface BodyProblem {
  readonly kind: 'too-long' | 'no-room' | 'cut'
  readonly message: string
}

/** Reads the body of a request, counting what has come of it. */
export const readBody = async (
  request: Request,
  limit: number,
  budget: ByteBudget,
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
      const undo = budget.take(chunk.length)
      if (undo === null) return refuse(noRoom(budget))
      taken.push(undo)
      chunks.push(chunk)
    }
  } catch {
    return refuse(err({ kind: 'cut', message: 'the body ends too early' }))
  }
  return ok({ bytes: joined(chunks, length), free })
}

const tooLong = (limit: number) =>
  err({ kind: 'too-long', message: `the body is over ${limit} bytes` } as const)

const noRoom = ({ limit }: ByteBudget) =>
  err({
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
