import type { DocName, Millis, Result } from '@quire/shared'

/**
 * What a session may do: see, see and comment, or change everything. `comment` changes no more of a document than `read`
 * does: clients are told of it, and what a comment is, is theirs.
 *
 * @example
 * ```ts
 * import type { Access } from '@quire/server'
 *
 * const accessOf: Record<'reader' | 'reviewer' | 'editor', Access> = {
 *   reader: 'read',
 *   reviewer: 'comment',
 *   editor: 'write',
 * }
 *
 * console.log(accessOf.reviewer)
 * ```
 */
export type Access = 'read' | 'comment' | 'write'

/**
 * Who a session is and what it may do.
 *
 * @example
 * ```ts
 * import type { Grant } from '@quire/server'
 *
 * // what an `Auth` gives somebody without a login
 * export const guest: Grant = {
 *   access: 'read',
 *   user: null,
 *   name: 'Guest',
 *   tokenId: null,
 *   issuedAt: null,
 *   isApplication: false,
 *   expiresAt: null,
 * }
 * ```
 */
export interface Grant {
  readonly access: Access
  /** The user's id, null for an anonymous one. */
  readonly user: string | null
  /** What people call the user, null where the login does not say. */
  readonly name: string | null
  /** The token's id (`jti`), null where it has none. */
  readonly tokenId: string | null
  /** When the login was issued, wall-clock time; null where it does not say. */
  readonly issuedAt: Millis | null
  /** True for an application's login: it may list, delete, restore and revoke what it may write. */
  readonly isApplication: boolean
  /** When the grant ends, wall-clock time; null where it does not. */
  readonly expiresAt: Millis | null
}

/**
 * What somebody may do who runs the server: `read` its figures and its page of operations; `write`: also end sessions,
 * fold documents, keep versions, export, and send again what could not be delivered.
 *
 * @example
 * ```ts
 * import type { OperationsGrant } from '@quire/server'
 *
 * // what an `Auth` gives the program that reads the figures
 * export const scraper: OperationsGrant = {
 *   access: 'read',
 *   user: null,
 *   name: 'Prometheus',
 *   tokenId: 'scraper-1',
 *   issuedAt: null,
 *   expiresAt: null,
 * }
 * ```
 */
export interface OperationsGrant extends Omit<Grant, 'access' | 'isApplication'> {
  readonly access: 'read' | 'write'
}

/**
 * Who asks to see or run the server: the token that came, and the request with it.
 *
 * @example
 * ```ts
 * import type { OperationsRequest } from '@quire/server'
 *
 * // true for a request from this machine itself
 * export const isLocal = ({ request }: OperationsRequest): boolean =>
 *   request?.address === '127.0.0.1' || request?.address === '::1'
 * ```
 */
export type OperationsRequest = Omit<AccessRequest, 'document'>

/**
 * The part of a grant that a token is to be made for.
 *
 * @example
 * ```ts
 * import type { Grant, GrantPart } from '@quire/server'
 *
 * // what a token is to be made for that lets the same user read, for as long
 * export const toRead = ({ user, expiresAt }: Grant): GrantPart => ({
 *   access: 'read',
 *   user,
 *   expiresAt,
 * })
 * ```
 */
export type GrantPart = Pick<Grant, 'access' | 'user' | 'expiresAt'>

/**
 * Why a session is not let in: it has no valid login, or one that does not grant this; or nobody can say so right
 * now (`tryAgainLater`: whoever comes back may be let in), or ever (`internalError`: a bug, which was reported).
 *
 * @example
 * ```ts
 * import type { Auth, Denial } from '@quire/server'
 *
 * const moving: Denial = { kind: 'tryAgainLater', message: 'logins are moving, come back soon' }
 * const denied = () => Promise.resolve({ ok: false, error: moving } as const)
 *
 * export const closed: Auth = {
 *   needsToken: true,
 *   authorize: denied,
 *   authorizeAll: denied,
 *   issue: denied,
 * }
 * ```
 */
