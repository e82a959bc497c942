/*
 * What logins may not do any more, whatever their tokens say: in memory, so that every login is held to it, and
 * stored first, so that it outlives the process. A login meets few of them, which are found by the token's id, the
 * user, or the names that cover the document:
 *
 *     document "a/b"     a/b   *   a*   a/*   a/b*
 */
import { err, ok, type DocName, type Millis, type Result } from '@quire/shared'
import { CLOCK_TOLERANCE_MS, type Access, type Grant, type OperationsGrant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Revocation, Revocations, StorageProblem } from '../ports/storage.ts'
import type { NoRoom } from './documents.ts'

/** Revocations that are kept: some 50 MB of memory, and a login looks at few of them. */
export const MAX_REVOCATIONS = 100_000

/** Whom a revocation is for: who meets all that is given. */
export interface RevocationScope {
  readonly user?: string | null
  /** A name, or a prefix and `*`. */
  readonly document?: string | null
  /** A token's id. */
  readonly token?: string | null
}

/** What is to be revoked. */
export interface RevocationRequest extends RevocationScope {
  readonly access: Revocation['access']
  /** Only of logins that were issued by then, give or take `CLOCK_TOLERANCE_MS`; absent: by now. */
  readonly at?: Millis
  /** Who was lowered while it held is so until its next login. */
  readonly until?: Millis | null
}

/** The revocations of one server. */
export class RevocationList {
  readonly #storage: Revocations
  readonly #clock: Clock
  readonly #known = new Map<number, Revocation>()
  /** What the logins gave that lowered grants are left of. */
  readonly #logins = new WeakMap<Grant, Grant>()
  readonly #byKey = new Map<string, Set<Revocation>>()
  /** Lengths of the prefixes that there are, or have been. */
  readonly #lengths = new Set<number>()

  constructor(options: { readonly storage: Revocations; readonly clock: Clock }) {
    this.#storage = options.storage
    this.#clock = options.clock
  }

  /** Reads what is stored; to be awaited before anybody is let in. */
  async load(): Promise<Result<void, StorageProblem>> {
    const stored = await this.#storage.revocations(this.#clock.wall())
    if (!stored.ok) return stored
    for (const revocation of stored.value) this.#add(revocation)
    return ok(undefined)
  }

