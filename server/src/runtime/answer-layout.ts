import type { Update } from '@quire/shared'
import type { Answer } from '../ports/content.ts'
import type { Wire, WireBytes } from '../ports/socket.ts'
import type { ServerMessage } from '../room/message.ts'
import type { Piece } from './delivery.ts'
import { laneOf, layOut } from './lane.ts'
import type { Session } from './session.ts'

/** An answer as the messages that it is told in. */
export const messagesOf = ({ first, last }: Answer): readonly ServerMessage[] => [
  ...first.map((update) => ({ kind: 'update' as const, update })),
  { kind: 'sync-step-2', update: last },
]

/** The bytes of an answer's updates. */
export const bytesOf = ({ first, last }: Answer): number =>
  first.reduce((sum, update) => sum + update.length, last.length)

interface LaidOutPiece {
  readonly lane: string
  readonly wire: Wire
  readonly bytes: WireBytes
}

/**
 * The wire's bytes of an answer's pieces, for the lane that wanted them last: most who come at once are of one (R8),
 * and one is what the pool counts. A client may make a lane of each of its channels.
 */
const laidOut = {
  update: new WeakMap<Update, LaidOutPiece>(),
  'sync-step-2': new WeakMap<Update, LaidOutPiece>(),
}

/** An answer as it is written to a session: a piece for each message. */
export const piecesFor = ({ first, last }: Answer, session: Session): readonly Piece[] => [
  ...first.map((update) => () => layOutPiece('update', update, session)),
  () => layOutPiece('sync-step-2', last, session),
]

const layOutPiece = (kind: keyof typeof laidOut, update: Update, session: Session): WireBytes => {
  const { lane } = session.dialect
  const { wire } = session.socket
  const known = laidOut[kind].get(update)
  if (known?.lane === lane && known.wire === wire) return known.bytes
  const { bytes } = layOut([{ kind, update }], laneOf(session))
  laidOut[kind].set(update, { lane, wire, bytes })
  return bytes
}
