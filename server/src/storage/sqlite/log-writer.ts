import type { Database } from 'better-sqlite3'
import { err, ok, type Result, seq } from '@quire/shared'
import type { Appended, StorageProblem } from '../../ports/storage.ts'
import { changeData } from '../outbox-event.ts'
import { authorStamper } from './authors.ts'
import { updateBytes, updateDeleter, updateInserter } from './large-updates.ts'
import {
  deletedDocument,
  deletedNameCheck,
  documentFinder,
  headOfDocument,
  unknownDocument,
} from './log-reader.ts'
import type {
  Creation,
  Handlers,
  PackedBatch,
  PackedDocument,
  PackedSnapshot,
  LogWriterOperations,
} from './operations.ts'
import type { OutboxLog } from './outbox-log.ts'
import { unpack } from './packed.ts'
import { committingOn } from './transaction.ts'

/**
 * The writing half of the log. Each operation is one commit, durable when it returns `ok`. `writer`: what this
 * opening is known by (Origin).
 */
export const createLogWriter = (
  db: Database,
  file: string,
  { writer, outbox }: { readonly writer: number; readonly outbox: OutboxLog },
): Handlers<LogWriterOperations> => {
  const committing = committingOn(db, file)
  const find = documentFinder(db)
  const isDeleted = deletedNameCheck(db)
  const stamp = authorStamper(db)
  const insertDocument = db.prepare<[string, number, number]>(`
    INSERT INTO documents (name, epoch, created_at) VALUES (?, ?, ?)`)
  const headOf = db
    .prepare<[number], number>(`SELECT ${headOfDocument} FROM documents WHERE id = ?`)
    .pluck()
  const insertUpdate = updateInserter(db)
  const foldedIn = db
    .prepare<[number], number>('SELECT through_seq FROM snapshots WHERE doc = ?')
    .pluck()
  const putSnapshot = db.prepare<(number | Uint8Array | undefined)[]>(`
    INSERT INTO snapshots (doc, through_seq, at, state_vector, delete_set, bytes)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (doc) DO UPDATE SET through_seq = excluded.through_seq, at = excluded.at,
      state_vector = excluded.state_vector, delete_set = excluded.delete_set,
      bytes = excluded.bytes`)
  const putIndex = db.prepare<[number, number, Uint8Array]>(`
    INSERT INTO snapshot_indexes (doc, through_seq, bytes) VALUES (?, ?, ?)
    ON CONFLICT (doc) DO UPDATE SET through_seq = excluded.through_seq, bytes = excluded.bytes`)
  const keepWriter = db.prepare<{ doc: number; through: number }>(`
    UPDATE documents SET (folded_writer, folded_at) =
      (SELECT writer, at FROM updates WHERE doc = :doc AND seq = :through) WHERE id = :doc`)
  const deleteFolded = updateDeleter(db)

  // the same bytes, sent again by one who still has them, are kept once
  const quarantine = db.prepare<{ doc: number; seq: number; at: number; problem: string }>(`
    INSERT INTO quarantine (doc, seq, at, quarantined_at, problem, bytes)
    SELECT doc, seq, at, :at, :problem, ${updateBytes} AS taken FROM updates
    WHERE doc = :doc AND seq = :seq AND NOT EXISTS (
      SELECT 1 FROM quarantine AS kept WHERE kept.doc = :doc AND kept.bytes = taken)`)
  const isInTail = db
    .prepare<[number, number], number>('SELECT 1 FROM updates WHERE doc = ? AND seq = ?')
    .pluck()

  const create = ({ name, epoch, at }: Creation): Result<PackedDocument, StorageProblem> => {
    const found = find(name)
    if (found === null && isDeleted(name)) return deletedDocument(name, file)
    if (found !== null) return ok(found)
    insertDocument.run(name, epoch, at)
    const document = find(name)
    if (document === null) return err({ kind: 'io', message: `${file} lost what it created` })
    const { id, head } = document
    const data = changeData({ id, name, epoch, head }, [])
    outbox.put({ kind: 'document.created', document: name, at, data })
    return ok(document)
  }

  const append = (batch: PackedBatch): Result<Appended[], StorageProblem> => {
    const updates = unpack(batch.packed)
    const landed: Appended[] = []
    let next = 0
    for (const [i, doc] of batch.docs.entries()) {
      const entry = updates.slice(next, (next += batch.counts[i] ?? 0))
      const head = headOf.get(doc)
      if (head === undefined) return unknownDocument(doc, file)
      for (const [n, bytes] of entry.entries())
        insertUpdate({ doc, seq: head + 1 + n, at: batch.at, bytes, writer })
      landed.push({ doc, first: seq(head + 1), last: seq(head + entry.length), writer })
      outbox.changed(doc, batch.at, batch.users?.[i] ?? [])
    }
    for (const { doc, ranges } of batch.authors ?? []) stamp(doc, ranges)
    return ok(landed)
  }

  const compact = (snapshot: PackedSnapshot): Result<boolean, StorageProblem> => {
    const { doc, through, at, quarantined, packed } = snapshot
    const head = headOf.get(doc)
    if (head === undefined) return unknownDocument(doc, file)
    if (through > head)
      return err({
        kind: 'corrupt',
        message: `snapshot of document ${doc} covers update ${through}, its log in ${file} ends at ${head}`,
      })
    if (through <= (foldedIn.get(doc) ?? 0)) return ok(false) // R14: never replace what covers as much
    for (const { seq: number, problem } of quarantined) {
      if (number > through || isInTail.get(doc, number) === undefined)
        return err({
          kind: 'corrupt',
          message: `update ${number} of document ${doc}, to be quarantined, is not among those up to ${through} in ${file}`,
        })
      quarantine.run({ doc, seq: number, at, problem })
    }
    const [stateVector, deleteSet, bytes, index] = unpack(packed)
    putSnapshot.run(doc, through, at, stateVector, deleteSet, bytes)
    if (index !== undefined) putIndex.run(doc, through, index) // one of an older snapshot is not read
    keepWriter.run({ doc, through })
    deleteFolded(doc, through)
    return ok(true)
  }

  return {
    create: (creation) => committing('create a document', () => create(creation)),
    append: (batch) =>
      committing(`append ${batch.packed.sizes.length} updates`, () => append(batch)),
    compact: (snapshot) =>
      committing(`store a snapshot of document ${snapshot.doc}`, () => compact(snapshot)),
  }
}