  /** Stores a revocation; it holds for every login that is decided from then on. */
  async revoke(request: RevocationRequest): Promise<Result<Revocation, StorageProblem>> {
    const { user = null, document = null, token = null, access, until = null } = request
    if (this.#known.size >= MAX_REVOCATIONS) this.#dropEnded()
    if (this.#known.size >= MAX_REVOCATIONS)
      return err({
        kind: 'full',
        message: `there are ${MAX_REVOCATIONS} revocations, which is the limit`,
      })
    const at = request.at ?? this.#clock.wall()
    const stored = await this.#storage.revoke({ user, document, token, access, at, until })
    if (stored.ok) this.#add(stored.value)
    return stored
  }

  /** Takes one back; false where there is none. */
  async unrevoke(id: number): Promise<Result<boolean, StorageProblem>> {
    const stored = await this.#storage.unrevoke(id)
    if (stored.ok) this.#remove(id)
    return stored
  }

  /** Those that have not ended, the newest last. */
  all(): readonly Revocation[] {
    this.#dropEnded()
    return [...this.#known.values()]
  }

  /** What the login gave that this grant is left of. */
  loginOf(grant: Grant): Grant {
    return this.#logins.get(grant) ?? grant
  }

  /** What is left by now of a grant that was decided on earlier: its login may have ended, or been taken back. */
  still(document: DocName, grant: Grant): Result<Grant, NoRoom> {
    const login = this.loginOf(grant)
    if (login.expiresAt !== null && login.expiresAt <= this.#clock.wall())
      return err({ close: 'unauthorized', reason: 'the login has expired' })
    return this.cap(document, login)
  }

  /** What is left of a grant for a document. */
  cap(document: DocName, grant: Grant): Result<Grant, NoRoom> {
    if (this.#known.size === 0) return ok(grant)
    const keys = [documentKey(document), ...ownKeys(grant)]
    for (const length of this.#lengths)
      if (length <= document.length) keys.push(documentKey(`${document.slice(0, length)}*`))
    const met = keys.flatMap((key) => Array.from(this.#byKey.get(key) ?? []))
    return this.#lowered(
      grant,
      met.filter((revocation) => covers(revocation.document, document)),
    )
  }

  /** What is left of a grant for all documents whose names begin so: that of the one with the least. */
  capAll(prefix: string, grant: Grant): Result<Grant, NoRoom> {
    const met = [...this.#known.values()].filter(({ document }) => touches(document, prefix))
    return this.#lowered(grant, met)
  }

  /**
   * What is left of a grant to see or run the server: the revocations of its user or its token hold for it that are not of
   * some documents alone. Who may only comment may only read there.
   */
  capOperations(grant: OperationsGrant): Result<OperationsGrant, NoRoom> {
    const met = ownKeys(grant).flatMap((key) => Array.from(this.#byKey.get(key) ?? []))
    const left = this.#left(
      { ...grant, isApplication: false },
      met.filter(({ document }) => document === null || document === '*'),
    )
    if (left === 'none') return err(REVOKED)
    return ok({ ...grant, access: left === 'write' ? 'write' : 'read' })
  }

  #lowered(grant: Grant, met: readonly Revocation[]): Result<Grant, NoRoom> {
    const left = this.#left(grant, met)
    if (left === 'none') return err(REVOKED)
    if (left === grant.access) return ok(grant)
    const lowered = { ...grant, access: left }
    this.#logins.set(lowered, grant)
    return ok(lowered)
  }

  #left(grant: Grant, met: readonly Revocation[]): Access | 'none' {
    const now = this.#clock.wall()
    let left: Access | 'none' = grant.access
    for (const revocation of met)
      if (isInForce(revocation, now) && isMeant(revocation, grant))
        left = lesser(left, revocation.access)
    return left
  }

  #add(revocation: Revocation): void {
    this.#known.set(revocation.id, revocation)
    const pattern = revocation.document ?? '*'
    if (pattern.endsWith('*')) this.#lengths.add(pattern.length - 1)
    const key = keyOf(revocation)
    const others = this.#byKey.get(key)
    if (others === undefined) this.#byKey.set(key, new Set([revocation]))
    else others.add(revocation)
  }

  #remove(id: number): void {
    const revocation = this.#known.get(id)
    if (revocation === undefined) return
    this.#known.delete(id)
    const key = keyOf(revocation)
    const others = this.#byKey.get(key)
    others?.delete(revocation)
    if (others?.size === 0) this.#byKey.delete(key)
  }

  #dropEnded(): void {
    const now = this.#clock.wall()
    for (const [id, revocation] of this.#known) if (!isInForce(revocation, now)) this.#remove(id)
  }
}

const REVOKED: NoRoom = { close: 'forbidden', reason: 'this login was revoked' }

/** The lesser of what two allow. */
export const lesser = <A extends Access | 'none', B extends Access | 'none'>(a: A, b: B): A | B =>
  ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b

const ORDER: readonly (Access | 'none')[] = ['none', 'read', 'comment', 'write']

/** True if a pattern, a name or a prefix and `*`, covers a document; null covers all. */
export const covers = (pattern: string | null, document: DocName): boolean =>
  pattern === null ||
  (pattern.endsWith('*') ? document.startsWith(pattern.slice(0, -1)) : pattern === document)

/** True if a pattern covers a name that begins so. */
const touches = (pattern: string | null, prefix: string): boolean => {
  if (pattern === null) return true
  if (!pattern.endsWith('*')) return pattern.startsWith(prefix)
  const start = pattern.slice(0, -1)
  return start.startsWith(prefix) || prefix.startsWith(start)
}

const isInForce = ({ until }: Revocation, now: Millis): boolean => until === null || until > now

/**
 * Who it was issued to, under which id, and when. One of a document for everybody is not of applications: it would
 * take from them what lists, exports and ends it.
 */
export const isMeant = ({ user, token, at }: Revocation, grant: Grant): boolean =>
  (user !== null || token !== null || !grant.isApplication) &&
  (user === null || user === grant.user) &&
  (token === null || token === grant.tokenId) &&
  wasIssuedBy(grant, at)

/** True for a login that was issued by then, as the clock of whoever issued it has it. */
const wasIssuedBy = ({ issuedAt }: Grant, at: Millis): boolean =>
  (issuedAt ?? 0) <= at + CLOCK_TOLERANCE_MS

const documentKey = (pattern: string): string => `document ${pattern}`

/** Under what a revocation is found: what the fewest logins have in common. */
const keyOf = ({ token, user, document }: Revocation): string => {
  if (token !== null) return `token ${token}`
  return user === null ? documentKey(document ?? '*') : `user ${user}`
}

const ownKeys = ({ tokenId, user }: Pick<Grant, 'tokenId' | 'user'>): readonly string[] => [
  ...(tokenId === null ? [] : [`token ${tokenId}`]),
  ...(user === null ? [] : [`user ${user}`]),
]
