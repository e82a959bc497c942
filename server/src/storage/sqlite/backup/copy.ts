/* The database as it is at one moment, copied while others write. */
import { closeSync, openSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { headOfDocument } from '../log-reader.ts'

/** Pages of one step: 4 MiB, between which it is looked whether to go on. */
const STEP_PAGES = 1_024

/** What the copy is of. */
export interface Copied {
  readonly at: Date
  readonly schemaVersion: number
  readonly pageSize: number
  readonly documents: number
  readonly heads: number
  /** How much the WAL grew meanwhile, and how long it took. */
  readonly walBytes: number
  readonly copyMs: number
}

/** How to copy. */
export interface CopyOptions {
  readonly file: string
  /** Not there yet. */
  readonly to: string
  /** Most that the WAL may grow by, as it cannot be emptied while it is read from. */
  readonly maxWalBytes: number
  readonly signal: AbortSignal
  readonly onBytes: (done: number, total: number) => void
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/**
 * Copies a database that others may write to. Throws what SQLite throws.
 *
 * The read transaction is begun on the very connection that is copied from: its steps then see one snapshot. Without
 * it each commit of another process makes the copy begin anew, which under load it never ends of.
 */
export const copyDatabase = async (options: CopyOptions): Promise<Copied> => {
  const { file, to, maxWalBytes, signal, onBytes } = options
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  try {
    const wal = `${file}-wal`
    const before = sizeOf(wal)
    const startedAt = performance.now()
    db.exec('BEGIN')
    const facts = db
      .prepare<[], { documents: number; heads: number }>(
        `SELECT count(*) AS documents, coalesce(sum(${headOfDocument}), 0) AS heads FROM documents
         WHERE NOT EXISTS (SELECT 1 FROM deleted_documents WHERE doc = id)`,
      )
      .get()
    if (facts === undefined) throw new Error(`${file}: count(*) gave no row`)
    const at = new Date()
    const pageSize = Number(db.pragma('page_size', { simple: true }))
    let grown = 0
    closeSync(openSync(to, 'wx', 0o600)) // SQLite would make it readable for others
    await db.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted()
        grown = Math.max(grown, sizeOf(wal) - before)
        if (grown > maxWalBytes)
          throw new Error(
            `${wal} has grown by ${grown} bytes while the database was copied, limit ${maxWalBytes}: ` +
              'copy to a faster disk, at a quieter time, or set --max-wal-bytes',
          )
        onBytes((totalPages - remainingPages) * pageSize, totalPages * pageSize)
        return STEP_PAGES
      },
    })
    return {
      at,
      ...facts,
      pageSize,
      schemaVersion: Number(db.pragma('user_version', { simple: true })),
      walBytes: grown,
      copyMs: performance.now() - startedAt,
    }
  } finally {
    db.close()
  }
}
