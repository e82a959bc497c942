/*
 * A function of the program that Quire is part of, as the judge of logins. What it answers is checked like
 * anything that comes from outside: an answer that says nothing clear lets nobody in, and is reported.
 */
import { err, millis, ok, utf8Length, type DocName, type Millis, type Result } from '@quire/shared'
import type {
  Access,
  Auth,
  Denial,
  Grant,
  OperationsGrant,
  OperationsRequest,
  RequestFacts,
} from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import { loginError } from '../ports/login-error.ts'
import type { Observe } from '../ports/observe.ts'

/** Longest user, name or token id, bytes of UTF-8: as long as a document's name. Each stands in the log of what was written. */
const TEXT_BYTES = 1_024

/** Longest message of a denial, UTF-16 units; a close frame has room for 123 bytes of it (RFC 6455 §5.5). */
const MESSAGE_LENGTH = 1_024

/** Numbers below are a time in seconds that was taken for milliseconds: March 1973. */
const LEAST_MILLIS = 1e11

/**
 * What a client asks for: one document, or all whose names begin so ('' being every document).
 *
 * @example
 * ```ts
 * import type { AuthorizeQuestion } from '@quire/server'
 *
 * // asks a service of the program's own, for no longer than the client waits
 * export const whoIs = ({ token, signal }: AuthorizeQuestion): Promise<Response> =>
 *   fetch('https://login.example.org/me', {
 *     headers: { Authorization: `Bearer ${token ?? ''}` },
 *     signal,
 *   })
 * ```
 */
export type AuthorizeQuestion = {
  /** What the client came with: its cookies, its address. Null where nobody came by HTTP. */
  readonly request: RequestFacts | null
  /** The token that it gave in its family's way, null for none. */
  readonly token: string | null
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
} & (
  | { readonly document: string; readonly prefix: null }
  | { readonly document: null; readonly prefix: string }
)

/**
 * Who a client is and what it may do. Times are milliseconds since the epoch, or a `Date`.
 *
 * @example
 * ```ts
 * import type { Granted } from '@quire/server'
 *
 * // an hour to write, after which the client is asked for another login
 * export const grantTo = ({ id, name }: { id: string; name: string }): Granted => ({
 *   access: 'write',
 *   user: id,
 *   name,
 *   expiresAt: Date.now() + 3_600_000,
 * })
 * ```
 */
export interface Granted {
  readonly access: Access
  /** The user's id; null for an anonymous one. It stands beside whatever the user writes. */
  readonly user: string | null
  /** What people call the user. */
  readonly name?: string | null
  /** The session's or the token's id, by which it can be revoked. */
  readonly tokenId?: string | null
  /**
   * When the login was issued: a revocation is of all that were until then, or within 5 s after. Absent: those, too. One that
   * lies further ahead is out of its reach.
   */
  readonly issuedAt?: Date | number | null
  /** When it ends; the client is then asked for another one. Absent: never. */
  readonly expiresAt?: Date | number | null
  /** True for the program's own: it may list, delete, restore and revoke. */
  readonly isApplication?: boolean
}

/**
 * Why a client is not let in: it has no valid login, or one that does not grant this. `message` is for people.
 *
 * @example
 * ```ts
 * import type { Denied } from '@quire/server'
 *
 * export const notInvited: Denied = { deny: 'forbidden', message: 'ask the owner to invite you' }
 * ```
 */
export interface Denied {
  readonly deny: 'unauthorized' | 'forbidden'
  readonly message?: string
}

/**
 * Decides who may open what. It is asked at each login, and again when a client says another one or its grant
 * has expired.
 *
 * @example
 * ```ts
 * import type { Authorize } from '@quire/server'
 *
 * declare const userOf: (token: string | null) => Promise<string | null>
 *
 * export const authorize: Authorize = async ({ document, token }) => {
 *   const user = await userOf(token)
 *   if (user === null) return { deny: 'unauthorized', message: 'log in first' }
 *   if (document === null || !document.startsWith(`${user}/`)) return { deny: 'forbidden' }
 *   return { access: 'write', user }
 * }
 * ```
 */
export type Authorize = (
  question: AuthorizeQuestion,
) => Promise<Granted | Denied> | Granted | Denied

