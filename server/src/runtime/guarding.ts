import type { DocName, Millis } from '@quire/shared'
import type { Grant } from '../ports/auth.ts'
import type { Undo } from '../ports/undo.ts'
import type { ConnectionFacts, Guard, Guarded } from './guard.ts'
import type { Membership } from './membership.ts'
import type { Session } from './session.ts'

/** A membership that is to be under the guard. */
export interface GuardingOptions {
  readonly document: DocName
  readonly session: Session
  readonly membership: Membership
  /** What the login gave, before anything was revoked of it. */
  readonly login: Grant
  /** When it was let in, wall-clock time. */
  readonly since: Millis
  readonly guard: Guard
  /** Sends the session away for good, at once. */
  readonly dismiss: (reason: string) => void
}

/** A membership under the guard, from its join to its end. */
export class Guarding implements Guarded {
  readonly #options: GuardingOptions
  readonly #undo: Undo
  #granted: Grant

  constructor(options: GuardingOptions) {
    this.#options = options
    this.#granted = options.login
    this.#undo = options.guard.enter(options.session.id, this)
  }

  get document(): DocName {
    return this.#options.document
  }

  get granted(): Grant {
    return this.#granted
  }

  /** Another login was said: this is what it gives, before anything is revoked of it. */
  renew(login: Grant): void {
    this.#granted = login
  }

  facts(): ConnectionFacts {
    const { session, membership, since } = this.#options
    const { id, dialect, socket } = session
    const { user, name, access } = membership.grant
    const { address, wire } = socket
    const { transport } = wire
    return { id, user, name, access, family: dialect.name, address, transport, since }
  }

  reapply(): void {
    const { guard, document, membership, dismiss } = this.#options
    const left = guard.cap(document, this.#granted)
    if (!left.ok) return dismiss(left.error.reason)
    // who says another login is not heard until that is decided, and is held to it then
    if (left.value.access !== membership.grant.access) membership.lower(left.value)
  }

  dismiss(reason: string): void {
    this.#options.dismiss(reason)
  }

  /** It has left. Safe to call twice. */
  end(): void {
    this.#undo()
  }
}
