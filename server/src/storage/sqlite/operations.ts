import type {
  Appended,
  AuthorStamp,
  ByteRange,
  OpenedDocument,
  Quarantined,
  QuarantinedUpdate,
  StorageProblem,
} from '../../ports/storage.ts'
import type { DocId, DocName, Millis, Result, Seq } from '@quire/shared'
import type { AuthorReaderOperations } from './authors.ts'
import type { CatalogueReaderOperations, CatalogueWriterOperations } from './catalogue.ts'
import type { OutboxReaderOperations, OutboxWriterOperations } from './outbox.ts'
import type { Packed } from './packed.ts'
import type { PatchReaderOperations, PatchWriterOperations } from './patches.ts'
import type { RevocationOperations } from './revocations.ts'
import type { VersionReaderOperations, VersionWriterOperations } from './versions.ts'

/*
 * What the event loop asks of the storage threads, and what they answer. All bytes travel packed
 * and are transferred; the layout of each `Packed` is written beside it.
 */

/** A document as opened. `packed`: state vector, delete set and index if `through` is set, then the tail. */
export interface PackedDocument {
  readonly id: DocId
  readonly epoch: number
  readonly head: Seq
  readonly through: Seq | null
  /** False where the snapshot has no index; its place in `packed` is empty then. */
  readonly hasIndex: boolean
  readonly snapshotBytes: number
  readonly origins: OpenedDocument['origins']
  readonly packed: Packed
}

/** A document's content. `packed`: the snapshot if `hasSnapshot`, then the tail. */
export interface PackedContent {
  readonly head: Seq
  readonly writer: number
  readonly hasSnapshot: boolean
  readonly packed: Packed
}

/** A batch. Entry i appends `counts[i]` updates to `docs[i]`; `packed`: all updates in order. */
export interface PackedBatch {
  readonly at: Millis
  readonly docs: readonly DocId[]
  readonly counts: readonly number[]
  /** Absent where the batch stamps nothing. */
  readonly authors?: readonly StampedAuthors[]
  /** Whose changes entry i brings; absent where nobody has a name. */
  readonly users?: readonly (readonly string[])[]
  readonly packed: Packed
}

/** Author ranges that come with an entry. */
export interface StampedAuthors {
  readonly doc: DocId
  readonly ranges: readonly AuthorStamp[]
}

/** A snapshot to store. `packed`: state vector, delete set, bytes, and the index if there is one. */
export interface PackedSnapshot {
  readonly doc: DocId
  readonly through: Seq
  readonly at: Millis
  /** Updates up to `through` that go into the quarantine. */
  readonly quarantined: readonly Quarantined[]
  readonly packed: Packed
}

/** Ranges of the snapshot through `through`. */
export interface PartsQuestion {
  readonly doc: DocId
  readonly through: Seq
  readonly ranges: readonly ByteRange[]
}

/** The bytes of these ranges. */
export interface PackedParts {
  readonly packed: Packed
}

/** A document's quarantine. `packed`: the bytes of each. */
export interface PackedQuarantine {
  readonly entries: readonly Omit<QuarantinedUpdate, 'bytes'>[]
  readonly packed: Packed
}

/** A document to create under a name that was free when somebody looked. */
export interface Creation {
  readonly name: DocName
  readonly epoch: number
  readonly at: Millis
}

/** What the log asks of the writer thread. */
export interface LogWriterOperations {
  create: { ask: Creation; answer: PackedDocument }
  append: { ask: PackedBatch; answer: readonly Appended[] }
  compact: { ask: PackedSnapshot; answer: boolean }
}

/** What the log asks of the reader thread. */
export interface LogReaderOperations {
  find: { ask: DocName; answer: PackedDocument | null }
  outline: { ask: DocId; answer: PackedDocument }
  read: { ask: DocId; answer: PackedContent }
  parts: { ask: PartsQuestion; answer: PackedParts | null }
  quarantined: { ask: DocId; answer: PackedQuarantine }
  verify: { ask: null; answer: readonly string[] }
}

/** The operations of the writer thread. Each is one commit. */
export type WriterOperations = LogWriterOperations &
  CatalogueWriterOperations &
  VersionWriterOperations &
  PatchWriterOperations &
  RevocationOperations &
  OutboxWriterOperations

/** The operations of the reader thread. */
export type ReaderOperations = LogReaderOperations &
  CatalogueReaderOperations &
  AuthorReaderOperations &
  VersionReaderOperations &
  PatchReaderOperations &
  OutboxReaderOperations

/** Some thread's operations: what each is asked and what it answers. */
export type Operations = Record<string, { ask: unknown; answer: unknown }>

/** The outcome of operation `K`. */
export type Outcome<O, K extends keyof O> = O[K] extends { answer: infer Answer }
  ? Result<Answer, StorageProblem>
  : never

/** What a thread does for each operation, at once and without throwing. */
export type Handlers<O> = {
  readonly [K in keyof O]: O[K] extends { ask: infer Ask } ? (ask: Ask) => Outcome<O, K> : never
}
