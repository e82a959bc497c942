/*
 * One target and what waits for it. Deliveries are made some at a time, of one document one after the other: as long as
 * they succeed a document's events come in order. What fails waits for its next attempt, and holds up nothing else.
 */
import type { DocName, Millis } from '@quire/shared'
import type { Delivery, DeliveryOutcome, Outbox } from '../../ports/outbox.ts'
import type { Observe } from '../../ports/observe.ts'
import {
  type Attempt,
  type AttemptOutcome,
  type AttemptPorts,
  beginAttempt,
  failed,
  type Target,
} from './attempt.ts'
import type { Recorder } from './recorder.ts'
import { pauseMs, retryAt } from './retrying.ts'

/** Requests to one target at a time: it may be small, and each holds a connection of this process. */
const AT_ONCE = 4

/** Deliveries that are read at a time: enough for a few round trips of those that are made at once. */
const READ_AT_ONCE = 64

/** What endpoints need. */
export interface EndpointPorts extends AttemptPorts {
  readonly outbox: Outbox
  readonly observe: Observe
  readonly recorder: Recorder
  /** From 0 to below 1. */
  readonly random: () => number
  readonly maxAttempts: number
  readonly onProblem: (problem: string) => void
  /** A promise of ours was broken. */
  readonly onBug: (cause: unknown) => void
}

/** A failure, for people. */
export interface Failure {
  readonly at: Millis
  readonly problem: string
}

/** Delivers to one target. */
export class Endpoint {
  readonly target: Target
  readonly #ports: EndpointPorts
  /** Deliveries that are under way, or whose outcome is not kept yet. */
  readonly #underWay = new Map<number, DocName>()
  readonly #attempts = new Set<Attempt>()
  #ready: Delivery[] = []
  #isReading = false
  #isOver = false
  #deliveredAt: Millis | null = null
  #failure: Failure | null = null

  constructor(target: Target, ports: EndpointPorts) {
    this.target = target
    this.#ports = ports
  }

  /** When it took an event last, and why it did not, in this life of the process; null: never. */
  get last(): { readonly deliveredAt: Millis | null; readonly failure: Failure | null } {
    return { deliveredAt: this.#deliveredAt, failure: this.#failure }
  }

  /** Begins what is due, as far as there is place. */
  async pump(): Promise<void> {
    if (this.#isReading || this.#isOver || this.#underWay.size >= AT_ONCE) return
    this.#begin()
    if (this.#ready.length > 0 || this.#underWay.size >= AT_ONCE) return
    this.#isReading = true
    try {
      this.#ready = await this.#due()
    } finally {
      this.#isReading = false
    }
    this.#begin()
  }

  /** Gives up what is under way; nothing begins any more. What is not recorded is tried again in another life. */
  stop(): void {
    this.#isOver = true
    this.#ready = []
    for (const attempt of this.#attempts) attempt.giveUp()
  }

  async #due(): Promise<Delivery[]> {
    const { outbox, clock, onProblem } = this.#ports
    // which are due as well, as the storage has it; also one whose outcome is kept before this answer is here
    const underWay = new Set(this.#underWay.keys())
    const limit = READ_AT_ONCE + underWay.size
    const due = await outbox.dueDeliveries({ endpoint: this.target.key, now: clock.wall(), limit })
    if (due.ok) return due.value.filter(({ delivery }) => !underWay.has(delivery))
    onProblem(due.error.message)
    return []
  }

  #begin(): void {
    const busy = new Set(this.#underWay.values())
    this.#ready = this.#ready.filter((delivery) => {
      // behind one of its document that has to wait, another one waits as well
      const waits = this.#isOver || this.#underWay.size >= AT_ONCE || busy.has(delivery.document)
      busy.add(delivery.document)
      if (waits) return true
      this.#underWay.set(delivery.delivery, delivery.document)
      this.#deliver(delivery).catch(this.#ports.onBug)
      return false
    })
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { clock, recorder } = this.#ports
    const startedAt = clock.now()
    const outcome = await this.#attempted(delivery)
    if (outcome.kind === 'given-up') return
    await recorder.record(this.#noted(delivery, outcome, clock.now() - startedAt))
    this.#underWay.delete(delivery.delivery)
    await this.pump()
  }

  /** Makes an attempt. One that our own bug ends has failed: its place is not lost, and it is tried so often as others. */
  async #attempted(delivery: Delivery): Promise<AttemptOutcome> {
    let attempt: Attempt
    try {
      attempt = beginAttempt(this.target, delivery, this.#ports)
    } catch (cause) {
      this.#ports.onBug(cause)
      return failed('the attempt could not be made')
    }
    this.#attempts.add(attempt)
    const outcome = await attempt.outcome
    this.#attempts.delete(attempt)
    return outcome
  }

  /** What is kept of an outcome. */
  #noted(
    { delivery, id, attempts }: Delivery,
    outcome: Exclude<AttemptOutcome, { kind: 'given-up' }>,
    ms: number,
  ): DeliveryOutcome {
    const { clock, observe, maxAttempts, random } = this.#ports
    const { host } = this.target
    const attempt = attempts + 1
    const now = clock.wall()
    if (outcome.kind === 'delivered') {
      this.#deliveredAt = now
      observe.event({ kind: 'webhook-delivered', host, attempts: attempt, ms })
      return { delivery, kind: 'delivered' }
    }
    const { problem, retryMs, isFinal } = outcome
    this.#failure = { at: now, problem }
    observe.event({ kind: 'webhook-failed', host, attempt, problem })
    if (!isFinal && attempt < maxAttempts) {
      const at = retryAt(now, pauseMs(attempt, retryMs, random()))
      return { delivery, kind: 'retry', at, problem }
    }
    observe.event({ kind: 'webhook-dead', host, id, problem })
    return { delivery, kind: 'dead', at: now, problem }
  }
}
