/*
 * What the page of operations shows, gathered from events: counters that are read and begun anew every two seconds,
 * and a few short lists. Whether somebody looks or not, an event costs a few additions; what is counted by document
 * is counted only while somebody looks.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import {
  SAMPLES_KEPT,
  type DocName,
  type OperationsSample,
  type OperationsTrouble,
  type SessionCount,
  type SlowReader,
} from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Family, MeasuringEvent, Observe, QuireEvent } from '../ports/observe.ts'
import type { Transport } from '../ports/socket.ts'
import { Troubles } from './troubles.ts'

/** What is not told by events, as of the moment of a sample. */
export type MeasuredFigures = Pick<
  OperationsSample,
  | 'documents'
  | 'sessions'
  | 'unsavedBytes'
  | 'unsavedMs'
  | 'queuedBytes'
  | 'rssBytes'
  | 'heapBytes'
  | 'loopP99'
  | 'loopMax'
  | 'cpu'
>

/** Changes of a document since the sample before. */
export interface Activity {
  readonly updates: number
  readonly bytes: number
}

/** Slow readers that are told of; a server with more has another problem, which the figures show. */
const SLOW_KEPT = 100

/** Gathers events. */
export class OperationsFeed implements Observe {
  readonly measures = true
  readonly #clock: Clock
  readonly #troubles = new Troubles()
  readonly #sessions = new Map<string, { family: Family; transport: Transport; sessions: number }>()
  readonly #slow = new Map<number, SlowReader>()
  readonly #samples: OperationsSample[] = []
  readonly #commits = new Latency()
  readonly #acks = new Latency()
  readonly #relays = new Latency()
  readonly #since = { updates: 0, bytes: 0, commits: 0 }
  #interval = { updates: 0, bytes: 0, commits: 0 }
  #sampledAt: number
  #active: Map<DocName, { updates: number; bytes: number }> | null = null
  #wasActive: ReadonlyMap<DocName, Activity> = new Map()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sampledAt = clock.now()
  }

  event(event: QuireEvent): void {
    const { kind } = event
    if (
      kind === 'update-accepted' ||
      kind === 'relayed' ||
      kind === 'committed' ||
      kind === 'acknowledged'
    )
      this.#measure(event)
    else if (kind === 'session-joined') this.#count(event, 1)
    else if (kind === 'session-left') {
      this.#slow.delete(event.session)
      this.#count(event, -1)
    } else if (kind === 'session-held') {
      const { document, session } = event
      if (this.#slow.size < SLOW_KEPT)
        this.#slow.set(session, { document, session, since: this.#clock.wall() })
    } else if (kind === 'session-resynced') this.#slow.delete(event.session)
    else this.#troubles.take(event, this.#clock.wall())
  }

  /** Ends an interval; its figures are the newest sample. */
  sample(figures: MeasuredFigures): OperationsSample {
    const now = this.#clock.now()
    const { p50: commitP50, p99: commitP99 } = this.#commits.take()
    const { p50: ackP50, p99: ackP99 } = this.#acks.take()
    const { p50: relayP50, p99: relayP99 } = this.#relays.take()
    const sample: OperationsSample = {
      at: this.#clock.wall(),
      ms: now - this.#sampledAt,
      ...this.#interval,
      commitP50,
      commitP99,
      ackP50,
      ackP99,
      relayP50,
      relayP99,
      ...figures,
    }
    this.#sampledAt = now
    this.#interval = { updates: 0, bytes: 0, commits: 0 }
    if (this.#active !== null) {
      this.#wasActive = this.#active
      this.#active = new Map()
    }
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift()
    return sample
  }

  /** Counts by document from here on, or no more. */
  watch(isWatched: boolean): void {
    this.#active = isWatched ? new Map() : null
    this.#wasActive = new Map()
  }

  /** What changed in the last interval, while somebody looks. */
  get active(): ReadonlyMap<DocName, Activity> {
    return this.#wasActive
  }

  /** The oldest first. */
  get samples(): readonly OperationsSample[] {
    return this.#samples
  }

  /** The newest last. */
  get troubles(): readonly OperationsTrouble[] {
    return this.#troubles.kept
  }

  /** Those that are behind now. */
  get slow(): readonly SlowReader[] {
    return [...this.#slow.values()]
  }

  /** Clients, and not what the server itself does with documents. */
  get sessions(): readonly SessionCount[] {
    return [...this.#sessions.values()].filter(
      ({ family, sessions }) => family !== 'direct' && sessions > 0,
    )
  }

  /** Since the process began. */
  get since() {
    const { refusal, denial, error } = this.#troubles.counts
    return { ...this.#since, refusals: refusal, denials: denial, errors: error }
  }

  #measure(event: MeasuringEvent): void {
    switch (event.kind) {
      case 'update-accepted': {
        const { document, bytes } = event
        this.#since.updates++
        this.#since.bytes += bytes
        this.#interval.updates++
        this.#interval.bytes += bytes
        if (this.#active !== null) this.#countActivity(this.#active, document, bytes)
        return
      }
      case 'relayed':
        return this.#relays.add(event.ms)
      case 'committed':
        this.#since.commits++
        this.#interval.commits++
        return this.#commits.add(event.ms)
      case 'acknowledged':
        return this.#acks.add(event.ms)
    }
  }

  #countActivity(
    active: Map<DocName, { updates: number; bytes: number }>,
    document: DocName,
    bytes: number,
  ): void {
    const own = active.get(document)
    if (own === undefined) active.set(document, { updates: 1, bytes })
    else {
      own.updates++
      own.bytes += bytes
    }
  }

  #count(
    { family, transport }: { readonly family: Family; readonly transport: Transport },
    by: 1 | -1,
  ): void {
    const key = `${family} ${transport}`
    const own = this.#sessions.get(key)
    if (own === undefined) this.#sessions.set(key, { family, transport, sessions: by })
    else own.sessions += by
  }
}

/** Latencies of one interval; the histogram counts whole microseconds from 1 on, to three digits. */
class Latency {
  readonly #histogram: RecordableHistogram = createHistogram({ figures: 3 })

  /** Milliseconds. */
  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1_000)))
  }

  /** Ends the interval; null where there were none. */
  take(): { readonly p50: number | null; readonly p99: number | null } {
    const histogram = this.#histogram
    if (histogram.count === 0) return { p50: null, p99: null }
    const taken = { p50: histogram.percentile(50) / 1_000, p99: histogram.percentile(99) / 1_000 }
    histogram.reset()
    return taken
  }
}