export interface Denial {
  readonly kind: 'unauthorized' | 'forbidden' | 'tryAgainLater' | 'internalError'
  readonly message: string
}

/**
 * What is known of the HTTP request that a client came with.
 *
 * @example
 * ```ts
 * import type { RequestFacts } from '@quire/server'
 *
 * // the value of the cookie `session`, null where the client has none
 * export const sessionOf = ({ headers }: RequestFacts): string | null =>
 *   /(?:^|; )session=([^;]*)/.exec(headers.get('cookie') ?? '')?.[1] ?? null
 * ```
 */
export interface RequestFacts {
  /** Path and query as the client wrote them, without its token. */
  readonly url: string
  /** Its fields: cookies, for one. Of a repeated field the values, joined as in RFC 9110 §5.3. */
  readonly headers: Pick<Headers, 'get' | 'has'>
  /** The client's IP address, behind whatever trusted proxies; '' where there is none. */
  readonly address: string
}

/**
 * What is asked for: a document, and whatever token the client gave in its family's way.
 *
 * @example
 * ```ts
 * import type { AccessRequest } from '@quire/server'
 *
 * // true where an `Auth` may let somebody read who has not logged in
 * export const isForGuests = ({ document, token }: AccessRequest): boolean =>
 *   token === null && document.startsWith('public/')
 * ```
 */
export interface AccessRequest {
  readonly document: DocName
  readonly token: string | null
  /** What the client came with; absent where `readsRequests` is not set, or nobody came. */
  readonly request?: RequestFacts | undefined
}

/**
 * What is asked for: all documents whose names begin so.
 *
 * @example
 * ```ts
 * import type { PrefixRequest } from '@quire/server'
 *
 * // true where all documents that are asked for are public ones: `pub` begins other names, too
 * export const isForGuests = ({ prefix, token }: PrefixRequest): boolean =>
 *   token === null && prefix.startsWith('public/')
 * ```
 */
export interface PrefixRequest extends Omit<AccessRequest, 'document'> {
  readonly prefix: string
}

/**
 * How far the clocks of those who make logins and of this server may be apart, milliseconds: machines that ask a time
 * server differ by less than 1 s. A login that was issued up to that much later than now is taken, and a revocation
 * is meant for it: else one by a clock that is fast could not be taken back.
 */
export const CLOCK_TOLERANCE_MS = 5_000

/**
 * Decides who may open what. Must not throw.
 *
 * @example
 * ```ts
 * import { jwtAuth, type Auth } from '@quire/server'
 *
 * const tokens = jwtAuth({ secret: process.env['QUIRE_JWT_SECRET'] ?? '' })
 *
 * // checks tokens, and says who was not let in
 * export const auth: Auth = {
 *   ...tokens,
 *   async authorize(request) {
 *     const answer = await tokens.authorize(request)
 *     if (!answer.ok) console.warn(request.document, answer.error.kind)
 *     return answer
 *   },
 * }
 * ```
 */
export interface Auth {
  /** False where nobody needs a token: clients that say theirs later are not waited for. */
  readonly needsToken: boolean
  /** True where it looks at requests; of others' clients none is kept. */
  readonly readsRequests?: boolean
  authorize(request: AccessRequest): Promise<Result<Grant, Denial>>
  /**
   * What a login may do with every document whose name begins with `prefix`, '' being all of them; denied
   * where there may be one that it may do nothing with.
   */
  authorizeAll(request: PrefixRequest): Promise<Result<Grant, Denial>>
  /**
   * A token with which `authorize` gives this grant for this document; null where none is needed for it.
   * Asked for by whoever has `request.token`, and never for more or longer than `authorize` gives for that;
   * denied where that may not speak for `part.user`, null being whoever asks.
   */
  issue(request: AccessRequest, part: GrantPart): Promise<Result<string | null, Denial>>
  /** Who may see how the server is, and run it; absent: nobody. */
  authorizeOperations?(request: OperationsRequest): Promise<Result<OperationsGrant, Denial>>
}
