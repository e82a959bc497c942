import type { DocName, Millis, Result } from '@quire/shared'
import type { StorageProblem } from './storage.ts'

/*
 * What others are to be told of documents. An event is written in the commit of what it tells, once, with a delivery
 * for each endpoint, and stays until each has it:
 *
 *   append ── marks its document, once ──▶ settle ──▶ event ──▶ a delivery for each endpoint ──▶ delivered, or dead
 *   open, create, remove, undelete, keepVersion ───▶ event
 *
 * Without a plan (`openOutbox`) nothing is written: neither events nor marks.
 */

/** What an event tells, as it is called on the wire. */
export const outboxKinds = [
  'document.created',
  'document.changed',
  'document.deleted',
  'document.restored',
  'version.created',
  'session.joined',
  'session.left',
] as const

/** What an event tells. */
export type OutboxKind = (typeof outboxKinds)[number]

/** Somebody who is to be told. */
export interface OutboxEndpoint {
  /** Tells it from others, also after a restart; it holds no secret. */
  readonly key: string
  /** For people: its host and port. */
  readonly host: string
}

/** What is to be written, and for whom. */
export interface OutboxPlan {
  readonly kinds: readonly OutboxKind[]
  readonly endpoints: readonly OutboxEndpoint[]
  /**
   * Deliveries that wait for one endpoint. Beyond it a `document.changed` takes the place of those of its document, and
   * whatever finds no place is dropped and counted.
   */
  readonly backlog: number
  /** Dead letters of all endpoints; of more the oldest go, and are counted. */
  readonly deadLetters: number
}

/** Something that has happened. */
export interface OutboxEvent {
  /** The same at every endpoint and in every attempt, and no other event's. */
  readonly id: string
  readonly kind: OutboxKind
  readonly document: DocName
  readonly at: Millis
  /** What is told of it, as JSON. */
  readonly data: string
}

/** An event on its way to one endpoint. */
export interface Delivery extends OutboxEvent {
  /** Unique in the store, increasing. */
  readonly delivery: number
  /** Those that failed. */
  readonly attempts: number
}

/** What came of an attempt; `retry` says when to try again. */
export type DeliveryOutcome =
  | { readonly delivery: number; readonly kind: 'delivered' }
  | {
      readonly delivery: number
      readonly kind: 'retry' | 'dead'
      /** When it is tried again, or was given up. */
      readonly at: Millis
      readonly problem: string
    }

/** A delivery that was given up. */
export interface DeadLetter extends Omit<Delivery, 'data'> {
  readonly host: string
  readonly diedAt: Millis
  readonly problem: string
}

/** How an endpoint stands. */
export interface EndpointFigures extends OutboxEndpoint {
  readonly waiting: number
  /** When the oldest event happened that waits for it, null where none does. */
  readonly oldestAt: Millis | null
  readonly dead: number
}

/** When documents count as at rest. */
export interface Settling {
  readonly now: Millis
  /** A document is told of when it was not written to for so long, milliseconds, */
  readonly restMs: number
  /** or when this long has passed since the first change that was not told. */
  readonly waitMs: number
}

/** What settling came to. */
export interface Settled {
  /** Documents that were told of. */
  readonly documents: number
  /** There are others whose time has come: settle again. */
  readonly hasMore: boolean
  /** Deliveries and dead letters that were dropped at a bound, since this was last asked. */
  readonly dropped: number
}

/** Somebody has come to a document, or has left it. */
export interface SessionNotice {
  readonly kind: Extract<OutboxKind, `session.${string}`>
  readonly document: DocName
  readonly at: Millis
  readonly data: Readonly<Record<string, string | number | null>>
}

/** Events, until everybody has been told. */
export interface Outbox {
  /**
   * From here on events of the plan are written. What waits for an endpoint that the plan has no more is dropped and
   * counted; its dead letters stay.
   */
  openOutbox(plan: OutboxPlan): Promise<Result<void, StorageProblem>>
  /** Tells of documents that have come to rest, and takes their marks: one commit, of some documents at a time. */
  settleOutbox(settling: Settling): Promise<Result<Settled, StorageProblem>>
  /** Writes events that hang on no other commit. */
  putNotices(notices: readonly SessionNotice[]): Promise<Result<void, StorageProblem>>
  /**
   * What is to be delivered to an endpoint by now, the longest due first; behind it what is due in more than a day, as
   * nothing is put off for so long: the clock was set back.
   */
  dueDeliveries(question: {
    readonly endpoint: string
    readonly now: Millis
    readonly limit: number
  }): Promise<Result<readonly Delivery[], StorageProblem>>
  /** Keeps what came of attempts, in one commit; one of a delivery that is gone changes nothing. */
  recordDeliveries(outcomes: readonly DeliveryOutcome[]): Promise<Result<void, StorageProblem>>
  /** The endpoints of the plan, and others that have dead letters; by host. */
  outboxFigures(): Promise<Result<readonly EndpointFigures[], StorageProblem>>
  /** The oldest first; `after`: those with a higher number, 0 for all. */
  deadLetters(page: {
    readonly after: number
    readonly limit: number
  }): Promise<Result<readonly DeadLetter[], StorageProblem>>
  /**
   * Has a dead letter delivered again, or all of them (null), under the same id: says how many. One of an endpoint that
   * the plan does not have stays.
   */
  replayDeadLetters(delivery: number | null, at: Millis): Promise<Result<number, StorageProblem>>
  /** False where there is no such dead letter. */
  dropDeadLetter(delivery: number): Promise<Result<boolean, StorageProblem>>
}
