/*
 * A backup becomes the database of a data directory. What was there is put aside and never deleted:
 *
 *   1  quire-restore.tmp    every chunk, and the whole, is checked; on disk
 *   2  quire.db             what its WAL holds goes into it, or the WAL would be taken for that of the new one
 *   3  replaced-<time>.db   a second name of it
 *   4  quire.db             the new one takes the name, in one step
 *
 * Ended before 4, the directory is as it was; a rest of 1 is overwritten by the next restore.
 */
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../../ports/storage.ts'
import { prepareDataDir, syncDirectory } from '../data-dir.ts'
import { claimDataDir, type InUse } from '../owner.ts'
import { problemFrom } from '../problem.ts'
import { migrations } from '../schema.ts'
import { assemble } from './assemble.ts'
import { ChunkError } from './chunks.ts'
import { type Manifest, nameOfTime } from './manifest.ts'
import { chooseBackup } from './target.ts'

/** How to restore. */
export interface RestoreOptions {
  readonly target: string
  /** The newest backup that is not of after this time (ISO 8601); absent: the newest one. */
  readonly at?: string | undefined
  readonly dataDir: string
  /** Whether documents that are there may be put aside. */
  readonly replace: boolean
  readonly now: Date
  readonly signal: AbortSignal
  readonly onBytes: (done: number, total: number) => void
}

/** A restore that is done. */
export interface Restored {
  readonly manifest: Manifest
  /** Where the database is that was there before; null where there was none. */
  readonly replaced: string | null
}

/** Why nothing was restored; the directory is as it was. */
export type RestoreProblem =
  | StorageProblem
  | InUse
  | { readonly kind: 'backup' | 'not-empty' | 'newer-schema'; readonly message: string }

const problem = (
  kind: 'backup' | 'not-empty' | 'newer-schema',
  message: string,
): Result<never, RestoreProblem> => err({ kind, message })

/** Restores a backup into a data directory that no process owns. Never throws. */
export const restore = async (
  options: RestoreOptions,
): Promise<Result<Restored, RestoreProblem>> => {
  const { target, at, now, signal, onBytes } = options
  try {
    const chosen = chooseBackup(target, at)
    if (!chosen.ok) return problem('backup', chosen.error)
    const manifest = chosen.value
    const { schemaVersion, version } = manifest
    if (schemaVersion > migrations.length)
      return problem(
        'newer-schema',
        `the backup of ${manifest.at} has schema version ${schemaVersion}, this Quire knows versions up to ` +
          `${migrations.length}: it was made by Quire ${version}, restore it with that one or a later one`,
      )
    const prepared = prepareDataDir(options.dataDir)
    if (!prepared.ok) return prepared
    const { path, file } = prepared.value
    const claimed = claimDataDir(path, { startedAt: now })
    if (!claimed.ok) return claimed
    const temporary = join(path, 'quire-restore.tmp')
    try {
      const documents = documentsIn(file)
      if (documents !== 0 && !options.replace)
        return problem(
          'not-empty',
          `${file} holds ${documents ?? 'what does not read as'} documents; with --replace it is put aside`,
        )
      await assemble({ target, manifest, to: temporary, signal, onBytes })
      const replaced = putAside(file, join(path, `replaced-${nameOfTime(now.toISOString())}.db`))
      syncDirectory(path) // first the second name: a power cut must not leave neither of both
      renameSync(temporary, file)
      syncDirectory(path)
      return ok({ manifest, replaced })
    } finally {
      rmSync(temporary, { force: true })
      claimed.value.release()
    }
  } catch (thrown) {
    if (thrown instanceof ChunkError) return problem('backup', thrown.message)
    return err(problemFrom(thrown, 'restore the backup', target))
  }
}

/** How many documents a database has; 0 where there is none, null where it does not say. */
const documentsIn = (file: string): number | null => {
  if (!existsSync(file)) return 0
  try {
    const db = new Database(file)
    try {
      const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
      if (isEmpty) return 0
      return db.prepare<[], number>('SELECT count(*) FROM documents').pluck().get() ?? null
    } finally {
      db.close()
    }
  } catch {
    return null // damaged, or another program's: whoever restores decides
  }
}

const putAside = (file: string, to: string): string | null => {
  if (!existsSync(file)) return null
  const [wal, shm] = [`${file}-wal`, `${file}-shm`]
  emptyWal(file)
  // left only where the database is too damaged to be opened: what the WAL has is kept beside it
  if (existsSync(wal)) renameSync(wal, `${to}-wal`)
  rmSync(shm, { force: true })
  try {
    linkSync(file, to)
  } catch {
    renameSync(file, to) // a file system without links
  }
  return to
}

/** The last connection that closes moves the WAL into the database, and removes it. */
const emptyWal = (file: string): void => {
  try {
    const db = new Database(file, { timeout: 5_000 })
    try {
      db.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      db.close()
    }
  } catch {
    // the WAL is put aside with the damaged database
  }
}
