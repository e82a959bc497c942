/*
 * A function of the program that Quire is part of, as the judge of logins. What it answers is checked like
 * anything that comes from outside: an answer that says nothing clear lets nobody in, and is reported.
 */
import { err, millis, ok, utf8Length, type DocName, type Millis, type Result } from '@quire/shared'
import type { Access, Auth, Denial, Grant, RequestFacts } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import { loginError } from '../ports/login-error.ts'
import type { Observe } from '../ports/observe.ts'
import { plainGrant } from './plain-grant.ts'

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
  const ask = async (
    asked: Pick<AuthorizeQuestion, 'token'> & { readonly request?: RequestFacts | undefined },
    what:
      | { readonly document: DocName; readonly prefix: null }
      | { document: null; prefix: string },
  ): Promise<Result<Grant, Denial>> => {
    const { clock, observe, deadlineMs } = options
    const { token, request = null } = asked
    const over = new AbortController()
    const late = Promise.withResolvers<typeof LATE>()
    const undo = clock.after(deadlineMs, () => late.resolve(LATE))
    try {
      const question = { request, token, signal: over.signal, ...what }
      const answer: unknown = await Promise.race([authorize(question), late.promise])
      if (answer === LATE)
        return err({
          kind: 'tryAgainLater',
          message: `authorize did not answer within ${deadlineMs} ms`,
        })
      return readAnswer(answer)
    } catch (thrown) {
      observe.event({ kind: 'bug', document: what.document, error: loginError(thrown, asked) })
      return err({ kind: 'internalError', message: 'the login could not be checked' })
    } finally {
      undo()
      over.abort()
    }
  }
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

const LATE = Symbol('late')

/** Throws where the answer is none, and says what of it. */
const readAnswer = (answer: unknown): Result<Grant, Denial> => {
  if (typeof answer !== 'object' || answer === null) throw wrong('its answer', 'an object', answer)
  const { deny, message = '', ...granted } = answer as Record<string, unknown>
  if (deny === undefined) return ok(readGrant(granted))
  if (deny !== 'unauthorized' && deny !== 'forbidden')
    throw wrong('deny', '"unauthorized" or "forbidden"', deny)
  if (typeof message !== 'string') throw wrong('message', 'text', message)
  const said = message === '' ? DENIED[deny] : message.slice(0, MESSAGE_LENGTH)
  return err({ kind: deny, message: said })
}

const DENIED = {
  unauthorized: 'there is no valid login',
  forbidden: 'the login does not grant this',
}

const readGrant = (granted: Readonly<Record<string, unknown>>): Grant => {
  const { access, isApplication = false, user } = granted
  if (access !== 'read' && access !== 'comment' && access !== 'write')
    throw wrong('access', '"read", "comment" or "write"', access)
  if (user === undefined) throw wrong('user', 'text, or null', user)
  if (typeof isApplication !== 'boolean')
    throw wrong('isApplication', 'true or false', isApplication)
  return {
    ...plainGrant({
      access,
      user: textIn(granted, 'user'),
      expiresAt: timeIn(granted, 'expiresAt'),
    }),
    name: textIn(granted, 'name'),
    tokenId: textIn(granted, 'tokenId'),
    issuedAt: timeIn(granted, 'issuedAt'),
    isApplication,
  }
}

const textIn = (granted: Readonly<Record<string, unknown>>, key: string): string | null => {
  const { [key]: text } = granted
  if (text === undefined || text === null) return null
  const isText = typeof text === 'string' && text !== '' && text.isWellFormed()
  if (isText && utf8Length(text) <= TEXT_BYTES) return text
  throw wrong(key, `well-formed text of 1 to ${TEXT_BYTES} bytes, or null`, text)
}

const timeIn = (granted: Readonly<Record<string, unknown>>, key: string): Millis | null => {
  const { [key]: time } = granted
  if (time === undefined || time === null) return null
  const at = time instanceof Date ? time.getTime() : time
  if (typeof at === 'number' && at >= LEAST_MILLIS && at <= Number.MAX_SAFE_INTEGER)
    return millis(Math.floor(at))
  throw wrong(key, 'a Date, or milliseconds since the epoch and not seconds', time)
}

/** Says of what kind it is, and no more: it may be somebody's secret. */
const wrong = (what: string, wanted: string, is: unknown): Error => {
  const kind = is === null ? 'null' : typeof is === 'number' ? String(is) : typeof is
  return new Error(`authorize: ${what} is not ${wanted}, but ${kind}`)
}
