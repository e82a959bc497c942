/*
 * A function of the program that Quire is part of, as the judge of logins. What it answers is checked like
 * anything that comes from outside: an answer that says nothing clear lets nobody in, and is reported.
 */
import { err, type DocName, type Result } from '@quire/shared'
import type { Access, Auth, Denial, Grant, OperationsRequest, RequestFacts } from '../ports/auth.ts'
import { judged, readGrant, readOperations, type JudgeOptions } from './judged.ts'

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
 * Decides who may see the server's figures and run it. It is asked for each request. By the address alone it should not
 * decide: a page whose name somebody has pointed at this machine (DNS rebinding) comes from where its reader sits.
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

/**
 * An `Auth` that asks a function. Where it throws, or answers what cannot be read, the client is told of a failure
 * (`internalError`) and the event `bug` says what it was; where it does not answer in time, the client is to come back
 * (`tryAgainLater`). Of tokens it makes none: the program does.
 */
export const createAuthorizeAuth = (authorize: Authorize, options: JudgeOptions): Auth => {
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
  options: JudgeOptions,
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
