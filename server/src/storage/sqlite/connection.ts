import Database from 'better-sqlite3'
import { ok, type Result } from '@quire/shared'
import type { QuireEvent } from '../../ports/observe.ts'
import type { StorageProblem } from '../../ports/storage.ts'
import { copyBefore, copyBytes } from './migration-backup.ts'
import { attempt, attemptValue } from './problem.ts'
import { migrate, migrationOf, type WrongFile } from './schema.ts'

/** When a commit counts as done: on the disk, or with the operating system. */
export type Synchronous = 'full' | 'normal'

/** What is told of a migration. */
export type MigrationEvent = Extract<QuireEvent, { kind: 'migrating' | 'migrated' }>

/** What is to be done about a file of an earlier schema version. */
export interface Migrating {
  /** Whether a copy of it is kept; an empty file has none. */
  readonly backup: boolean
  readonly tell: (event: MigrationEvent) => void
}

const COPIED_AND_NOT_TOLD: Migrating = { backup: true, tell: () => undefined }

/** How long to wait for a lock that a backup or a shell holds before answering `busy`. */
const busyTimeoutMs = 5_000
/** Page cache of the writer: the inner pages of every tree and the leaves of the busy documents. */
const writerCacheKiB = 16_384
/** Page cache of the reader: inner pages; content is read once and lives in the system's cache. */
const readerCacheKiB = 4_096
/** A WAL file that grew beyond this under load is cut back to it when it is next reused. */
const walLimitBytes = 64 * 1024 * 1024

/**
 * Opens the one connection that writes, bringing the file to the newest schema.
 *
 * WAL: readers see the last commit while the next is written, and a commit is one sequential write.
 * `full` fsyncs the WAL in every commit; `normal` only in checkpoints, so a power cut (not a crash of
 * the process) may take the last commits. Checkpoints are ours (see checkpoint.ts), so SQLite's
 * automatic one, which runs inside a COMMIT and holds up its ack, is off. No mmap: an I/O error on
 * mapped pages is a SIGBUS that ends the process, on read pages it is an error code.
 */
export const openWriterConnection = (
  file: string,
  synchronous: Synchronous,
  migrating: Migrating = COPIED_AND_NOT_TOLD,
): Result<Database.Database, StorageProblem | WrongFile> =>
  attempt('open the database', file, () => {
    const db = new Database(file, { timeout: busyTimeoutMs })
    const migrated = attempt('open the database', file, () => {
      // First the look inside: journal_mode writes to the header, also of a file that is not ours.
      const prepared = bringForward(db, file, migrating)
      if (!prepared.ok) return prepared
      db.pragma('journal_mode = WAL')
      // After journal_mode: better-sqlite3 is built to fall back to NORMAL when WAL is switched on.
      db.pragma(`synchronous = ${synchronous}`)
      db.pragma('foreign_keys = ON')
      db.pragma('wal_autocheckpoint = 0')
      db.pragma(`journal_size_limit = ${walLimitBytes}`)
      db.pragma(`cache_size = -${writerCacheKiB}`)
      db.pragma('temp_store = MEMORY')
      db.pragma('trusted_schema = OFF')
      return ok(db)
    })
    if (!migrated.ok) db.close()
    return migrated
  })

/** Nobody else writes to the file between the copy and the migration: its directory is claimed (owner.ts). */
const bringForward = (
  db: Database.Database,
  file: string,
  { backup, tell }: Migrating,
): Result<void, StorageProblem | WrongFile> => {
  const migration = migrationOf(db, file)
  if (!migration.ok) return migration
  const { from, to } = migration.value
  if (from === 0 || from === to) return migrate(db, file)
  tell({ kind: 'migrating', from, to, bytes: copyBytes(db) })
  const beganAt = performance.now()
  const copy = backup ? copyBefore(db, file, { from, to }) : ok(null)
  if (!copy.ok) return copy
  const copiedAt = performance.now()
  const migrated = migrate(db, file)
  if (!migrated.ok) return migrated
  tell({
    kind: 'migrated',
    from,
    to,
    backup: copy.value,
    backupMs: Math.round(copiedAt - beganAt),
    migrateMs: Math.round(performance.now() - copiedAt),
  })
  return migrated
}

/** Opens a connection that only reads; the writer's must have been opened before. */
export const openReaderConnection = (file: string): Result<Database.Database, StorageProblem> =>
  attemptValue('open the database for reading', file, () => {
    const db = new Database(file, { readonly: true, timeout: busyTimeoutMs })
    db.pragma(`cache_size = -${readerCacheKiB}`)
    db.pragma('trusted_schema = OFF')
    return db
  })
