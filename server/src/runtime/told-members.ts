import type { DocName, Millis, SessionId } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Family, Observe } from '../ports/observe.ts'
import type { Transport } from '../ports/socket.ts'
import type { Session } from './session.ts'

interface Member {
  readonly family: Family
  readonly transport: Transport
  readonly since: Millis
}

/** The members of one room, as they were told of: who leaves is detached before, and is told of as it came. */
export class ToldMembers {
  readonly #document: DocName
  readonly #clock: Clock
  readonly #observe: Observe
  readonly #members = new Map<SessionId, Member>()

  constructor(
    document: DocName,
    { clock, observe }: { readonly clock: Clock; readonly observe: Observe },
  ) {
    this.#document = document
    this.#clock = clock
    this.#observe = observe
  }

  /** A session is in. */
  came({ id: session, dialect: { family }, socket }: Session): void {
    const { transport } = socket.wire
    this.#members.set(session, { family, transport, since: this.#clock.now() })
    const document = this.#document
    this.#observe.event({ kind: 'session-joined', document, session, family, transport })
  }

  /** A session has left; without effect if it was not in. */
  left(session: SessionId): void {
    const member = this.#members.get(session)
    if (member === undefined) return
    this.#members.delete(session)
    const { since, ...who } = member
    const ms = this.#clock.now() - since
    this.#observe.event({ kind: 'session-left', document: this.#document, session, ...who, ms })
  }

  /** All who are still in have left: the room has failed. */
  end(): void {
    for (const session of this.#members.keys()) this.left(session)
  }
}
