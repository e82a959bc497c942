/*
 * Hearing of every change of a document within this process. A subscriber is a session like any other, which says
 * one question or nothing: it has a place, keeps its document open, and is sent what everybody is sent. Nothing is
 * kept for it: what a listener does not use is gone.
 */
import { closeCodes, EMPTY_STATE_VECTOR, type CloseName, type Update } from '@quire/shared'
import { direct, readAnswer } from '../dialects/direct.ts'
import type { Observe } from '../ports/observe.ts'
import type { SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import type { DirectRequest } from './direct.ts'
import { directSocket } from './direct-socket.ts'

/** Whom a subscription is for, and from when on. */
export interface SubscribeRequest extends Omit<DirectRequest, 'withinMs'> {
  readonly observe: Observe
  /** `start`: what the document holds comes first, in several updates where it is large; `now`: only what comes. */
  readonly from: 'start' | 'now'
}

/** What a subscriber hears. What it throws is reported, and ends its subscription. */
export interface Subscriber {
  /** The document is open: whatever is accepted from here on is heard. */
  opened?(): void
  /**
   * A change, in the order in which everybody is told. It may repeat what was heard before, which Yjs takes as
   * nothing. The bytes are shared: they are not to be written to.
   */
  update(update: Update): void
  /** Nothing more is heard, and not because it was undone; `close` says whether to come back. */
  closed(close: CloseName, reason: string): void
}

/** Subscribes to a document, which makes it where it is not there yet, until undone. */
export const subscribe = (request: SubscribeRequest, subscriber: Subscriber): Undo => {
  const { documents, clock, document, grant, client, observe, from } = request
  let listener: SocketListener | null = null
  let isOver = false
  let isOpen = false

  /** As with any socket, its owner hears of the end later. */
  const end = (): void => {
    isOver = true
    clock.endOfTurn(() => listener?.closed(closeCodes.normal.code, ''))
  }
  const tell = (act: () => void): void => {
    try {
      act()
    } catch (cause) {
      observe.event({ kind: 'bug', document, error: new Error('a subscriber threw', { cause }) })
      if (!isOver) end()
    }
  }
  const receive = (frame: Uint8Array): void => {
    if (isOver) return
    const answer = readAnswer(frame)
    if (answer.kind === 'part' || answer.kind === 'last')
      return tell(() => subscriber.update(answer.update))
    if (answer.kind !== 'open' || isOpen) return
    isOpen = true
    if (subscriber.opened !== undefined) tell(() => subscriber.opened?.())
    if (from === 'start') clock.endOfTurn(() => listener?.message(EMPTY_STATE_VECTOR))
  }
  const close = (name: CloseName, reason: string): void => {
    if (isOver) return
    end()
    tell(() => subscriber.closed(name, reason))
  }
  const asks = [{ kind: 'sync-step-1', stateVector: EMPTY_STATE_VECTOR }] as const
  listener = documents.attach({
    document,
    login: { kind: 'checked', grant },
    dialect: direct(asks),
    socket: directSocket(client, { receive, close }),
  })
  return () => {
    if (!isOver) end()
  }
}
