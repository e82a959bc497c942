import type {
  DeleteSet,
  DocId,
  DocName,
  Millis,
  Result,
  Seq,
  StateVector,
  Update,
  UpdateIndex,
} from '@quire/shared'

/*
 * The log. A document is a row, a snapshot that covers the log up to `through`, and the updates
 * after it: the tail. Rules ST1.. stand in storage/contract.ts, where every storage is held to them.
 */

/**
 * What storage could not do. `full`, `read-only`, `busy` and `io` may pass and are worth a retry;
 * `corrupt`, `unknown-document` and `closed` are not.
 */
export interface StorageProblem {
  readonly kind: 'full' | 'read-only' | 'busy' | 'corrupt' | 'unknown-document' | 'closed' | 'io'
  /** For people: what failed, on which file or document, with the engine's own code. */
  readonly message: string
}

/** The folded part of a document's log. */
export interface Snapshot {
  /** Every update up to and including this one is inside `bytes`. */
  readonly through: Seq
  readonly bytes: Update
  /** State vector of `bytes`, stored beside it so that opening does not parse it. */
  readonly stateVector: StateVector
  /** Delete set of `bytes`, stored beside it for the same reason. */
  readonly deleteSet: DeleteSet
  /** Where the structs stand in `bytes`; null where the fold that made them left it out. */
  readonly index: UpdateIndex | null
}

/**
 * Who wrote a log from one update on, until the next one did. A `writer` is one life of a storage: chosen at random
 * whenever one is opened for writing, so that a number which was given twice, as the first was lost or an older copy
 * of the log put back, is known by it. 0 is nobody, and whoever wrote before that was kept.
 */
export interface Origin {
  readonly from: Seq
  readonly writer: number
}

/** Bytes of a snapshot from one offset to before another. */
export interface ByteRange {
  readonly at: number
  readonly to: number
}

/** A document as it is read to open it: enough for its frontier, without the snapshot's bytes. */
export interface OpenedDocument {
  readonly id: DocId
  /** Changes when a document is deleted, restored or re-imported under the same name. */
  readonly epoch: number
  /** The newest update in the log, 0 for an empty document. */
  readonly head: Seq
  readonly snapshot: Omit<Snapshot, 'bytes'> | null
  /** Bytes of the snapshot, 0 where there is none. */
  readonly snapshotBytes: number
  /** The updates after the snapshot, in order. */
  readonly tail: readonly Update[]
  /** Who wrote the last update inside the snapshot, or nobody where there is none, and the tail; in order. */
  readonly origins: readonly [Origin, ...(readonly Origin[])]
}

/** A document's whole content as stored: the snapshot's bytes, then the updates after it. */
export interface StoredContent {
  readonly head: Seq
  /** Who wrote the newest update. */
  readonly writer: number
  readonly snapshot: Update | null
  /** The updates after the snapshot, in order. */
  readonly tail: readonly Update[]
}

/** An update that is to go out of a document's log, for it keeps the rest from being folded. */
export interface Quarantined {
  readonly seq: Seq
  /** What it broke, for people. */
  readonly problem: string
}

/** An update in quarantine: kept as it came, and no part of the document any more. */
export interface QuarantinedUpdate extends Quarantined {
  /** When it was appended, and when it was taken out. */
  readonly at: Millis
  readonly quarantinedAt: Millis
  readonly bytes: Update
}

/** Updates of one document, in the order in which they were accepted. */
export interface AppendEntry {
  readonly doc: DocId
  readonly updates: readonly Update[]
}

/** Where an entry's updates landed: numbers `first` to `last` of its document's log. */
export interface Appended {
  readonly doc: DocId
  readonly first: Seq
  readonly last: Seq
  readonly writer: number
}

/** Durable home of all documents. One process owns it at a time. Methods never throw. */
export interface Storage {
  /** Finds the document of that name, or creates it empty, and reads what opening needs. */
  open(name: DocName): Promise<Result<OpenedDocument, StorageProblem>>
  /**
   * Appends a batch for many documents in one commit: all of it is durable when this resolves with
   * `ok`, none of it otherwise. Results are in the order of the entries. `at` is the stored time.
   */
  append(
    batch: readonly AppendEntry[],
    at: Millis,
  ): Promise<Result<readonly Appended[], StorageProblem>>
  /** Reads by id what `open` reads by name. */
  outline(doc: DocId): Promise<Result<OpenedDocument, StorageProblem>>
  /** Reads a document's content. */
  read(doc: DocId): Promise<Result<StoredContent, StorageProblem>>
  /**
   * Reads ranges of the bytes of the snapshot that covers the log up to `through`, cut at its end; null
   * where the document has another snapshot by now, or none.
   */
  parts(
    doc: DocId,
    through: Seq,
    ranges: readonly ByteRange[],
  ): Promise<Result<readonly Uint8Array[] | null, StorageProblem>>
  /**
   * Replaces the snapshot and deletes exactly the updates up to `snapshot.through`, in one commit;
   * those of them that are `quarantined`, in ascending order, are moved to the quarantine instead.
   * Resolves with `false`, changing nothing, where the stored snapshot already covers as much (R14).
   */
  compact(
    doc: DocId,
    snapshot: Snapshot,
    quarantined: readonly Quarantined[],
  ): Promise<Result<boolean, StorageProblem>>
  /** Reads a document's quarantine, in the order of the log. */
  quarantined(doc: DocId): Promise<Result<readonly QuarantinedUpdate[], StorageProblem>>
  /** Commits what is under way and gives the store back. Safe to call twice. */
  close(): Promise<void>
}
