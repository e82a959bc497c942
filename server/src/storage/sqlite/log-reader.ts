import type { Database } from 'better-sqlite3'
import { type DocId, err, ok, type Result, seq, type Seq } from '@quire/shared'
import type { QuarantinedUpdate, StorageProblem } from '../../ports/storage.ts'
import type {
  Handlers,
  LogReaderOperations,
  PackedContent,
  PackedDocument,
  PackedParts,
  PackedQuarantine,
  PartsQuestion,
} from './operations.ts'
import { originsOf } from '../origins.ts'
import { tailReader } from './large-updates.ts'
import { pack } from './packed.ts'
import { readingOn } from './transaction.ts'
import { verifyDatabase } from './verify.ts'

interface DocumentRow {
  readonly id: DocId
  readonly epoch: number
  readonly head: Seq
  readonly through: Seq | null
  readonly stateVector: Uint8Array | null
  readonly deleteSet: Uint8Array | null
  readonly indexBytes: Uint8Array | null
  readonly snapshotBytes: number | null
  readonly foldedWriter: number
}

interface ContentRow {
  readonly head: Seq
  readonly writer: number
  readonly bytes: Uint8Array | null
}

/**
 * The newest update of document `documents.id`, in SQL: the last row of the tail or, where all is
 * folded, the end of the snapshot. A seek to the end of the tail, which an append touches anyway.
 */
export const headOfDocument = `coalesce(
  (SELECT max(seq) FROM updates WHERE doc = documents.id),
  (SELECT through_seq FROM snapshots WHERE doc = documents.id),
  0)`

/** The problem of an id that no document has. */
export const unknownDocument = (doc: DocId, file: string): Result<never, StorageProblem> =>
  err({ kind: 'unknown-document', message: `${file} has no document ${doc}` })

/** The problem of a name whose document was deleted. */
export const deletedDocument = (name: string, file: string): Result<never, StorageProblem> =>
  err({ kind: 'deleted', message: `document ${JSON.stringify(name)} in ${file} was deleted` })

/** Whether a document of that name was deleted; one may be there as well. */
export const deletedNameCheck = (db: Database): ((name: string) => boolean) => {
  const deleted = db
    .prepare<[string], number>('SELECT 1 FROM deleted_documents WHERE name = ? LIMIT 1')
    .pluck()
  return (name) => deleted.get(name) !== undefined
}

/** Goes on with a document that is there, deleted or not; otherwise `unknown-document`. Runs in a transaction. */
export type WithDocument = <T>(
  doc: DocId,
  use: () => Result<T, StorageProblem>,
) => Result<T, StorageProblem>

/** Makes the check of a connection. */
export const documentCheck = (db: Database, file: string): WithDocument => {
  const isDocument = db.prepare<[number], number>('SELECT 1 FROM documents WHERE id = ?').pluck()
  return (doc, use) => (isDocument.get(doc) === undefined ? unknownDocument(doc, file) : use())
}

const NO_BYTES = new Uint8Array(0)

const present = (part: Uint8Array | null): part is Uint8Array => part !== null

/** Finds a document by one of its columns and packs it; null where there is none. Runs in a transaction. */
const finderBy = (
  db: Database,
  column: 'name' | 'id',
): ((key: string | number) => PackedDocument | null) => {
  const byKey = db.prepare<[string | number], DocumentRow>(`
    SELECT id, epoch, ${headOfDocument} AS head, snapshots.through_seq AS through,
           state_vector AS stateVector, delete_set AS deleteSet,
           snapshot_indexes.bytes AS indexBytes, length(snapshots.bytes) AS snapshotBytes,
           folded_writer AS foldedWriter
    FROM documents
      LEFT JOIN snapshots ON snapshots.doc = id
      LEFT JOIN snapshot_indexes
        ON snapshot_indexes.doc = id AND snapshot_indexes.through_seq = snapshots.through_seq
    WHERE ${column} = ?`)
  const tailOf = tailReader(db)
  return (key) => {
    const row = byKey.get(key)
    if (!row) return null
    const { id, epoch, head, through, stateVector, deleteSet, indexBytes, snapshotBytes } = row
    const front = through === null ? [] : [stateVector, deleteSet, indexBytes ?? NO_BYTES]
    const tail = tailOf(id)
    const writers = tail.map(([, writer]) => writer)
    return {
      id,
      epoch,
      head,
      through,
      hasIndex: indexBytes !== null,
      snapshotBytes: snapshotBytes ?? 0,
      origins: originsOf(through ?? seq(0), row.foldedWriter, writers),
      packed: pack([...front.filter(present), ...tail.map(([bytes]) => bytes)]),
    }
  }
}