/**
 * Who asks to see or run the server.
 *
 * @example
 * ```ts
 * import type { OperationsQuestion } from '@quire/server'
 *
 * // the value of the cookie `session`, null where there is none
 * export const sessionOf = ({ request }: OperationsQuestion): string | null =>
 *   /(?:^|; )session=([^;]*)/.exec(request?.headers.get('cookie') ?? '')?.[1] ?? null
 * ```
 */
export type OperationsQuestion = Pick<AuthorizeQuestion, 'request' | 'token' | 'signal'>

/**
 * What somebody may do who runs the server: `read` its figures and its page of operations, or `write`, which is to
 * end sessions, fold documents, keep versions and export as well.
 *
 * @example
 * ```ts
 * import type { GrantedOperations } from '@quire/server'
 *
 * export const onCall = (user: string): GrantedOperations => ({ access: 'write', user })
 * ```
 */
export interface GrantedOperations extends Omit<Granted, 'access' | 'isApplication'> {
  readonly access: 'read' | 'write'
}

/**
 * Decides who may see the server's figures and run it. It is asked for each request.
 *
 * @example
 * ```ts
 * import type { AuthorizeOperations } from '@quire/server'
 *
 * const TOKEN = process.env['SCRAPE_TOKEN']
 *
 * // a scraper with a token of its own, and nobody else
 * export const authorizeOperations: AuthorizeOperations = ({ token }) =>
 *   token !== null && token === TOKEN
 *     ? { access: 'read', user: null, name: 'Prometheus' }
 *     : { deny: 'unauthorized' }
 * ```
 */
export type AuthorizeOperations = (
  question: OperationsQuestion,
) => Promise<GrantedOperations | Denied> | GrantedOperations | Denied

/** What `createAuthorizeAuth` needs. */
export interface AuthorizeOptions {
  readonly clock: Clock
  readonly observe: Observe
  /** Time for an answer, milliseconds. */
  readonly deadlineMs: number
}

/**
 * An `Auth` that asks a function. Where it throws, or answers what cannot be read, the client is told of a failure
 * (`internalError`) and the event `bug` says what it was; where it does not answer in time, the client is to come back
 * (`tryAgainLater`). Of tokens it makes none: the program does.
 */
export const createAuthorizeAuth = (authorize: Authorize, options: AuthorizeOptions): Auth => {
  const ask = (
    asked: OperationsRequest,
    what:
      | { readonly document: DocName; readonly prefix: null }
      | { readonly document: null; readonly prefix: string },
  ): Promise<Result<Grant, Denial>> =>
    judged(options, {
      name: 'authorize',
      document: what.document,
      asked,
      ask: (question) => authorize({ ...question, ...what }),
      read: readGrant,
    })
  return {
    needsToken: false, // a cookie may do
    readsRequests: true,
    authorize: ({ document, ...asked }) => ask(asked, { document, prefix: null }),
    authorizeAll: ({ prefix, ...asked }) => ask(asked, { document: null, prefix }),
    issue: () =>
      Promise.resolve(
        err({
          kind: 'forbidden',
          message: 'this server makes no tokens: the program it is part of does',
        }),
      ),
  }
}

/** An `Auth` like another one, but that a function decides who may see and run the server; in the same way. */
export const withOperations = (
  auth: Auth,
  authorizeOperations: AuthorizeOperations,
  options: AuthorizeOptions,
): Auth => ({
  needsToken: auth.needsToken,
  readsRequests: auth.readsRequests === true,
  authorize: (request) => auth.authorize(request),
  authorizeAll: (request) => auth.authorizeAll(request),
  issue: (request, part) => auth.issue(request, part),
  authorizeOperations: (asked) =>
    judged(options, {
      name: 'authorizeOperations',
      document: null,
      asked,
      ask: authorizeOperations,
      read: readOperations,
    }),
})

/** A function of the program that is asked, and how what it grants is read, which throws where it says nothing clear. */
interface Judge<T> {
  readonly name: string
  readonly document: DocName | null
  readonly asked: OperationsRequest
  readonly ask: (question: OperationsQuestion) => unknown
  readonly read: (granted: Answer) => T
}

