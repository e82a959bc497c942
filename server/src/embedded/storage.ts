import type { Observe } from '../ports/observe.ts'
import type { Storage } from '../ports/storage.ts'
import { createMemory, createMemoryStorage } from '../storage/memory.ts'
import { openSqliteStorage } from '../storage/sqlite/open.ts'

/**
 * How to open a storage in a directory.
 *
 * @example
 * ```ts
 * import { sqliteStorage, type SqliteStorageOptions } from '@quire/server'
 *
 * const options: SqliteStorageOptions = {
 *   dataDir: '/var/lib/notes',
 *   synchronous: 'normal', // a power cut may take the last moments, a crash of the process nothing
 * }
 *
 * export const storage = await sqliteStorage(options)
 * ```
 */
export interface SqliteStorageOptions {
  /** Holds the database and its lock; made, with its parents, for this user only. */
  readonly dataDir: string
  /**
   * `full`, the default: what is acknowledged survives a power cut. `normal`: it survives any crash of the process, but
   * a power cut or a crash of the machine may take the last moments.
   */
  readonly synchronous?: 'full' | 'normal'
  /**
   * Whether a copy of a database that an earlier version of Quire wrote is kept beside it, before its schema changes:
   * `quire-before-schema-….db`. True where it is absent.
   */
  readonly migrationBackup?: boolean
  /** Hears of a migration: `migrating`, and `migrated` with the place of the copy. */
  readonly observe?: Observe
}

/**
 * Opens a storage in a directory, which is made where it is missing and belongs to this process until the storage is
 * closed. Throws an error that says what is wrong: no permission, in use by another process, or not Quire's.
 *
 * @example
 * ```ts
 * import { createQuire, openAuth, sqliteStorage } from '@quire/server'
 *
 * const storage = await sqliteStorage({ dataDir: './documents' })
 * export const quire = createQuire({ storage, authorize: openAuth })
 * ```
 */
export const sqliteStorage = async (options: SqliteStorageOptions): Promise<Storage> => {
  const opened = await openSqliteStorage(options)
  if (opened.ok) return opened.value
  throw new Error(opened.error.message, { cause: opened.error })
}

/**
 * A storage that is gone with the process: for tests, and for documents that nobody has to keep.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth } from '@quire/server'
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth })
 * ```
 */
export const memoryStorage = (): Storage => createMemoryStorage(createMemory())
