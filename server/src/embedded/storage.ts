import type { Storage } from '../ports/storage.ts'
import { createMemory, createMemoryStorage } from '../storage/memory.ts'
import { openSqliteStorage, type SqliteOptions } from '../storage/sqlite/open.ts'

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
export const sqliteStorage = async (options: SqliteOptions): Promise<Storage> => {
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