const judged = async <T>(
  { clock, observe, deadlineMs }: AuthorizeOptions,
  { name, document, asked, ask, read }: Judge<T>,
): Promise<Result<T, Denial>> => {
  const { token, request = null } = asked
  const over = new AbortController()
  const late = Promise.withResolvers<typeof LATE>()
  const undo = clock.after(deadlineMs, () => late.resolve(LATE))
  try {
    const answer: unknown = await Promise.race([
      ask({ request, token, signal: over.signal }),
      late.promise,
    ])
    if (answer === LATE)
      return err({
        kind: 'tryAgainLater',
        message: `${name} did not answer within ${deadlineMs} ms`,
      })
    return readAnswer(name, answer, read)
  } catch (thrown) {
    observe.event({ kind: 'bug', document, error: loginError(thrown, asked) })
    return err({ kind: 'internalError', message: 'the login could not be checked' })
  } finally {
    undo()
    over.abort()
  }
}

const LATE = Symbol('late')

/** What a function of this name has answered. */
interface Answer {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Throws where the answer is none, and says what of it. */
const readAnswer = <T>(
  name: string,
  answer: unknown,
  read: (granted: Answer) => T,
): Result<T, Denial> => {
  if (typeof answer !== 'object' || answer === null)
    throw wrong(`${name}: its answer`, 'an object', answer)
  const { deny, message = '', ...fields } = answer as Record<string, unknown>
  if (deny === undefined) return ok(read({ name, fields }))
  if (deny !== 'unauthorized' && deny !== 'forbidden')
    throw wrong(`${name}: deny`, '"unauthorized" or "forbidden"', deny)
  if (typeof message !== 'string') throw wrong(`${name}: message`, 'text', message)
  const said = message === '' ? DENIED[deny] : message.slice(0, MESSAGE_LENGTH)
  return err({ kind: deny, message: said })
}

const DENIED = {
  unauthorized: 'there is no valid login',
  forbidden: 'the login does not grant this',
}

const readGrant = (granted: Answer): Grant => {
  const { name, fields } = granted
  const { access, isApplication = false } = fields
  if (access !== 'read' && access !== 'comment' && access !== 'write')
    throw wrong(`${name}: access`, '"read", "comment" or "write"', access)
  if (typeof isApplication !== 'boolean')
    throw wrong(`${name}: isApplication`, 'true or false', isApplication)
  return { access, ...readHolder(granted), isApplication }
}

const readOperations = (granted: Answer): OperationsGrant => {
  const { access } = granted.fields
  if (access !== 'read' && access !== 'write')
    throw wrong(`${granted.name}: access`, '"read" or "write"', access)
  return { access, ...readHolder(granted) }
}

const readHolder = (granted: Answer): Omit<OperationsGrant, 'access'> => {
  const { user } = granted.fields
  if (user === undefined) throw wrong(`${granted.name}: user`, 'text, or null', user)
  return {
    user: textIn(granted, 'user'),
    expiresAt: timeIn(granted, 'expiresAt'),
    name: textIn(granted, 'name'),
    tokenId: textIn(granted, 'tokenId'),
    issuedAt: timeIn(granted, 'issuedAt'),
  }
}

const textIn = ({ name, fields }: Answer, key: string): string | null => {
  const { [key]: text } = fields
  if (text === undefined || text === null) return null
  const isText = typeof text === 'string' && text !== '' && text.isWellFormed()
  if (isText && utf8Length(text) <= TEXT_BYTES) return text
  throw wrong(`${name}: ${key}`, `well-formed text of 1 to ${TEXT_BYTES} bytes, or null`, text)
}

const timeIn = ({ name, fields }: Answer, key: string): Millis | null => {
  const { [key]: time } = fields
  if (time === undefined || time === null) return null
  const at = time instanceof Date ? time.getTime() : time
  if (typeof at === 'number' && at >= LEAST_MILLIS && at <= Number.MAX_SAFE_INTEGER)
    return millis(Math.floor(at))
  throw wrong(`${name}: ${key}`, 'a Date, or milliseconds since the epoch and not seconds', time)
}

/** Says of what kind it is, and no more: it may be somebody's secret. */
const wrong = (what: string, wanted: string, is: unknown): Error => {
  const kind = is === null ? 'null' : typeof is === 'number' ? String(is) : typeof is
  return new Error(`${what} is not ${wanted}, but ${kind}`)
}
