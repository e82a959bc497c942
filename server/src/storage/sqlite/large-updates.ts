/*
 * The rows of `updates`, and the bytes of large ones beside them:
 *
 *   updates        (doc 1, seq 7)  at, bytes 'abc', writer, large null
 *                  (doc 1, seq 8)  at, bytes '',    writer, large 5   ┐
 *   large_updates  5  bytes …                                         ┘
 *
 * A row of `updates` is a key to SQLite: to compare one that does not fit its page it reads the row whole, through all
 * of its overflow pages, and so does every search that passes it, also one for another document. A row of
 * `large_updates` is found by a number.
 */
import Database from 'better-sqlite3'
import type { DocId } from '@quire/shared'

/**
 * The most bytes of an update that stand in its row. A page of 4096 bytes keeps up to 1002 of a key
 * (sqlite.org/fileformat2.html §1.6: ((4096 - 12) * 64 / 255) - 23); the other columns take up to 35.
 */
export const maxInlineBytes = 960

const ofLarge = (column: string): string =>
  `(SELECT ${column} FROM large_updates WHERE large_updates.id = updates.large)`

/** An update's bytes in SQL, null where what its row names is missing; and how many they are, without reading them. */
export const updateBytes = `iif(large IS NULL, updates.bytes, ${ofLarge('large_updates.bytes')})`
export const updateLength = `iif(large IS NULL, length(updates.bytes), ${ofLarge('length(large_updates.bytes)')})`

/** A row of a document's log. */
export interface UpdateRow {
  readonly doc: number
  readonly seq: number
  readonly at: number
  readonly bytes: Uint8Array
  readonly writer: number
}

const NO_BYTES = new Uint8Array(0)

/** Makes what inserts an update. Runs in a transaction. */
export const updateInserter = (db: Database.Database): ((row: UpdateRow) => void) => {
  const insertSmall = db.prepare<[number, number, number, Uint8Array, number]>(
    'INSERT INTO updates (doc, seq, at, bytes, writer) VALUES (?, ?, ?, ?, ?)',
  )
  const insertLarge = db.prepare<[number, number, number, Uint8Array, number, number | bigint]>(
    'INSERT INTO updates (doc, seq, at, bytes, writer, large) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertBytes = db.prepare<[Uint8Array]>('INSERT INTO large_updates (bytes) VALUES (?)')
  return ({ doc, seq, at, bytes, writer }) => {
    if (bytes.byteLength <= maxInlineBytes) {
      insertSmall.run(doc, seq, at, bytes, writer)
      return
    }
    const large = insertBytes.run(bytes).lastInsertRowid
    insertLarge.run(doc, seq, at, NO_BYTES, writer, large)
  }
}

/** Makes what deletes a document's updates up to a number. Runs in a transaction. */
export const updateDeleter = (db: Database.Database): ((doc: number, through: number) => void) => {
  const deleteBytes = db.prepare<[number, number]>(`
    DELETE FROM large_updates WHERE id IN (
      SELECT large FROM updates WHERE doc = ? AND seq <= ? AND large IS NOT NULL)`)
  const deleteRows = db.prepare<[number, number]>('DELETE FROM updates WHERE doc = ? AND seq <= ?')
  return (doc, through) => {
    deleteBytes.run(doc, through)
    deleteRows.run(doc, through)
  }
}

/** An update as it is read. */
export type TailRow = readonly [bytes: Uint8Array, writer: number]

/**
 * Makes what reads a document's tail: all rows, as compaction deletes what it folds in the commit that stores the
 * snapshot (R14). Throws where bytes are missing. Runs in a transaction.
 */
export const tailReader = (db: Database.Database): ((doc: DocId) => TailRow[]) => {
  // one column, as a join makes reading small ones 1.1 to 1.8 times as slow
  const all = db
    .prepare<[number], [bytesOrLarge: Uint8Array | number, writer: number]>(
      'SELECT iif(large IS NULL, bytes, large), writer FROM updates WHERE doc = ? ORDER BY seq',
    )
    .raw()
  const bytesOf = db
    .prepare<[number], Uint8Array>('SELECT bytes FROM large_updates WHERE id = ?')
    .pluck()
  const find = (large: number, doc: DocId): Uint8Array => {
    const bytes = bytesOf.get(large)
    if (bytes) return bytes
    const message = `large update ${large} of document ${doc} is missing`
    throw new Database.SqliteError(message, 'SQLITE_CORRUPT')
  }
  return (doc) =>
    all
      .all(doc)
      .map(([found, writer]) => [typeof found === 'number' ? find(found, doc) : found, writer])
}
