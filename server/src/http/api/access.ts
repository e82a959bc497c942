/* Who asks the API for what: the login of a request, what it needs, and how often it may ask. */
import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { millis, parseDocName, type DocName } from '@quire/shared'
import { CLOCK_TOLERANCE_MS, type Grant, type OperationsGrant } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Documents, NoRoom } from '../../runtime/documents.ts'
import { GroupRate } from '../../runtime/group-rate.ts'
import { requestFacts } from '../request-facts.ts'
import type { WebSocketEdge } from '../../edges/websocket/web-socket-edge.ts'
import { tokenOf } from '../token.ts'
import type { ApiEnv, Need } from './operation.ts'
import { Problem, roomProblem } from './problem.ts'

/** The window of the rate of a login, milliseconds. */
const WINDOW_MS = 60_000

/** Logins whose rates are remembered; of more, who has asked nothing for longest begins anew. */
const REMEMBERED = 10_000

/** What logins of the API are checked with. */
export interface AccessOptions {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly clock: Clock
  /** Requests of one login in a minute. */
  readonly maxApiRequestsPerMinute: number
}

/** Checks what requests may do. */
export class Access {
  readonly #options: AccessOptions
  readonly #rate: GroupRate

  constructor(options: AccessOptions) {
    this.#options = options
    this.#rate = new GroupRate({
      perWindow: options.maxApiRequestsPerMinute,
      windowMs: WINDOW_MS,
      groups: REMEMBERED,
    })
  }

  /** The login of a request for one document. */
  async toDocument(c: Context<ApiEnv>, document: DocName, need: Need): Promise<Grant> {
    const { token, request } = this.#given(c)
    const grant = await this.#options.documents.login(document, token, request)
    if (!grant.ok) throw this.#denied(document, grant.error)
    this.#count(c, grant.value, token)
    return sufficient(grant.value, need)
  }

  /** The login of a request for all documents whose names begin so. */
  async toAll(c: Context<ApiEnv>, prefix: string, need: Need): Promise<Grant> {
    const { token, request } = this.#given(c)
    const grant = await this.#options.documents.loginAll(prefix, token, request)
    if (!grant.ok) throw this.#denied(null, grant.error)
    this.#count(c, grant.value, token)
    return sufficient(grant.value, need)
  }

  /**
   * Refuses a token that is none, before it is known what it is for. Where no token is needed nothing can be said: what
   * is looked at there may depend on the document.
   */
  async toAnything(c: Context<ApiEnv>): Promise<void> {
    const { documents } = this.#options
    if (!documents.needsToken) return
    const { token, request } = this.#given(c)
    const grant = await documents.loginAll('', token, request)
    if (!grant.ok && grant.error.close !== 'forbidden') throw this.#denied(null, grant.error)
  }

  /** The login of a request for a document of this name, or all whose names begin as before its `*`. */
  toPattern(c: Context<ApiEnv>, pattern: string, need: Need): Promise<Grant> {
    if (pattern.endsWith('*')) return this.toAll(c, pattern.slice(0, -1), need)
    const name = parseDocName(pattern)
    if (!name.ok) throw new Problem('bad-request', name.error.message)
    return this.toDocument(c, name.value, need)
  }

  /** Why a login that might write a document when its request began may not any more; null where it may. */
  lost(grant: Grant, document: DocName): string | null {
    const left = this.#options.documents.guard.still(document, grant)
    if (!left.ok) return left.error.reason
    return left.value.access === 'write'
      ? null
      : `this login was revoked but for its ${left.value.access} access`
  }

  /**
   * The login of a request to see or run the server. It is asked with what the request came with, also where documents
   * go by the token alone, and counts to no rate: whoever reads figures every few seconds is to go on seeing them.
   */
  async toOperations(
    c: Context<ApiEnv>,
    need: OperationsGrant['access'],
  ): Promise<OperationsGrant> {
    const { documents, edge } = this.#options
    const grant = await documents.loginOperations(tokenOf(c), requestFacts(c, edge))
    if (!grant.ok) throw this.#denied(null, grant.error)
    if (need === 'write' && grant.value.access !== 'write')
      throw this.#denied(null, {
        close: 'forbidden',
        reason: 'this login may look at the server and not run it',
      })
    return grant.value
  }

  #denied(document: DocName | null, problem: NoRoom): Problem {
    this.#options.documents.tellDenied({ document, family: 'api' }, problem)
    return roomProblem(problem)
  }

  #given(c: Context<ApiEnv>) {
    const { documents, edge } = this.#options
    const request = documents.readsRequests ? requestFacts(c, edge) : undefined
    return { token: tokenOf(c), request }
  }

  /** Each login has its own rate, which each answer tells that is counted (draft-ietf-httpapi-ratelimit-headers-10). */
  #count(c: Context<ApiEnv>, grant: Grant, token: string | null): void {
    const { clock, maxApiRequestsPerMinute } = this.#options
    const now = clock.now()
    const group = this.#groupOf(c, grant, token)
    if (group === null) return
    const turn = this.#rate.take(group, now)
    const { left, waitMs } = this.#rate.left(group, now)
    c.header('RateLimit-Policy', `"login";q=${maxApiRequestsPerMinute};w=${WINDOW_MS / 1000}`)
    c.header('RateLimit', `"login";r=${left};t=${Math.ceil(waitMs / 1000)}`)
    if (turn.ok) return
    const detail = `more than ${maxApiRequestsPerMinute} requests of this login in a minute`
    throw new Problem('too-many', detail, { retrySeconds: Math.ceil(turn.error.waitMs / 1000) })
  }

  /**
   * Who counts as one; null for nobody. Where no token is needed one says nothing: whoever made up another one each time would
   * be somebody else each time.
   */
  #groupOf(
    c: Context<ApiEnv>,
    { user, tokenId, isApplication }: Grant,
    token: string | null,
  ): string | null {
    const { documents, edge } = this.#options
    if (user !== null) return `user ${user}`
    // tokens that are made with an application's have its id
    const isItsOwn = isApplication || !documents.needsToken
    if (tokenId !== null && isItsOwn) return `token ${tokenId}`
    if (documents.needsToken && token !== null) return `token ${fingerprint(token)}`
    const { addressGroup } = edge.clientOf(c.env.incoming)
    return addressGroup === null ? null : `address ${addressGroup}`
  }
}

/** Nothing of a token is kept as it came. */
const fingerprint = (token: string): string => createHash('sha256').update(token).digest('base64')

const sufficient = (grant: Grant, need: Need): Grant => {
  if (need !== 'read' && grant.access !== 'write')
    throw new Problem('forbidden', 'this login may not change the document')
  if (need === 'application' && !grant.isApplication)
    throw new Problem('forbidden', 'this needs the login of an application: a token without sub')
  return grant
}

/**
 * The login of who runs the server as a grant for any document. No revocation of access to documents is meant: what is
 * left of it was decided on its own.
 */
export const operatorGrant = (login: OperationsGrant, clock: Clock): Grant => ({
  ...login,
  tokenId: null,
  issuedAt: millis(clock.wall() + CLOCK_TOLERANCE_MS + 1),
  isApplication: true,
})
