import type { Update } from '@quire/shared'
import type { Answer } from '../ports/content.ts'
import type { WireBytes } from '../ports/socket.ts'
import type { ServerMessage } from '../room/message.ts'
import { laidOutOnce, type PerLane } from './lane.ts'
import type { Session } from './session.ts'

/** An answer as the messages that it is told in. */
export const messagesOf = ({ first, last }: Answer): readonly ServerMessage[] => [
  ...first.map((update) => ({ kind: 'update' as const, update })),
  { kind: 'sync-step-2', update: last },
]

/** The bytes of an answer's updates. */
export const bytesOf = ({ first, last }: Answer): number =>
  first.reduce((sum, update) => sum + update.length, last.length)

/** The wire's bytes of an answer's pieces, laid out once for all who get them (R8). */
const laidOut = {
  update: new WeakMap<Update, PerLane<WireBytes>>(),
  'sync-step-2': new WeakMap<Update, PerLane<WireBytes>>(),
}

/** An answer as it is written to a session: a piece for each message. */
export const piecesFor = ({ first, last }: Answer, session: Session): readonly WireBytes[] => [
  ...first.map((update) => pieceFor('update', update, session)),
  pieceFor('sync-step-2', last, session),
]

const pieceFor = (kind: keyof typeof laidOut, update: Update, session: Session): WireBytes => {
  let piece = laidOut[kind].get(update)
  if (piece === undefined) {
    piece = laidOutOnce({ kind, update })
    laidOut[kind].set(update, piece)
  }
  return piece.of(session)
}
