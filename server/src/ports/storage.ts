import type {
  ClientId,
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
import type { Outbox } from './outbox.ts'

/*
 * The log. A document is a row, a snapshot that covers the log up to `through`, and the updates
 * after it: the tail. Rules ST1.. stand in storage/contract.ts, where every storage is held to them.
 */

/**
 * What storage could not do. `full`, `read-only`, `busy` and `io` may pass and are worth a retry;
 * `corrupt`, `unknown-document`, `deleted` and `closed` are not.
 */
export interface StorageProblem {
  readonly kind:
    | 'full'
    | 'read-only'
    | 'busy'
    | 'corrupt'
    | 'unknown-document'
    /** The document of that name was deleted, and none was made in its place. */
    | 'deleted'
    | 'closed'
    | 'io'
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

/**
 * Whose login brought a client's structs: from this clock on, until another range of the same client says
 * otherwise. What the server stamped, and not what a client says of itself.
 */
export interface AuthorRange {
  readonly client: ClientId
  readonly clock: number
  /** Null for somebody without a name: an anonymous login, or whoever wrote before anybody was stamped. */
  readonly user: string | null
}

/** A range that is to be stamped. What is behind it, if it is known already, stays whose it was. */
export interface AuthorStamp extends AuthorRange {
  /** The clock from which on structs were known before, which is above `clock`; absent: none were. */
  readonly until?: number
}

/** Updates of one document, in the order in which they were accepted. */
export interface AppendEntry {
  readonly doc: DocId
  readonly updates: readonly Update[]
  /** Who brought what is new in them and not stamped so already; absent: there is nothing to stamp. */
  readonly authors?: readonly AuthorStamp[]
  /** The users whose changes these are, each once, for those who are told of changes; absent: nobody with a name. */
  readonly users?: readonly string[]
}

/** Where an entry's updates landed: numbers `first` to `last` of its document's log. */
export interface Appended {
  readonly doc: DocId
  readonly first: Seq
  readonly last: Seq
  readonly writer: number
}

/** A document as a list has it. */
export interface DocumentFacts {
  readonly id: DocId
  readonly name: DocName
  readonly epoch: number
  /** The newest update in the log, 0 for an empty document. */
  readonly head: Seq
  /** What is stored of it: the snapshot and the updates after it. */
  readonly bytes: number
  readonly createdAt: Millis
  /** When the newest update was appended, as far as the log still knows; of an empty document when it was made. */
  readonly changedAt: Millis
  /** Null for one that is there. */
  readonly deletedAt: Millis | null
}

/** Which documents are listed: in the order of their names' code points, those of one name by id. */
export interface ListQuestion {
  readonly prefix: string
  /** Part of the name, in any case of ASCII letters; '' for all. Without a prefix all names are looked at. */
  readonly search: string
  /** The last one of the page before; null for the first page. */
  readonly after: Pick<DocumentFacts, 'name' | 'id'> | null
  /** At least 1. */
  readonly limit: number
  /** Those that are there, or those that were deleted. */
  readonly which: 'present' | 'deleted'
}

/** A document that is to be made. */
export interface DocumentCreation {
  /**
   * Chosen by whoever asks, at most 255 bytes, which the caller sees to: who asks again with the same one is given
   * the document that it made, also where that was deleted since, or the name that is asked for is another one. It is
   * forgotten when that document is purged. Null: none.
   */
  readonly key: string | null
  /** Its first content, null for none. */
  readonly seed: { readonly update: Update; readonly authors: readonly AuthorRange[] } | null
  readonly at: Millis
}

/** What came of a creation: it was made, or had been made under the same key, or another one has the name. */
export interface DocumentCreated {
  readonly kind: 'created' | 'repeated' | 'exists'
  readonly facts: DocumentFacts
}

/** All documents by their names. */
export interface Catalogue {
  list(question: ListQuestion): Promise<Result<readonly DocumentFacts[], StorageProblem>>
  /** The document of that name, null where none is there, be it deleted; it creates none. */
  find(name: DocName): Promise<Result<DocumentFacts | null, StorageProblem>>
  /**
   * Makes a document with its seed in one commit, also where one of that name was deleted. Where an empty one of that name
   * is there, the key is taken for that: whoever made it asks what became of it, and frees the key if it was not his.
   */
  create(
    name: DocName,
    creation: DocumentCreation,
  ): Promise<Result<DocumentCreated, StorageProblem>>
  /**
   * Deletes a document: its name opens nothing until another one is made, and what it holds is kept. One that
   * is deleted already stays as it is.
   */
  remove(doc: DocId, at: Millis): Promise<Result<DocumentFacts, StorageProblem>>
  /** Takes a deletion back, with a new epoch; null, changing nothing, where another document has the name. */
  undelete(doc: DocId): Promise<Result<DocumentFacts | null, StorageProblem>>
  /** A key is as if nobody had chosen it. */
  freeKey(key: string): Promise<Result<void, StorageProblem>>
  /**
   * Drops for good what was deleted before this time, the oldest deletions first, at most `limit` documents; says
   * how many. Appends may have to wait for it, some 1 ms for each MB: ask for a few at a time.
   */
  purge(before: Millis, limit: number): Promise<Result<number, StorageProblem>>
  /** Who brought what, by client and clock, ascending. */
  authors(doc: DocId): Promise<Result<readonly AuthorRange[], StorageProblem>>
  /** Those of these users who are among a document's authors, in any order. */
  authorsAmong(
    doc: DocId,
    users: readonly string[],
  ): Promise<Result<readonly string[], StorageProblem>>
}

/** A state of a document that is kept as it was. */
export interface Version {
  /** Unique in the store, increasing. */
  readonly id: number
  /** The newest update that is inside. */
  readonly seq: Seq
  readonly at: Millis
  /** What people call it; null for one that was kept by itself. */
  readonly name: string | null
  /** Who asked for it; null for nobody, or somebody unnamed. */
  readonly author: string | null
  /** Of the update that it is. */
  readonly bytes: number
}

/** A version that is to be kept. */
export interface NewVersion extends Omit<Version, 'id' | 'bytes'> {
  /** The whole document, in one update. */
  readonly update: Update
}

/** How many versions a document has at most. */
export interface VersionLimits {
  /** Without a name: of more, the newest stay. */
  readonly unnamed: number
  /** With a name: there is no further one then, and all of them stay. */
  readonly named: number
}

/** Documents as they were. */
export interface Versions {
  /** Keeps a version. `full`: it has a name and there is no room for it; nothing is changed then. */
  keepVersion(
    doc: DocId,
    version: NewVersion,
    limits: VersionLimits,
  ): Promise<Result<Version | 'full', StorageProblem>>
  /** The newest first; `before`: those with a lower id, null for all. */
  versions(
    doc: DocId,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<Result<readonly Version[], StorageProblem>>
  /** One of a document's versions with its update; null where it has no such one. */
  version(
    doc: DocId,
    id: number,
  ): Promise<Result<(Version & { readonly update: Update }) | null, StorageProblem>>
  /**
   * Names a version anew, or for the first time if fewer than `limits.named` of the document have a name: `full` where
   * they do not. `unknown`: the document has no such version.
   */
  nameVersion(
    doc: DocId,
    version: { readonly id: number; readonly name: string },
    limits: Pick<VersionLimits, 'named'>,
  ): Promise<Result<'named' | 'unknown' | 'full', StorageProblem>>
  /** False where the document has no such version. */
  removeVersion(doc: DocId, id: number): Promise<Result<boolean, StorageProblem>>
}

/** What somebody wrote who may not write any more: kept beside the document, not in it. */
export interface Patch {
  /** Unique in the store, increasing. */
  readonly id: number
  /** Who wrote it, by the login; null for an unnamed one. There is one patch for each of them. */
  readonly user: string | null
  /** When its first and its last part came. */
  readonly firstAt: Millis
  readonly lastAt: Millis
  readonly parts: number
  /** Of all parts. */
  readonly bytes: number
}

/** A part that is to be kept. */
export interface PatchPart {
  readonly user: string | null
  readonly at: Millis
  readonly update: Update
}

/** What takes the place of all parts of a patch: it holds what they hold. */
export interface PatchWhole {
  readonly at: Millis
  readonly update: Update
  /** Of how many parts it is made. */
  readonly parts: number
}

/** Bounds of what is kept aside for one document. */
export interface PatchLimits {
  /** Patches beside the document from which on no other user gets one; whoever has one keeps it. */
  readonly users: number
  readonly bytesPerUser: number
}

/** What was written and not let in. */
export interface Patches {
  /** Adds to the patch of a user. `known`: these bytes are in it already; `full`: not kept, it is at a bound. */
  keepPatch(
    doc: DocId,
    part: PatchPart,
    limits: PatchLimits,
  ): Promise<Result<'kept' | 'known' | 'full', StorageProblem>>
  /**
   * Puts one part in the place of all of a patch, in one commit; false, changing nothing, where the document has no
   * such patch, or it has another number of parts by now.
   */
  replacePatch(doc: DocId, id: number, whole: PatchWhole): Promise<Result<boolean, StorageProblem>>
  patches(doc: DocId): Promise<Result<readonly Patch[], StorageProblem>>
  /** Its parts in order; null where the document has no such patch. */
  patch(doc: DocId, id: number): Promise<Result<readonly Update[] | null, StorageProblem>>
  /** False where the document has no such patch. */
  removePatch(doc: DocId, id: number): Promise<Result<boolean, StorageProblem>>
}

/**
 * What logins may not do any more, whatever their tokens say. It holds for who meets all that is not null:
 * a user, a document's name or a prefix and `*`, a token's id.
 */
export interface Revocation {
  /** Unique in the store, increasing. */
  readonly id: number
  readonly user: string | null
  readonly document: string | null
  readonly token: string | null
  /** The most that is left to them. */
  readonly access: 'none' | 'read' | 'comment'
  /** Only of logins that were issued by then, and of those that do not say when they were. */
  readonly at: Millis
  /** When it ends, null where it does not. */
  readonly until: Millis | null
}

/** Revocations outlive the process, as tokens do. */
export interface Revocations {
  revoke(revocation: Omit<Revocation, 'id'>): Promise<Result<Revocation, StorageProblem>>
  /** All that have not ended by then; the others are dropped. */
  revocations(now: Millis): Promise<Result<readonly Revocation[], StorageProblem>>
  /** False where there is no such one. */
  unrevoke(id: number): Promise<Result<boolean, StorageProblem>>
}

/** What a storage takes on disk. */
export interface StorageFigures {
  readonly databaseBytes: number
  /** Committed, but not yet moved into the database. */
  readonly walBytes: number
}

/**
 * Durable home of all documents. One process owns it at a time. Methods never throw.
 *
 * @example
 * ```ts
 * import { sqliteStorage, type Storage } from '@quire/server'
 *
 * const storage: Storage = await sqliteStorage({ dataDir: './documents' })
 * const question = { prefix: '', search: '', after: null, limit: 100, which: 'present' } as const
 * const listed = await storage.list(question)
 * if (!listed.ok) throw new Error(listed.error.message)
 * for (const { name, bytes } of listed.value) console.log(name, bytes)
 * await storage.close()
 * ```
 */
export interface Storage extends Catalogue, Versions, Patches, Revocations, Outbox {
  /**
   * Finds the document of that name, or creates it empty, and reads what opening needs. `deleted` where it was
   * deleted and none was created since.
   */
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
  /** What it takes on disk; absent where it takes nothing. */
  figures?(): Promise<Result<StorageFigures, StorageProblem>>
  /** Commits what is under way and gives the store back. Safe to call twice. */
  close(): Promise<void>
}
