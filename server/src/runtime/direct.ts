/*
 * Reading and writing a document from this server's own routes. A route is a session like any other, so it
 * sees what everybody sees, what it writes is checked, relayed and committed like anybody's, and its place,
 * its rates and its bounds are theirs.
 */
import {
  closeCodes,
  closeNameOf,
  EMPTY_STATE_VECTOR,
  err,
  ok,
  type DocName,
  type Result,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import { direct, readAnswer, type DirectAnswer } from '../dialects/direct.ts'
import type { Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Socket, SocketListener, Wire, WireBytes } from '../ports/socket.ts'
import type { ClientMessage } from '../room/message.ts'
import type { Documents, NoRoom } from './documents.ts'

/** What a route wants of a document. */
export interface DirectRequest {
  readonly documents: Documents
  readonly clock: Clock
  readonly document: DocName
  readonly grant: Grant
  /** Whose request it is, as sockets have it. */
  readonly client: Pick<Socket, 'address' | 'addressGroup'>
  readonly withinMs: number
}

/** Opens a document, which makes it where it is not there yet; nothing of it is read that a room does not need. */
export const openDocument = (request: DirectRequest): Promise<Result<void, NoRoom>> =>
  converse(request, null, ({ kind }) => (kind === 'open' ? ok(undefined) : null))

/** The document as everybody sees it, in updates to be applied in order; none over about 1 MiB. */
export const readDocument = (
  request: DirectRequest,
): Promise<Result<readonly Update[], NoRoom>> => {
  const parts: Update[] = []
  return converse(request, ALL, (answer) => {
    if (answer.kind !== 'part' && answer.kind !== 'last') return null
    parts.push(answer.update)
    return answer.kind === 'last' ? ok(parts) : null
  })
}

/** Writes an update that was read; resolves once it is on disk. */
export const writeDocument = (
  request: DirectRequest,
  contents: UpdateContents,
): Promise<Result<void, NoRoom>> => {
  const said = { message: { kind: 'update', contents }, frame: contents.update } as const
  return converse(request, said, (answer) => {
    if (answer.kind === 'denied') return err({ close: 'forbidden', reason: answer.reason })
    return answer.kind === 'saved' ? ok(undefined) : null
  })
}

/** What a route says, and the bytes that count for it. */
interface Said {
  readonly message: ClientMessage
  readonly frame: Uint8Array
}

const ALL: Said = {
  message: { kind: 'sync-step-1', stateVector: EMPTY_STATE_VECTOR },
  frame: EMPTY_STATE_VECTOR,
}

/** Says one thing, or nothing, and listens until `hear` has made something of the answers. */
const converse = <T>(
  request: DirectRequest,
  said: Said | null,
  hear: (answer: DirectAnswer) => Result<T, NoRoom> | null,
): Promise<Result<T, NoRoom>> =>
  new Promise((resolve) => {
    const { documents, clock, document, grant, client, withinMs } = request
    let listener: SocketListener | null = null
    let unsaid = said
    let isOver = false

    const end = (outcome: Result<T, NoRoom>): void => {
      if (isOver) return
      isOver = true
      undoDeadline()
      resolve(outcome)
      // as with any socket: its owner hears of the end later
      clock.endOfTurn(() => listener?.closed(closeCodes.normal.code, ''))
    }
    const undoDeadline = clock.after(withinMs, () =>
      end(err({ close: 'tryAgainLater', reason: `no answer within ${withinMs} ms` })),
    )
    const receive = (bytes: Uint8Array): void => {
      if (isOver) return
      const answer = readAnswer(bytes)
      const outcome = hear(answer)
      if (outcome !== null) return end(outcome)
      if (answer.kind === 'open') speak()
    }
    /** Not before the document is open: there is less room for what is said to others. Once: it may be asked again. */
    const speak = (): void => {
      const next = unsaid
      unsaid = null
      if (next !== null) clock.endOfTurn(() => listener?.message(next.frame))
    }
    const socket: Socket = {
      ...client,
      isPaused: false,
      wire: lengthPrefixed,
      queuedBytes: () => 0, // whoever waits in memory does not lag
      send: receive,
      sendWire: (bytes) => framesIn(bytes).forEach(receive),
      pause: () => undefined, // it says one thing
      resume: () => undefined,
      close: (code, reason) => end(err({ close: closeNameOf(code) ?? 'internalError', reason })),
      terminate: () => end(err({ close: 'internalError', reason: 'the session was ended' })),
    }
    listener = documents.attach({
      document,
      login: { kind: 'checked', grant },
      dialect: direct(said?.message ?? null),
      socket,
    })
    if (isOver) listener.closed(closeCodes.normal.code, '')
  })

const LENGTH_BYTES = 4

/** Four bytes of length, then the frame. */
const lengthPrefixed: Wire = {
  lengthOf: (frame) => LENGTH_BYTES + frame.length,
  write(frame, into, at) {
    new DataView(into.buffer, into.byteOffset).setUint32(at, frame.length)
    into.set(frame, at + LENGTH_BYTES)
  },
}

const framesIn = (bytes: WireBytes): readonly Uint8Array[] => {
  const frames: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES
    at = start + view.getUint32(at)
    frames.push(bytes.subarray(start, at))
  }
  return frames
}
