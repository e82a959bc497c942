/*
 * What an operator may have to look at, of all that happens: who was refused, who had no right, and what failed. The
 * newest are kept. A flood of the same is one entry that counts.
 */
import type { CloseName, OperationsTrouble } from '@quire/shared'
import { TROUBLES_KEPT } from '@quire/shared'
import type { QuireEvent, QuireEventKind } from '../ports/observe.ts'
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

const ofDocument = (event: { readonly document: string; readonly problem: string }): Told =>
  error(event.document, event.problem)

const ofServer = ({ problem }: { readonly problem: string }): Told => error(null, problem)

type TellOf<K extends QuireEventKind> = (event: Extract<QuireEvent, { kind: K }>) => Told | null

/** What events are to an operator; those that are not here are nothing to him, and null is no trouble. */
const TROUBLES: { readonly [K in QuireEventKind]?: TellOf<K> } = {
  'session-closed': ({ document, close, reason }) => {
    if (NO_TROUBLE.has(close)) return null
    return { kind: DENIALS.has(close) ? 'denial' : 'refusal', document, reason }
  },
  'login-denied': ({ family, document, denial }) =>
    // the sessions of others say why as they are closed
    family === 'api'
      ? { kind: 'denial', document, reason: `a request of the API was ${SAID[denial]}` }
      : null,
  'newcomer-refused': ({ bound, of, limit, address }) => {
    const whose = of === 'server' ? 'the server' : address
    const what = bound.replaceAll('-', ' ')
    return { kind: 'refusal', document: null, reason: `${whose} is at its ${limit} ${what}` }
  },
  'patch-full': ({ document }) => ({
    kind: 'refusal',
    document,
    reason: 'what was denied was not kept',
  }),
  quarantined: ({ document, updates, problem }) =>
    error(document, `${updates.length} updates taken out: ${problem}`),
  bug: ({ document, error: { message } }) => error(document, message),
  'load-failed': ofDocument,
  'append-failed': ofDocument,
  'version-failed': ofDocument,
  'patch-failed': ofDocument,
  'compact-failed': ofDocument,
  'answer-failed': ofDocument,
  'corrupt-update': ofDocument,
  'webhook-dead': ({ host, problem }) => error(null, `webhook of ${host} given up: ${problem}`),
  'webhook-dropped': ({ count }) =>
    error(null, `${count} deliveries of webhooks were dropped at a bound`),
  'request-failed': ofServer,
  'purge-failed': ofServer,
  'keys-failed': ofServer,
  'tls-outdated': ofServer,
  'tls-reload-failed': ofServer,
}

const troubleOf = (event: QuireEvent): Told | null => {
  const tell = TROUBLES[event.kind] as ((one: QuireEvent) => Told | null) | undefined // by its kind
  return tell?.(event) ?? null
}

const SAID = {
  unauthorized: 'without a valid login',
  forbidden: 'not allowed by its login',
  tryAgainLater: 'not decided: logins cannot be checked now',
  internalError: 'not decided: the check failed',
} as const
