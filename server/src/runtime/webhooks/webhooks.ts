/*
 * Webhooks of one server: from time to time documents that have come to rest are told of, and what is due is delivered.
 *
 *     commits ─▶ outbox ──▶ endpoint ──▶ POST ──▶ recorder ──▶ outbox
 *     sessions ─▶ notices ─┘            (each its own queue: none waits for another)
 */
import { ok, type Millis, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Observe } from '../../ports/observe.ts'
import type { EndpointFigures, Outbox, OutboxKind } from '../../ports/outbox.ts'
import type { StorageProblem } from '../../ports/storage.ts'
import type { Undo } from '../../ports/undo.ts'
import type { Guarded } from '../guard.ts'
import { type AddressRule, addressRule } from './addresses.ts'
import type { Target } from './attempt.ts'
import { Endpoint, type Failure } from './endpoint.ts'
import { Recorder } from './recorder.ts'
import { SessionNotices } from './session-notices.ts'
import { keyOf } from './signature.ts'
import { targetOf } from './target.ts'

/** How often it is looked what has come to rest and what is due: at most, and of a short rest a quarter. */
const LOOK_MS = 500

/** Notices in one commit, in which appends wait: of a crowd ten thousand, for ten targets, are 1.6 s in a single one. */
const NOTICES_AT_ONCE = 50

/** How others are told. */
export interface WebhookOptions {
  readonly urls: readonly string[]
  /** `whsec_` and base64. */
  readonly secret: string
  readonly kinds: readonly OutboxKind[]
  readonly debounceMs: number
  readonly maxWaitMs: number
  readonly timeoutMs: number
  readonly allowPrivate: boolean
  readonly maxAttempts: number
  readonly maxBacklog: number
  readonly maxDeadLetters: number
}

/** What it takes. */
export interface WebhookPorts {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly observe: Observe
  /** From 0 to below 1. */
  readonly random: () => number
  /** Absent: what the options say, by the system's names. */
  readonly addresses?: AddressRule
}

/** How a target stands, for an operator. */
export interface WebhookFigures extends EndpointFigures {
  /** False where it is told no more, and has dead letters of before. */
  readonly isConfigured: boolean
  readonly deliveredAt: Millis | null
  /** The last failure in this life of the process. */
  readonly failure: Failure | null
}

/** Tells others of documents. */
export class Webhooks {
  readonly #options: WebhookOptions
  readonly #ports: WebhookPorts
  readonly #recorder: Recorder
  readonly #endpoints: readonly Endpoint[]
  readonly #notices: SessionNotices
  #undoLook: Undo = () => undefined
  #looking: Promise<void> | null = null
  #isOver = false

  constructor(options: WebhookOptions, ports: WebhookPorts) {
    this.#options = options
    this.#ports = ports
    const { clock, outbox, observe, random } = ports
    const onProblem = (problem: string): void => this.#complain(problem)
    this.#recorder = new Recorder(outbox, onProblem)
    this.#notices = new SessionNotices(clock, options.kinds)
    const shared = {
      clock,
      outbox,
      observe,
      random,
      onProblem,
      onBug: (cause: unknown) => this.#report(cause),
      recorder: this.#recorder,
      addresses: ports.addresses ?? addressRule(options.allowPrivate ? 'all' : 'public'),
      signingKey: keyOf(options.secret),
      timeoutMs: options.timeoutMs,
      maxAttempts: options.maxAttempts,
    }
    this.#endpoints = targetsOf(options).map((target) => new Endpoint(target, shared))
  }

  /** Has events written from here on; to be awaited before anybody is let in. */
  open(): Promise<Result<void, StorageProblem>> {
    const { kinds, maxBacklog: backlog, maxDeadLetters: deadLetters } = this.#options
    const endpoints = this.#endpoints.map(({ target: { key, host } }) => ({ key, host }))
    return this.#ports.outbox.openOutbox({ kinds, endpoints, backlog, deadLetters })
  }

