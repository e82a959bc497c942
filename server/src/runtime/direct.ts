/*
 * Reading and writing a document from this server's own routes. A route is a session like any other, so it
 * sees what everybody sees, what it writes is checked, relayed and committed like anybody's, and its place,
 * its rates and its bounds are theirs.
 */
import {
  closeCodes,
  EMPTY_STATE_VECTOR,
  err,
  ok,
  type CloseName,
  type DocName,
  type Result,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import { direct, readAnswer, type DirectAnswer } from '../dialects/direct.ts'
import type { Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { ClientMessage, Position } from '../room/message.ts'
import { directSocket } from './direct-socket.ts'
import type { Documents, NoRoom } from './documents.ts'

/** What a route wants of a document. */
export interface DirectRequest {
  readonly documents: Documents
  readonly clock: Clock
  readonly document: DocName
  readonly grant: Grant
  /** Whose change it is, as stamped; the grant is checked for its own user. Absent: that user’s. */
  readonly author?: string | null
  /** Whose request it is, as sockets have it. */
  readonly client: Pick<Socket, 'address' | 'addressGroup'>
  readonly withinMs: number
}

/** Opens a document, which makes it where it is not there yet; nothing of it is read that a room does not need. */
export const openDocument = (request: DirectRequest): Promise<Result<void, NoRoom>> =>
  converse(request, null, ({ kind }) => (kind === 'open' ? ok(undefined) : null))

/** A document as everybody sees it. */
export interface DocumentRead {
  /** To be applied in order; none over about 1 MiB. */
  readonly updates: readonly Update[]
  /**
   * What was on disk when it was read: all of that is in `updates`, and nothing else unless something was
   * accepted behind it, which is what a write that expects this position is refused for.
   */
  readonly position: Position
}

/** Reads a document. */
export const readDocument = (request: DirectRequest): Promise<Result<DocumentRead, NoRoom>> => {
  const updates: Update[] = []
  let position: Position | null = null
  return converse(request, ALL, (answer) => {
    if (answer.kind === 'head') ({ position } = answer)
    if (answer.kind !== 'part' && answer.kind !== 'last') return null
    updates.push(answer.update)
    if (answer.kind === 'part') return null
    if (position === null) throw new Error('an answer before the position that was asked for first')
    return ok({ updates, position })
  })
}

/** Why a document was not written to. */
export interface WriteProblem extends NoRoom {
  /** Where the document is by now, if that is why; null: it has nothing to do with what was expected. */
  readonly changed: Position | null
}

/** What a write depends on. */
export interface WriteCondition {
  /** R19: that nothing was accepted behind this; null: nothing. */
  readonly expected: Position | null
}

/**
 * Writes an update that was read; resolves once it is on disk, with the position that has it: what a next write
 * may expect.
 */
export const writeDocument = async (
  request: DirectRequest,
  contents: UpdateContents,
  { expected }: WriteCondition = { expected: null },
): Promise<Result<Position, WriteProblem>> => {
  const said: Said = {
    messages: [{ kind: 'write', contents, expected, author: authorOf(request) }],
    frame: contents.update,
  }
  const written = await converse<Position, NoRoom | WriteProblem>(request, said, (answer) => {
    if (answer.kind === 'denied') return err({ close: 'forbidden', reason: answer.reason })
    if (answer.kind === 'changed') return err(changedTo(answer.position))
    return answer.kind === 'written' ? ok(answer.position) : null
  })
  return written.ok ? written : err({ changed: null, ...written.error })
}

const authorOf = ({ author, grant }: DirectRequest): string | null =>
  author === undefined ? grant.user : author

const changedTo = (changed: Position): WriteProblem => ({
  close: 'tryAgainLater',
  reason: `the document is at ${changed.epoch}-${changed.seq} by now; nothing was changed`,
  changed,
})

/** What a route says, and the bytes that count for it. */
interface Said {
  readonly messages: readonly ClientMessage[]
  readonly frame: Uint8Array
}

const ALL: Said = {
  // in this order: what is on disk before the answer is asked for is in it
  messages: [{ kind: 'query-head' }, { kind: 'sync-step-1', stateVector: EMPTY_STATE_VECTOR }],
  frame: EMPTY_STATE_VECTOR,
}

/** Says one thing, or nothing, and listens until `hear` has made something of the answers. */
const converse = <T, E = NoRoom>(
  request: DirectRequest,
  said: Said | null,
  hear: (answer: DirectAnswer) => Result<T, E | NoRoom> | null,
): Promise<Result<T, E | NoRoom>> =>
  new Promise((resolve) => {
    const { documents, clock, document, grant, client, withinMs } = request
    let listener: SocketListener | null = null
    let unsaid = said
    let isOver = false

    const end = (outcome: Result<T, E | NoRoom>): void => {
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
    const close = (name: CloseName, reason: string): void => end(err({ close: name, reason }))
    listener = documents.attach({
      document,
      login: { kind: 'checked', grant },
      dialect: direct(said?.messages ?? []),
      socket: directSocket(client, { receive, close }),
    })
    if (isOver) listener.closed(closeCodes.normal.code, '')
  })
