/*
 * What is counted of events. What happens with every keystroke is added up in plain numbers, and given to the counters
 * as they are read: a labelled counter costs as much as a commit's share of an update.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { assertNever, closeCodes } from '@quire/shared'
import type { Family, MeasuringEvent, QuireEvent, QuireEventKind } from '../ports/observe.ts'
import type { Transport } from '../ports/socket.ts'

/** From half a millisecond, which a commit takes on a good disk, to 10 s, after which nobody waits any more; seconds. */
const LATENCY_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

const FAMILIES: readonly Family[] = ['quire', 'y-websocket', 'hocuspocus', 'y-sweet', 'direct']

/** What could not be done with the storage, by the events that say so. */
const STORAGE_ERRORS = {
  'append-failed': 'append',
  'load-failed': 'load',
  'answer-failed': 'answer',
  'compact-failed': 'compact',
  'version-failed': 'version',
  'patch-failed': 'patch',
  'purge-failed': 'purge',
  'corrupt-update': 'decode',
} as const satisfies Partial<Record<QuireEventKind, string>>

/** The outbox of webhooks, which has no event of its own: a `webhook-failed` without an attempt. */
const OUTBOX = 'outbox'

/** Changes of one family, or their deliveries, since the counters were read. */
interface Sum {
  updates: number
  bytes: number
}

type Labels<L extends string> = Readonly<Record<L, string>>

