import type { CloseName, Millis, SessionId } from '@quire/shared'
import { closeCodes } from '@quire/shared'
import type { Dialect } from '../dialects/dialect.ts'
import type { Socket } from '../ports/socket.ts'
import { Delivery } from './delivery.ts'
import { createLine, type Line } from './line.ts'
import { ReadingPace } from './reading-pace.ts'

/** One client attached to one document: where the room's messages become a family's frames. */
export interface Session {
  readonly id: SessionId
  readonly dialect: Dialect
  readonly socket: Socket
  /** When anything was last sent: clients count silence, not pings. */
  lastSentAt: Millis
  /** Who it is, by its login; null for an anonymous user. */
  user: string | null
  /** Answers to its state vectors that are under way. */
  answers: number
  /** The last of them to be made, null if none is: they are made one after the other. */
  answering: Promise<unknown> | null
  /** What it is to be told next. */
  readonly line: Line
  /** Large answers on their way to it. */
  readonly delivery: Delivery
}

/** A session that has been told nothing yet. */
export const createSession = (
  {
    pace = new ReadingPace(),
    ...options
  }: Pick<Session, 'id' | 'dialect' | 'socket'> & { readonly pace?: ReadingPace | undefined },
  now: Millis,
): Session => ({
  ...options,
  lastSentAt: now,
  user: null,
  answers: 0,
  answering: null,
  line: createLine(),
  delivery: new Delivery(options.socket, pace),
})

/** Closes a session's socket with a row of the close code table. */
export const closeSession = (session: Session, close: CloseName, reason: string): void =>
  session.socket.close(closeCodes[close].code, reason)