  /** Begins to deliver. */
  start(): void {
    const every = Math.max(10, Math.min(LOOK_MS, this.#options.debounceMs / 4))
    this.#undoLook = this.#ports.clock.every(every, () => void this.look())
    void this.look()
  }

  /** Writes and delivers what is due; one look at a time. Never rejects. */
  look(): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** A session has been let in. */
  entered(session: Guarded): void {
    this.#notices.entered(session)
  }

  /** A session has gone. */
  left(session: Guarded): void {
    this.#notices.left(session)
  }

  /** How all targets stand. */
  async figures(): Promise<Result<readonly WebhookFigures[], StorageProblem>> {
    const figures = await this.#ports.outbox.outboxFigures()
    if (!figures.ok) return figures
    return ok(figures.value.map((own) => this.#figuresOf(own)))
  }

  /** Has a dead letter delivered again, or all (null); says how many. */
  async replay(delivery: number | null): Promise<Result<number, StorageProblem>> {
    const { outbox, clock } = this.#ports
    const replayed = await outbox.replayDeadLetters(delivery, clock.wall())
    if (replayed.ok) void this.look()
    return replayed
  }

  /** Gives up what is under way at once: it is in the outbox, and another life of the server goes on. */
  stop(): void {
    this.#isOver = true
    this.#undoLook()
    for (const endpoint of this.#endpoints) endpoint.stop()
  }

  /** Writes what came of sessions until the end, and tells of what cannot be; before the storage is closed. Never rejects. */
  async finish(): Promise<void> {
    await this.#looking // which may be in the midst of a crowd
    try {
      await this.#writeNotices()
    } catch (cause) {
      this.#report(cause)
    }
    this.#tellDropped(this.#notices.take().length + this.#notices.takeDropped())
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#writeNotices()
      await this.#settle()
      await this.#recorder.flush()
      if (!this.#isOver) await Promise.all(this.#endpoints.map((endpoint) => endpoint.pump()))
    } catch (cause) {
      this.#report(cause)
    }
  }

  #figuresOf(own: EndpointFigures): WebhookFigures {
    const endpoint = this.#endpoints.find(({ target }) => target.key === own.key)
    const { deliveredAt, failure } = endpoint?.last ?? { deliveredAt: null, failure: null }
    return { ...own, isConfigured: endpoint !== undefined, deliveredAt, failure }
  }

  async #writeNotices(): Promise<void> {
    const notices = this.#notices.take()
    let written = 0
    try {
      while (written < notices.length) {
        const some = notices.slice(written, written + NOTICES_AT_ONCE)
        const put = await this.#ports.outbox.putNotices(some)
        if (!put.ok) return this.#complain(put.error.message)
        written += some.length
      }
    } finally {
      this.#notices.putBack(notices.slice(written))
    }
  }

  async #settle(): Promise<void> {
    const { outbox, clock } = this.#ports
    const { debounceMs: restMs, maxWaitMs: waitMs } = this.#options
    let count = this.#notices.takeDropped()
    for (let hasMore = true; hasMore && !this.#isOver;) {
      const settled = await outbox.settleOutbox({ now: clock.wall(), restMs, waitMs })
      if (!settled.ok) {
        this.#complain(settled.error.message)
        break
      }
      count += settled.value.dropped
      hasMore = settled.value.hasMore
    }
    this.#tellDropped(count)
  }

  #tellDropped(count: number): void {
    if (count > 0) this.#ports.observe.event({ kind: 'webhook-dropped', count })
  }

  /** A storage of somebody else's may throw: that ends no process. */
  #report(cause: unknown): void {
    const error = new Error('webhooks failed', { cause })
    this.#ports.observe.event({ kind: 'bug', document: null, error })
  }

  /** The outbox cannot be used now; what there is to do is tried again at the next look. */
  #complain(problem: string): void {
    if (this.#isOver) return // a drain closes the storage under it
    this.#ports.observe.event({ kind: 'webhook-failed', host: '', attempt: 0, problem })
  }
}

const targetsOf = ({ urls }: WebhookOptions): readonly Target[] => urls.map(targetOf)
