import type { DecodeProblem, Frame, Result } from '@quire/shared'
import type { Family } from '../ports/observe.ts'
import type { ClientMessage, ServerMessage } from '../room/message.ts'
import type { Asking } from '../room/phase.ts'

/** A client family's bytes for the room's messages: pure, total, no I/O. */
export interface Dialect {
  readonly name: string
  /** What it is counted under. */
  readonly family: Family
  /** Clients of the same lane are sent the same bytes: an address inside the frames is part of it. */
  readonly lane: string
  /** When such a client is asked for what it has and the server lacks. */
  readonly asking: Asking
  /** Silence after which such a client is told that the server is there, milliseconds. */
  readonly keepAliveMs: number
  /** All messages of one frame, or why it is not one. Bytes inside are views into `frame`. */
  decode(frame: Uint8Array): Result<readonly ClientMessage[], DecodeProblem>
  /** The frames that say this to this family; none where it has no words for it. */
  encode(message: ServerMessage): readonly Frame[]
}

/** Clients that give up after 30 s without a message hear of the server this often, milliseconds. */
export const KEEP_ALIVE_MS = 10_000
