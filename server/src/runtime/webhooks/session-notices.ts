/*
 * Who has come and who has left, until it is written. It hangs on no commit, so a crash loses what is here; and a crowd
 * that comes back must not be held in memory: what is too much is counted.
 */
import type { Clock } from '../../ports/clock.ts'
import type { OutboxKind, SessionNotice } from '../../ports/outbox.ts'
import type { Guarded } from '../guard.ts'

/** Notices that wait for the next write, half a second away. */
const MOST = 10_000

/** Takes notes of sessions. */
export class SessionNotices {
  readonly #clock: Clock
  readonly #kinds: ReadonlySet<OutboxKind>
  #notices: SessionNotice[] = []
  #dropped = 0

  constructor(clock: Clock, kinds: readonly OutboxKind[]) {
    this.#clock = clock
    this.#kinds = new Set(kinds)
  }

  /** A session has been let in. */
  entered(session: Guarded): void {
    this.#note('session.joined', session)
  }

  /** A session has gone. */
  left(session: Guarded): void {
    this.#note('session.left', session)
  }

  /** What has come since, which is no more its own. */
  take(): readonly SessionNotice[] {
    const taken = this.#notices
    this.#notices = []
    return taken
  }

  /** Puts back what could not be written. */
  putBack(notices: readonly SessionNotice[]): void {
    const all = [...notices, ...this.#notices]
    this.#notices = all.slice(0, MOST)
    this.#dropped += all.length - this.#notices.length
  }

  /** How many were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  #note(kind: SessionNotice['kind'], session: Guarded): void {
    if (!this.#kinds.has(kind)) return
    const { id, user, family, transport, since } = session.facts()
    if (transport === 'direct') return // the server itself, for a request or its host
    if (this.#notices.length >= MOST) {
      this.#dropped++
      return
    }
    const at = this.#clock.wall()
    const { document } = session
    const told = { document, session: id, user, family, transport }
    const data = kind === 'session.left' ? { ...told, ms: Math.max(0, at - since) } : told
    this.#notices.push({ kind, document, at, data })
  }
}