/** Counts events for one registry. */
export class EventMetrics {
  readonly #registry: Registry
  readonly #sums = new Map<Family, Sum>(
    FAMILIES.map((family) => [family, { updates: 0, bytes: 0 }]),
  )
  readonly #delivered: Sum = { updates: 0, bytes: 0 }
  /** Sessions that are told of no updates until they have read. */
  readonly #slow = new Set<number>()
  readonly #updates
  readonly #updateBytes
  readonly #relay
  readonly #deliveries
  readonly #deliveredBytes
  readonly #commit
  readonly #committed
  readonly #committedBytes
  readonly #ack
  readonly #open
  readonly #sessions
  readonly #joins
  readonly #slowNow
  readonly #held
  readonly #resyncs
  readonly #compactions
  readonly #folded
  readonly #quarantined
  readonly #storageErrors
  readonly #denials
  readonly #refusals
  readonly #closes
  readonly #versions
  readonly #bugs
  readonly #failedRequests
  readonly #keyErrors
  readonly #webhooks
  readonly #droppedWebhooks

  constructor(registry: Registry) {
    this.#registry = registry
    this.#updates = this.#counter('updates_total', 'Updates that were accepted.', ['family'])
    this.#updateBytes = this.#counter(
      'update_bytes_total',
      'Bytes of updates that were accepted.',
      ['family'],
    )
    this.#relay = this.#latency(
      'relay_seconds',
      'From the acceptance of an update to its hand-over to the sockets of the others; of each write the oldest.',
    )
    this.#deliveries = this.#counter(
      'deliveries_total',
      'Writes of updates to sockets of others; one may hold several updates.',
    )
    this.#deliveredBytes = this.#counter(
      'delivered_bytes_total',
      'Bytes of updates that were handed to the sockets of others.',
    )
    this.#commit = this.#latency('commit_seconds', 'From the start of a commit to its end on disk.')
    this.#committed = this.#counter('committed_updates_total', 'Updates that are on disk.')
    this.#committedBytes = this.#counter(
      'committed_bytes_total',
      'Bytes of updates that are on disk.',
    )
    this.#ack = this.#latency(
      'ack_seconds',
      'From the acceptance of an update to its author being told that it is on disk; of each acknowledgement the oldest.',
    )
    this.#open = this.#latency('open_seconds', 'Time that documents took to open.')
    this.#sessions = new Gauge({
      name: 'quire_sessions',
      help: 'Sessions that are let in.',
      labelNames: ['family', 'transport'] as const,
      registers: [registry],
    })
    this.#joins = this.#counter('joins_total', 'Sessions that were let in.', [
      'family',
      'transport',
    ])
    this.#slowNow = new Gauge({
      name: 'quire_slow_sessions',
      help: 'Sessions that do not read as fast as others write, and get what they miss later.',
      registers: [registry],
    })
    this.#held = this.#counter('slow_sessions_total', 'Times that a session became a slow one.')
    this.#resyncs = this.#counter(
      'resyncs_total',
      'Times that a slow session had read, and was given what it had missed.',
    )
    this.#compactions = this.#counter('compactions_total', 'Times that a log was folded.')
    this.#folded = this.#counter('compacted_updates_total', 'Updates that were folded.')
    this.#quarantined = this.#counter(
      'quarantined_updates_total',
      'Updates that nothing could be folded with, and that were put aside.',
    )
    this.#storageErrors = this.#counter(
      'storage_errors_total',
      'What could not be done with what is stored.',
      ['operation'],
    )
    this.#denials = this.#counter('denials_total', 'Logins that were denied.', ['family', 'denial'])
    this.#refusals = this.#counter(
      'refusals_total',
      'Connections, handshakes and requests that found no place.',
      ['bound', 'of'],
    )
    this.#closes = this.#counter('closes_total', 'Sessions that the server closed.', ['close'])
    this.#versions = this.#counter('versions_total', 'Versions that were kept by themselves.')
    this.#bugs = this.#counter('bugs_total', 'Failures of the program itself.')
    this.#failedRequests = this.#counter(
      'failed_requests_total',
      'Requests that failed for a reason that is in the log.',
    )
    this.#keyErrors = this.#counter('key_errors_total', 'Times that login keys could not be read.')
    this.#webhooks = this.#counter(
      'webhooks_total',
      'Attempts to tell a target of an event, delivered or failed, and events that were given up (dead).',
      ['outcome'],
    )
    this.#droppedWebhooks = this.#counter(
      'dropped_webhooks_total',
      'Events for targets, and dead letters, that were dropped at a bound.',
    )
    // a series that begins with its first event has no rate for that event
    for (const family of FAMILIES) {
      this.#updates.inc({ family }, 0)
      this.#updateBytes.inc({ family }, 0)
    }
    for (const operation of [...Object.values(STORAGE_ERRORS), OUTBOX])
      this.#storageErrors.inc({ operation }, 0)
    for (const outcome of ['delivered', 'failed', 'dead']) this.#webhooks.inc({ outcome }, 0)
    for (const close of Object.keys(closeCodes)) this.#closes.inc({ close }, 0)
  }

  /** Takes note of an event. */
  event(event: QuireEvent): void {
    switch (event.kind) {
      case 'update-accepted':
      case 'relayed':
      case 'committed':
      case 'acknowledged':
        return this.#measure(event)
      case 'append-failed':
      case 'load-failed':
      case 'answer-failed':
      case 'compact-failed':
      case 'version-failed':
      case 'patch-failed':
      case 'purge-failed':
      case 'corrupt-update':
        return this.#storageErrors.inc({ operation: STORAGE_ERRORS[event.kind] })
      case 'room-opened':
        return this.#open.observe(event.loadMs / 1000)
      case 'session-joined':
        return this.#came(event)
      case 'session-left':
        this.#unslow(event.session)
        return this.#sessions.dec({ family: event.family, transport: event.transport })
      case 'session-held':
        this.#slow.add(event.session)
        this.#slowNow.set(this.#slow.size)
        return this.#held.inc()
      case 'session-resynced':
        this.#unslow(event.session)
        return this.#resyncs.inc()
      case 'compacted':
        this.#folded.inc(event.folded)
        return this.#compactions.inc()
      case 'quarantined':
        return this.#quarantined.inc(event.updates.length)
      case 'login-denied':
        return this.#denials.inc({ family: event.family, denial: event.denial })
      case 'newcomer-refused':
        return this.#refusals.inc({ bound: event.bound, of: event.of })
      case 'session-closed':
        return this.#closes.inc({ close: event.close })
      case 'version-kept':
        return this.#versions.inc()
      case 'bug':
        return this.#bugs.inc()
      case 'request-failed':
        return this.#failedRequests.inc()
      case 'keys-failed':
        return this.#keyErrors.inc()
      case 'webhook-delivered':
        return this.#webhooks.inc({ outcome: 'delivered' })
      case 'webhook-failed':
        return event.attempt === 0
          ? this.#storageErrors.inc({ operation: OUTBOX })
          : this.#webhooks.inc({ outcome: 'failed' })
      case 'webhook-dead':
        return this.#webhooks.inc({ outcome: 'dead' })
      case 'webhook-dropped':
        return this.#droppedWebhooks.inc(event.count)
      // what the log alone is for
      case 'append-recovered':
      case 'client-named':
      case 'drained':
      case 'draining':
      case 'events-left-out':
      case 'keys-recovered':
      case 'listening':
      case 'migrated':
      case 'migrating':
      case 'missing-dependencies':
      case 'patch-full':
      case 'patch-kept':
      case 'presence-ignored':
      case 'purged':
      case 'room-evicted':
      case 'tls-outdated':
      case 'tls-reload-failed':
      case 'tls-reloaded':
      case 'unknown-message':
        return
      default:
        return assertNever(event)
    }
  }

  /** Gives the counters what was added up. */
  collect(): void {
    for (const [family, sum] of this.#sums) {
      this.#updates.inc({ family }, sum.updates)
      this.#updateBytes.inc({ family }, sum.bytes)
      sum.updates = sum.bytes = 0
    }
    this.#deliveries.inc(this.#delivered.updates)
    this.#deliveredBytes.inc(this.#delivered.bytes)
    this.#delivered.updates = this.#delivered.bytes = 0
  }

  #measure(event: MeasuringEvent): void {
    switch (event.kind) {
      case 'update-accepted': {
        const sum = this.#sums.get(event.family)
        if (sum === undefined) return
        sum.updates++
        sum.bytes += event.bytes
        return
      }
      case 'relayed':
        this.#delivered.updates += event.recipients
        this.#delivered.bytes += event.deliveredBytes
        return this.#relay.observe(event.ms / 1000)
      case 'committed':
        this.#committed.inc(event.updates)
        this.#committedBytes.inc(event.bytes)
        return this.#commit.observe(event.ms / 1000)
      case 'acknowledged':
        return this.#ack.observe(event.ms / 1000)
    }
  }

  #came(who: { readonly family: Family; readonly transport: Transport }): void {
    const { family, transport } = who
    this.#sessions.inc({ family, transport })
    this.#joins.inc({ family, transport })
  }

  #unslow(session: number): void {
    if (this.#slow.delete(session)) this.#slowNow.set(this.#slow.size)
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) {
    const registers = [this.#registry]
    const counter = new Counter<L>({ name: `quire_${name}`, help, labelNames, registers })
    return {
      inc: (labels: Labels<L> | number = 1, by?: number): void =>
        typeof labels === 'number' ? counter.inc(labels) : counter.inc(labels, by),
    }
  }

  #latency(name: string, help: string): Histogram {
    const registers = [this.#registry]
    return new Histogram({ name: `quire_${name}`, help, buckets: LATENCY_BUCKETS, registers })
  }
}