/** Finds a document by its name. Runs in a transaction. */
export const documentFinder = (db: Database): ((name: string) => PackedDocument | null) =>
  finderBy(db, 'name')

/** The reading half of the log. Each operation sees one commit: its statements share a snapshot. */
export const createLogReader = (db: Database, file: string): Handlers<LogReaderOperations> => {
  const inReadTransaction = readingOn(db, file)
  const find = documentFinder(db)
  const isDeleted = deletedNameCheck(db)
  const findById = finderBy(db, 'id')
  const tailOf = tailReader(db)
  const content = db.prepare<[number], ContentRow>(`
    SELECT ${headOfDocument} AS head, bytes, folded_writer AS writer
    FROM documents LEFT JOIN snapshots ON doc = id
    WHERE id = ?`)

  const read = (doc: DocId): Result<PackedContent, StorageProblem> => {
    const row = content.get(doc)
    if (!row) return unknownDocument(doc, file)
    const { head, bytes } = row
    const tail = tailOf(doc)
    const writer = tail.at(-1)?.[1] ?? row.writer
    const parts = [...[bytes].filter(present), ...tail.map(([update]) => update)]
    return ok({ head, writer, hasSnapshot: bytes !== null, packed: pack(parts) })
  }

  const withDocument = documentCheck(db, file)
  const isSnapshot = db
    .prepare<[number, number], number>('SELECT 1 FROM snapshots WHERE doc = ? AND through_seq = ?')
    .pluck()
  // SQLite still walks the whole blob; but not copying it out makes 4 KB of 240 four times as fast
  const part = db
    .prepare<[number, number, number], Uint8Array>(
      'SELECT substr(bytes, ?, ?) FROM snapshots WHERE doc = ?',
    )
    .pluck()
  const parts = ({
    doc,
    through,
    ranges,
  }: PartsQuestion): Result<PackedParts | null, StorageProblem> =>
    withDocument(doc, () => {
      if (isSnapshot.get(doc, through) === undefined) return ok(null)
      const read = ranges.map(({ at, to }) => part.get(at + 1, to - at, doc) ?? NO_BYTES)
      return ok({ packed: pack(read) })
    })

  const ofQuarantine = db.prepare<[number], QuarantinedUpdate>(`
    SELECT seq, at, quarantined_at AS quarantinedAt, problem, bytes
    FROM quarantine WHERE doc = ? ORDER BY seq`)
  const quarantined = (doc: DocId): Result<PackedQuarantine, StorageProblem> =>
    withDocument(doc, () => {
      const rows = ofQuarantine.all(doc)
      const entries = rows.map(({ seq, at, quarantinedAt, problem }) => {
        return { seq, at, quarantinedAt, problem }
      })
      return ok({ entries, packed: pack(rows.map(({ bytes }) => bytes)) })
    })

  return {
    find: (name) =>
      inReadTransaction('open a document', () => {
        const found = find(name)
        return found === null && isDeleted(name) ? deletedDocument(name, file) : ok(found)
      }),
    outline: (doc) =>
      inReadTransaction(`read the outline of document ${doc}`, () => {
        const found = findById(doc)
        return found === null ? unknownDocument(doc, file) : ok(found)
      }),
    read: (doc) => inReadTransaction(`read document ${doc}`, () => read(doc)),
    parts: (question) =>
      inReadTransaction(`read parts of document ${question.doc}`, () => parts(question)),
    quarantined: (doc) =>
      inReadTransaction(`read the quarantine of document ${doc}`, () => quarantined(doc)),
    verify: () => inReadTransaction('verify the log', () => ok(verifyDatabase(db))),
  }
}
