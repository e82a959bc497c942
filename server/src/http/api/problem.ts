/* Errors of the document API as problem details (RFC 9457). */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Result } from '@quire/shared'
import type { ContentProblem } from '../../ports/content.ts'
import type { StorageProblem } from '../../ports/storage.ts'
import type { NoRoom } from '../../runtime/documents.ts'
import { bodyStatus, type BodyProblem } from '../request-body.ts'

/** When to ask again where a request may be made again, seconds. */
const RETRY_SECONDS = 5

/** Kinds of problems: their status, and a title that is the same each time. */
export const problems = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'There is no valid login' },
  forbidden: { status: 403, title: 'The login does not allow this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method does not fit' },
  'not-acceptable': { status: 406, title: 'It cannot be given like that' },
  'too-slow': { status: 408, title: 'The request came too slowly' },
  conflict: { status: 409, title: 'Something is in the way' },
  deleted: { status: 410, title: 'The document was deleted' },
  changed: { status: 412, title: 'The document has changed' },
  'too-large': { status: 413, title: 'The request is too large' },
  unsupported: { status: 415, title: 'Content of this type is not taken' },
  unprocessable: { status: 422, title: 'The content cannot be used' },
  'too-many': { status: 429, title: 'Too much at once' },
  internal: { status: 500, title: 'The server failed' },
  unavailable: { status: 503, title: 'The server cannot do this now' },
} as const satisfies Record<
  string,
  { readonly status: ContentfulStatusCode; readonly title: string }
>

/** The kind of a problem, the end of its `type`. */
export type ProblemKind = keyof typeof problems

/** What a problem says beside its kind. */
export interface ProblemParts {
  /** Fields of its own, such as the current sequence. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** When to ask again, seconds. */
  readonly retrySeconds?: number
  /** What is behind it, for the log: not told. */
  readonly cause?: string
}

/** A request that is not answered as it was asked; `detail` is for people and holds no secret. */
export class Problem extends HTTPException {
  readonly kind: ProblemKind
  readonly parts: ProblemParts

  constructor(kind: ProblemKind, detail: string, parts: ProblemParts = {}) {
    super(problems[kind].status, { message: detail, cause: parts.cause })
    this.kind = kind
    this.parts = parts
  }
}

/** A document was deleted while its request waited, and there is another one of its name. */
export const another = (): Problem =>
  new Problem('conflict', 'the document was replaced by another one')

/** The answer to a problem. */
export const answerProblem = (error: HTTPException, c: Context): Response => {
  const { kind, message, parts } = problemOf(error)
  const { status, title } = problems[kind]
  const retry =
    parts.retrySeconds ?? (kind === 'unavailable' || kind === 'too-many' ? RETRY_SECONDS : null)
  if (retry !== null) c.header('Retry-After', String(retry))
  if (kind === 'unauthorized') c.header('WWW-Authenticate', 'Bearer')
  c.header('Content-Type', 'application/problem+json')
  const type = `urn:quire:problem:${kind}`
  return c.body(JSON.stringify({ type, title, status, detail: message, ...parts.fields }), status)
}

/** What the router and middleware throw themselves. */
const problemOf = (error: HTTPException): Problem => {
  if (error instanceof Problem) return error
  const known = Object.entries(problems).find(([, { status }]) => status === error.status)
  const kind = (known?.[0] ?? 'bad-request') as ProblemKind // a key of the table
  return new Problem(kind, error.message === '' ? problems[kind].title : error.message)
}

const KIND_OF_CLOSE: Partial<Record<NoRoom['close'], ProblemKind>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  badName: 'bad-request',
  badFrame: 'unprocessable',
  deleted: 'deleted',
  internalError: 'internal',
}

/** What a socket would be closed for, as requests are told. */
export const roomProblem = ({ close, reason }: NoRoom): Problem =>
  new Problem(KIND_OF_CLOSE[close] ?? 'unavailable', reason)

/** Why the body of a request is not taken. */
export const bodyProblem = ({ kind, message }: BodyProblem): Problem => {
  const status = bodyStatus[kind]
  const known = Object.entries(problems).find(([, row]) => row.status === status)
  return new Problem((known?.[0] ?? 'bad-request') as ProblemKind, message) // a key of the table
}

/** What the storage could not do: its own words name files, and are the log's. */
export const storageProblem = (problem: StorageProblem): Problem => {
  switch (problem.kind) {
    case 'unknown-document':
      return new Problem('not-found', 'the document is gone')
    case 'deleted':
      return new Problem('deleted', 'the document was deleted')
    case 'corrupt':
      return new Problem('internal', 'what is stored of it is damaged', { cause: problem.message })
    case 'full':
    case 'read-only':
    case 'busy':
    case 'closed':
    case 'io':
      return new Problem('unavailable', 'the storage cannot do this now', {
        cause: problem.message,
      })
  }
}

/** What the storage answered; throws its problem. */
export const orProblem = <T>(result: Result<T, StorageProblem>): T => {
  if (!result.ok) throw storageProblem(result.error)
  return result.value
}

/** What became of work on content. */
export const contentProblem = ({ kind, message }: ContentProblem): Problem =>
  kind === 'closed'
    ? new Problem('unavailable', message)
    : kind === 'refused'
      ? new Problem('unprocessable', message)
      : new Problem('internal', 'the content could not be worked on', { cause: message })
