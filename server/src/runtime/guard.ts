/*
 * Who is here under which login, and what is left of it: logins are held to the revocations as they are decided, and
 * sessions that are here already as something is revoked. Both happen in one turn, so none slips between (R16).
 */
import type { DocName, Millis, Result, SessionId } from '@quire/shared'
import type { Access, Grant, OperationsGrant } from '../ports/auth.ts'
import type { Transport } from '../ports/socket.ts'
import type { Revocation, StorageProblem } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'
import type { NoRoom } from './documents.ts'
import {
  covers,
  isMeant,
  type RevocationList,
  type RevocationRequest,
  type RevocationScope,
} from './revocations.ts'

/** One connection to a document, as an operator sees it. */
export interface ConnectionFacts {
  readonly id: SessionId
  readonly user: string | null
  /** What people call the user, null where the login does not say. */
  readonly name: string | null
  readonly access: Access
  /** The words that it speaks. */
  readonly family: string
  /** The client's address, '' where there is none. */
  readonly address: string
  readonly transport: Transport
  /** When it was let in, wall-clock time. */
  readonly since: Millis
}

/** A session that was let in. */
export interface Guarded {
  readonly document: DocName
  /** As its login gives it, before anything is revoked of that. */
  readonly granted: Grant
  facts(): ConnectionFacts
  /** What is left of its login by now is what it may do from here on. */
  reapply(): void
  /** It is sent away for good. */
  dismiss(reason: string): void
}

/** What came of a revocation. */
export interface Revoked {
  readonly revocation: Revocation
  /** Sessions that were here and are meant. */
  readonly sessions: number
}

/** Hears who comes and goes. It must not throw. */
export interface SessionWatcher {
  entered(session: Guarded): void
  left(session: Guarded): void
}

/** Guards the sessions of one server. */
export class Guard {
  readonly #revocations: RevocationList
  readonly #sessions = new Map<SessionId, Guarded>()
  #watcher: SessionWatcher | null = null
  readonly #listeners = new Set<() => void>()

  constructor(revocations: RevocationList) {
    this.#revocations = revocations
  }

  /** Reads the revocations; to be awaited before anybody is let in. */
  load(): Promise<Result<void, StorageProblem>> {
    return this.#revocations.load()
  }

  /** What is left of a login for a document. */
  cap(document: DocName, login: Grant): Result<Grant, NoRoom> {
    return this.#revocations.cap(document, login)
  }

  /** What is left by now of a grant that was decided on earlier: its login may have ended, or been taken back. */
  still(document: DocName, grant: Grant): Result<Grant, NoRoom> {
    return this.#revocations.still(document, grant)
  }

  /** What the login gave that this grant is left of. */
  loginOf(grant: Grant): Grant {
    return this.#revocations.loginOf(grant)
  }

  /** What is left of a login for all documents whose names begin so. */
  capAll(prefix: string, login: Grant): Result<Grant, NoRoom> {
    return this.#revocations.capAll(prefix, login)
  }

  /** What is left of a login to see or run the server. */
  capOperations(login: OperationsGrant): Result<OperationsGrant, NoRoom> {
    return this.#revocations.capOperations(login)
  }

  /** A session is let in; undone as it leaves. */
  enter(id: SessionId, session: Guarded): Undo {
    this.#sessions.set(id, session)
    this.#watcher?.entered(session)
    return () => {
      if (this.#sessions.delete(id)) this.#watcher?.left(session)
    }
  }

  /** Has somebody hear who comes and goes, from here on. */
  watch(watcher: SessionWatcher): void {
    this.#watcher = watcher
  }

  /**
   * Revokes something for good: it is stored, holds for every login from then on, and is applied to the sessions
   * that are here in the same turn. Those that may do less go on, those that may do nothing are closed `forbidden`.
   */
  async revoke(request: RevocationRequest): Promise<Result<Revoked, StorageProblem>> {
    const stored = await this.#revocations.revoke(request)
    if (!stored.ok) return stored
    const { value: revocation } = stored
    const meant = this.#meant(revocation).filter(({ granted }) => isMeant(revocation, granted))
    for (const session of meant) session.reapply()
    for (const listener of this.#listeners) listener()
    return { ok: true, value: { revocation, sessions: meant.length } }
  }

  /** Takes a revocation back: those who are here may do at once what their logins give them. False: there is none. */
  async unrevoke(id: number): Promise<Result<boolean, StorageProblem>> {
    const stored = await this.#revocations.unrevoke(id)
    if (stored.ok) for (const session of this.#meant({})) session.reapply()
    return stored
  }

  /** Calls a listener in the turn in which something is revoked, until undone. */
  onChange(listener: () => void): Undo {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sends those away whose login has a problem, for good; null is none. */
  dismissWhere(problemOf: (granted: Grant) => string | null): void {
    for (const session of this.#sessions.values()) {
      const problem = problemOf(session.granted)
      if (problem !== null) session.dismiss(problem)
    }
  }

  /** Revocations that have not ended, the newest last. */
  revocations(): readonly Revocation[] {
    return this.#revocations.all()
  }

  /** The connections to a document, in the order in which they came. */
  connections(document: DocName): readonly ConnectionFacts[] {
    return [...this.#sessions.values()]
      .filter((session) => session.document === document)
      .map((session) => session.facts())
  }

  /**
   * Ends a connection for good: `forbidden`, as a client that is to come back would do so at once. Its user may come
   * back with a new page; whoever is to stay away is revoked. False: there is no such connection.
   */
  kick(document: DocName, id: SessionId): boolean {
    const session = this.#sessions.get(id)
    if (session?.document !== document) return false
    session.dismiss('this connection was ended by whoever runs the server')
    return true
  }

  #meant({ user = null, document = null, token = null }: RevocationScope): readonly Guarded[] {
    return [...this.#sessions.values()].filter(
      (session) =>
        covers(document, session.document) &&
        (user === null || session.granted.user === user) &&
        (token === null || session.granted.tokenId === token),
    )
  }
}
