import type { CloseName, Frame, Millis, SessionId } from '@quire/shared'
import { closeCodes } from '@quire/shared'
import type { Dialect } from '../dialects/dialect.ts'
import type { Socket } from '../ports/socket.ts'
import type { ServerMessage } from '../room/message.ts'

/** One client attached to one document: where the room's messages become a family's frames. */
export interface Session {
  readonly id: SessionId
  readonly dialect: Dialect
  readonly socket: Socket
  /** When anything was last sent: clients count silence, not pings. */
  lastSentAt: Millis
  /** Answers to its state vectors that are under way. */
  answers: number
}

/** Closes a session's socket with a row of the close code table. */
export const closeSession = (session: Session, close: CloseName, reason: string): void =>
  session.socket.close(closeCodes[close].code, reason)

/** R8: sends one message to many sessions, encoded once per dialect. */
export const broadcast = (
  sessions: Iterable<Session>,
  message: ServerMessage,
  now: Millis,
): void => {
  const encoded = new Map<Dialect, readonly Frame[]>()
  for (const session of sessions) {
    let frames = encoded.get(session.dialect)
    if (frames === undefined) {
      frames = session.dialect.encode(message)
      encoded.set(session.dialect, frames)
    }
    sendFrames(session, frames, now)
  }
}

const sendFrames = (session: Session, frames: readonly Frame[], now: Millis): void => {
  if (frames.length === 0) return
  session.lastSentAt = now
  for (const frame of frames) session.socket.send(frame)
}
