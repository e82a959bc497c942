import { concatBytes, type Frame } from '@quire/shared'
import type { Dialect } from '../dialects/dialect.ts'
import type { Wire, WireBytes } from '../ports/socket.ts'
import type { ServerMessage } from '../room/message.ts'
import type { Session } from './session.ts'

/** Parts that are together no larger than this are copied into one write; beyond, each is a write. */
export const COPY_BYTES = 64 * 1024

/** Messages laid out one behind the other; message `i` ends at `ends[i]`. */
export interface LaidOut {
  readonly bytes: WireBytes
  readonly ends: readonly number[]
}

/** A family of clients on a transport. */
export interface Lane {
  readonly dialect: Dialect
  readonly wire: Wire
}

/** The lane of a session. */
export const laneOf = ({ dialect, socket }: Session): Lane => ({ dialect, wire: socket.wire })

/** Lays messages out for a lane, in one array. */
export const layOut = (messages: readonly ServerMessage[], { dialect, wire }: Lane): LaidOut => {
  const framesOf: (readonly Frame[])[] = []
  const ends: number[] = []
  let length = 0
  for (const message of messages) {
    const frames = dialect.encode(message)
    for (const frame of frames) length += wire.lengthOf(frame)
    framesOf.push(frames)
    ends.push(length)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const frames of framesOf)
    for (const frame of frames) {
      wire.write(frame, bytes, at)
      at += wire.lengthOf(frame)
    }
  return { bytes: bytes as WireBytes, ends } // `wire` has written all of it
}

/** R8: something made once for all sessions that speak the same dialect over the same wire. */
export class PerLane<T> {
  readonly #made = new Map<string, { readonly wire: Wire; readonly value: T }[]>()
  readonly #make: (session: Session) => T

  constructor(make: (session: Session) => T) {
    this.#make = make
  }

  /** What was made for this session's lane and wire. */
  of(session: Session): T {
    const { dialect, socket } = session
    const known = this.#made.get(dialect.lane)
    if (known !== undefined)
      for (const { wire, value } of known) if (wire === socket.wire) return value
    const value = this.#make(session)
    if (known === undefined) this.#made.set(dialect.lane, [{ wire: socket.wire, value }])
    else known.push({ wire: socket.wire, value })
    return value
  }
}

/** A message to whoever it is for, laid out once for each lane. */
export const laidOutOnce = (message: ServerMessage): PerLane<WireBytes> =>
  new PerLane((session) => layOut([message], laneOf(session)).bytes)

/** One write where that is a small copy: a write costs more than what it holds. */
export const joined = (parts: readonly WireBytes[]): readonly WireBytes[] => {
  if (parts.length === 1) return parts
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  return bytes <= COPY_BYTES ? [concatBytes(parts) as WireBytes] : parts // whole messages
}
