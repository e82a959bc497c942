/*
 * Hearing what becomes of a document, in the process of its server. Whoever listens is a session like any other: what is
 * accepted is relayed to it, it has a place, and keeps the document open.
 */
import { closeCodes, closeNameOf, type Update } from '@quire/shared'
import { direct, readAnswer } from '../dialects/direct.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import { framesIn, lengthPrefixed } from './direct-wire.ts'
import type { DirectRequest } from './direct.ts'
import type { NoRoom } from './documents.ts'

/** Hears of a document. None of it throws. */
export interface DocumentFollower {
  /** The document is open: what is accepted from here on is heard. */
  opened(): void
  /** Accepted, and perhaps not on disk yet. The bytes are shared with others. */
  updated(update: Update): void
  /** Nothing more is heard; not called where it was undone. */
  ended(why: NoRoom): void
}

/** Follows a document until undone. */
export const followDocument = (
  { documents, clock, document, grant, client }: Omit<DirectRequest, 'withinMs'>,
  follower: DocumentFollower,
): Undo => {
  let listener: SocketListener | null = null
  let isOver = false
  let isOpen = false
  const leave = (): void => {
    if (isOver) return
    isOver = true
    // as with any socket: its owner hears of the end later
    clock.endOfTurn(() => listener?.closed(closeCodes.normal.code, ''))
  }
  const end = (why: NoRoom): void => {
    if (isOver) return
    leave()
    follower.ended(why)
  }
  const receive = (bytes: Uint8Array): void => {
    if (isOver) return
    const answer = readAnswer(bytes)
    if (answer.kind === 'part' || answer.kind === 'last') follower.updated(answer.update)
    else if (answer.kind === 'open' && !isOpen) {
      isOpen = true
      follower.opened()
    }
  }
  const socket: Socket = {
    ...client,
    isPaused: false,
    wire: lengthPrefixed,
    queuedBytes: () => 0, // whoever waits in memory does not lag
    send: receive,
    sendWire: (bytes) => framesIn(bytes).forEach(receive),
    pause: () => undefined, // it says nothing
    resume: () => undefined,
    close: (code, reason) => end({ close: closeNameOf(code) ?? 'internalError', reason }),
    terminate: () => end({ close: 'internalError', reason: 'the session was ended' }),
  }
  listener = documents.attach({
    document,
    login: { kind: 'checked', grant },
    dialect: direct([]),
    socket,
  })
  if (isOver) listener.closed(closeCodes.normal.code, '')
  return leave
}
