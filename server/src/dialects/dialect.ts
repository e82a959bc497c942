import type { DecodeProblem, Frame, Result } from '@quire/shared'
import type { ClientMessage, ServerMessage } from '../room/message.ts'

/** A client family's bytes for the room's messages: pure, total, no I/O. */
export interface Dialect {
  readonly name: string
  /** All messages of one frame, or why it is not one. Bytes inside are views into `frame`. */
  decode(frame: Uint8Array): Result<readonly ClientMessage[], DecodeProblem>
  /** The frames that say this to this family; none where it has no words for it. */
  encode(message: ServerMessage): readonly Frame[]
}
