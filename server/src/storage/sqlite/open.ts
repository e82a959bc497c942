import { randomInt } from 'node:crypto'
import type { Millis, Result } from '@quire/shared'
import { err, ok } from '@quire/shared'
import type { Observe } from '../../ports/observe.ts'
import type { StorageProblem } from '../../ports/storage.ts'
import type { Synchronous } from './connection.ts'
import { prepareDataDir } from './data-dir.ts'
import type { ReaderOperations, WriterOperations } from './operations.ts'
import { claimDataDir, type InUse } from './owner.ts'
import type { WrongFile } from './schema.ts'
import { createSqliteStorage, type SqliteStorage, systemNow } from './sqlite-storage.ts'
import { startThread, type Thread } from './thread.ts'

/** How to open a SQLite storage. */
export interface SqliteOptions {
  /** Holds the database and its lock; created, with its parents, for this user only. */
  readonly dataDir: string
  /**
   * `full`, the default: what is acknowledged survives a power cut. `normal`: it survives any crash
   * of the process, but a power cut or a crash of the machine may take the last moments.
   */
  readonly synchronous?: Synchronous
  /**
   * Whether a copy of a database of an earlier schema version is kept beside it before it is brought to this one's;
   * true where it is absent.
   */
  readonly migrationBackup?: boolean
  /** Hears of a migration: `migrating` and `migrated`. */
  readonly observe?: Observe
  /** Where this process serves: told to whoever tries to open the same directory. */
  readonly url?: string
  /** Wall-clock time for created and folded documents; the machine's where it is absent. */
  readonly now?: () => Millis
}

/** Why a SQLite storage did not open. None of it is left open or locked. */
export type SqliteOpenProblem = StorageProblem | InUse | WrongFile

// Random rather than counted: a data directory restored from a backup must not repeat an epoch.
const newEpoch = (): number => randomInt(1, 2 ** 48 - 1)

/**
 * Opens the storage in a data directory, which belongs to this process until `close()` or its end.
 * Two threads work for it, one writes and one reads; the event loop only packs and unpacks.
 */
export const openSqliteStorage = async (
  options: SqliteOptions,
): Promise<Result<SqliteStorage, SqliteOpenProblem>> => {
  const { dataDir, synchronous = 'full', migrationBackup = true, url, now = systemNow } = options
  const prepared = prepareDataDir(dataDir)
  if (!prepared.ok) return prepared
  const { path, file } = prepared.value
  const claimed = claimDataDir(path, {
    startedAt: new Date(now()),
    ...(url !== undefined && { url }),
  })
  if (!claimed.ok) return claimed
  const { release } = claimed.value

  // Both start at once, as starting takes longest; the reader opens second: the writer's opening
  // creates the file, or recovers it after a crash, and the reader may do neither.
  const writer: Thread<WriterOperations> = startThread(
    { role: 'writer', file, synchronous, migrationBackup },
    (event) => options.observe?.event(event),
  )
  const reader: Thread<ReaderOperations> = startThread({ role: 'reader', file })
  const storage = createSqliteStorage({ file, writer, reader, now, epoch: newEpoch, release })
  const writerOpened = await writer.open()
  const opened = writerOpened.ok ? await reader.open() : writerOpened
  if (opened.ok) return ok(storage)
  await storage.close()
  return err(opened.error)
}
