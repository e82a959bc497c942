/* What a memory storage stores, and the copies that stand between it and its callers. */
import { type DocId, type DocName, err, type Millis, type Result, type Update } from '@quire/shared'
import type {
  Patch,
  QuarantinedUpdate,
  Revocation,
  Snapshot,
  StorageProblem,
  Version,
} from '../../ports/storage.ts'
import type { OutboxEvent } from '../../ports/outbox.ts'
import type { AuthorsByClient } from '../stamping.ts'

/** Somebody's patch, with its parts. */
export interface PatchRow {
  readonly id: Patch['id']
  readonly user: string | null
  readonly firstAt: Millis
  lastAt: Millis
  parts: Update[]
}

/** A document. */
export interface Row {
  readonly id: DocId
  readonly name: DocName
  epoch: number
  readonly createdAt: Millis
  deletedAt: Millis | null
  head: number
  snapshot: Snapshot | null
  tail: Update[]
  /** When each update of the tail was appended, and the last one inside the snapshot. */
  tailTimes: Millis[]
  foldedAt: Millis | null
  /** Who appended each of them, and the last one inside the snapshot. */
  tailWriters: number[]
  foldedWriter: number
  quarantine: QuarantinedUpdate[]
  readonly authors: AuthorsByClient
  /** The oldest first, as the patches are. */
  versions: (Version & { readonly update: Update })[]
  patches: PatchRow[]
}

/** An event on its way to one endpoint, or given up there: `dueAt` is null then. */
export interface OutboxRow extends OutboxEvent {
  readonly delivery: number
  readonly endpoint: string
  readonly host: string
  /** The document that a `document.changed` is of. */
  readonly changed: DocId | null
  attempts: number
  dueAt: Millis | null
  diedAt: Millis | null
  problem: string | null
}

/** A document that was written to since it was last told of. */
export interface OutboxMark {
  readonly at: Millis
  lastAt: Millis
  readonly users: Set<string>
}

/** What a memory storage stores into; hand it to the next storage to play a restart. */
export interface Memory {
  readonly rows: Map<DocId, Row>
  /** Those that are there. */
  readonly byName: Map<DocName, Row>
  readonly deleted: Set<Row>
  /** What was made under which key. */
  readonly byKey: Map<string, Row>
  readonly revocations: Map<number, Revocation>
  readonly outbox: {
    readonly marks: Map<DocId, OutboxMark>
    /** The oldest first. */
    readonly deliveries: OutboxRow[]
  }
  /** The newest number that was given, of whatever kind: none is given twice. */
  lastId: number
}

/** Memory without documents. */
export const createMemory = (): Memory => ({
  rows: new Map(),
  byName: new Map(),
  deleted: new Set(),
  byKey: new Map(),
  revocations: new Map(),
  outbox: { marks: new Map(), deliveries: [] },
  lastId: 0,
})

/** A copy on the way in and on the way out: callers own their bytes on both sides (ST9). */
export const copy = <B extends Uint8Array>(bytes: B): B => bytes.slice() as B // a slice keeps the meaning

/** The problem of an id that no document has. */
export const unknownDocument = (doc: DocId): Result<never, StorageProblem> =>
  err({ kind: 'unknown-document', message: `memory storage has no document ${doc}` })

/** Runs one operation whole, at once; `closed` after the end of the storage. */
export type Operate = <T>(
  operation: () => Result<T, StorageProblem>,
) => Promise<Result<T, StorageProblem>>

/** An operation on one document, deleted or not. */
export type WithRow = <T>(
  doc: DocId,
  use: (row: Row) => Result<T, StorageProblem>,
) => Promise<Result<T, StorageProblem>>
