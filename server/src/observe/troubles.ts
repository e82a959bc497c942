/*
 * What an operator may have to look at, of all that happens: who was refused, who had no right, and what failed. The
 * newest are kept. A flood of the same is one entry that counts.
 */
import type { CloseName, OperationsTrouble } from '@quire/shared'
import { TROUBLES_KEPT } from '@quire/shared'
import type { QuireEvent } from '../ports/observe.ts'
import { redacted } from './redacted.ts'

/** The same again within this time is counted with the last one, milliseconds. */
const ONE_GO_MS = 60_000

/** Longest reason that is kept, UTF-16 units. */
const REASON_LENGTH = 500

type Told = Pick<OperationsTrouble, 'kind' | 'document' | 'reason'>

/** What was kept, and how many there were of each kind. */
export class Troubles {
  readonly counts = { refusal: 0, denial: 0, error: 0 }
  #kept: readonly OperationsTrouble[] = []
  #nextId = 1

  /** The newest last. */
  get kept(): readonly OperationsTrouble[] {
    return this.#kept
  }

  /** Takes note of an event, where it is one of these; `at` is wall-clock time. */
  take(event: QuireEvent, at: number): void {
    const told = troubleOf(event)
    if (told === null) return
    this.counts[told.kind]++
    const reason = redacted(told.reason).slice(0, REASON_LENGTH)
    const same = this.#kept.find(
      (one) =>
        one.event === event.kind &&
        one.reason === reason &&
        one.document === told.document &&
        at - one.at < ONE_GO_MS,
    )
    const entry = { ...told, reason, event: event.kind, at, id: this.#nextId++ }
    const others = same === undefined ? this.#kept : this.#kept.filter((one) => one !== same)
    const times = (same?.times ?? 0) + 1
    this.#kept = [...others, { ...entry, times }].slice(-TROUBLES_KEPT)
  }
}

/** Those who are sent away with these did nothing wrong, and nor did the server. */
const NO_TROUBLE: ReadonlySet<CloseName> = new Set(['normal', 'goingAway', 'serviceRestart'])

const DENIALS: ReadonlySet<CloseName> = new Set(['unauthorized', 'forbidden'])

const error = (document: string | null, reason: string): Told => ({
  kind: 'error',
  document,
  reason,
})

/** What it is to an operator; null for nothing. */
const troubleOf = (event: QuireEvent): Told | null => {
  switch (event.kind) {
    case 'session-closed': {
      const { document, close, reason } = event
      if (NO_TROUBLE.has(close)) return null
      return { kind: DENIALS.has(close) ? 'denial' : 'refusal', document, reason }
    }
    case 'login-denied': {
      const { family, document, denial } = event
      // the sessions of others say why as they are closed
      if (family !== 'api') return null
      return { kind: 'denial', document, reason: `a request of the API was ${SAID[denial]}` }
    }
    case 'newcomer-refused': {
      const { bound, of, limit, address } = event
      const whose = of === 'server' ? 'the server' : address
      const what = bound.replaceAll('-', ' ')
      return { kind: 'refusal', document: null, reason: `${whose} is at its ${limit} ${what}` }
    }
    case 'patch-full':
      return { kind: 'refusal', document: event.document, reason: 'what was denied was not kept' }
    case 'load-failed':
    case 'append-failed':
    case 'version-failed':
    case 'patch-failed':
    case 'compact-failed':
    case 'answer-failed':
    case 'corrupt-update':
      return error(event.document, event.problem)
    case 'quarantined':
      return error(event.document, `${event.updates.length} updates taken out: ${event.problem}`)
    case 'bug':
      return error(event.document, event.error.message)
    case 'request-failed':
    case 'purge-failed':
    case 'keys-failed':
    case 'tls-outdated':
    case 'tls-reload-failed':
      return error(null, event.problem)
    default:
      return null
  }
}

const SAID = {
  unauthorized: 'without a valid login',
  forbidden: 'not allowed by its login',
  tryAgainLater: 'not decided: logins cannot be checked now',
  internalError: 'not decided: the check failed',
} as const
