import { randomInt } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { createAuthorReader } from './authors.ts'
import { createCatalogueReader, createCatalogueWriter } from './catalogue.ts'
import { type Checkpointed, createCheckpointer } from './checkpoint.ts'
import { openReaderConnection, openWriterConnection, type MigrationEvent } from './connection.ts'
import { createLogReader } from './log-reader.ts'
import { createLogWriter } from './log-writer.ts'
import type { OpenProblem, ThreadOptions } from './messages.ts'
import type { Handlers, ReaderOperations, WriterOperations } from './operations.ts'
import { createPatchReader, createPatchWriter } from './patches.ts'
import { attemptValue } from './problem.ts'
import { createRevocations } from './revocations.ts'
import { createVersionReader, createVersionWriter } from './versions.ts'

/** Performs one operation. */
export type Handle = (ask: unknown) => Result<unknown, StorageProblem>

/** An open connection and what can be asked of it. All of it is synchronous and does not throw. */
export interface Service {
  readonly handlers: Readonly<Record<string, Handle>>
  /** Runs after each answer has left. */
  readonly afterAnswer: () => Checkpointed | null
  readonly close: () => void
}

// Both ends of the port compile against operations.ts, so each `ask` is what its handler takes.
const asHandlers = (handlers: object) => handlers as Record<string, Handle>

const writerHandlers = (db: Database, file: string): Handlers<WriterOperations> => {
  // chosen as the file is opened, and never read from it: a copy of the file does not repeat it
  const writer = randomInt(1, 2 ** 31)
  return {
    ...createLogWriter(db, file, writer),
    ...createCatalogueWriter(db, file, writer),
    ...createVersionWriter(db, file),
    ...createPatchWriter(db, file),
    ...createRevocations(db, file),
  }
}

const readerHandlers = (db: Database, file: string): Handlers<ReaderOperations> => ({
  ...createLogReader(db, file),
  ...createCatalogueReader(db, file),
  ...createAuthorReader(db, file),
  ...createVersionReader(db, file),
  ...createPatchReader(db, file),
})

/** Opens the connection that `options` describe; `tell` hears of a migration. */
export const openService = (
  options: ThreadOptions,
  tell: (event: MigrationEvent) => void,
): Result<Service, OpenProblem> => {
  const { file } = options
  const opened =
    options.role === 'writer'
      ? openWriterConnection(file, options.synchronous, {
          backup: options.migrationBackup ?? true,
          tell,
        })
      : openReaderConnection(file)
  if (!opened.ok) return opened
  const db = opened.value
  const prepared = attemptValue('prepare the statements', file, () =>
    options.role === 'writer'
      ? {
          handlers: asHandlers(writerHandlers(db, file)),
          afterAnswer: createCheckpointer(db, file),
        }
      : { handlers: asHandlers(readerHandlers(db, file)), afterAnswer: () => null },
  )
  if (!prepared.ok) {
    db.close()
    return prepared
  }
  // The last connection to close, the writer's, moves the WAL into the database and removes it.
  return ok({ ...prepared.value, close: () => db.close() })
}
