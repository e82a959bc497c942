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
import { createOutboxReader, createOutboxWriter } from './outbox.ts'
import { OutboxLog } from './outbox-log.ts'
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

const writerHandlers = (db: Database, file: string): Readonly<Record<string, Handle>> => {
  // chosen as the file is opened, and never read from it: a copy of the file does not repeat it
  const writer = randomInt(1, 2 ** 31)
  const outbox = new OutboxLog(db)
  const handlers: Handlers<WriterOperations> = {
    ...createLogWriter(db, file, { writer, outbox }),
    ...createCatalogueWriter(db, file, { writer, outbox }),
    ...createVersionWriter(db, file, outbox),
    ...createPatchWriter(db, file),
    ...createRevocations(db, file),
    ...createOutboxWriter(db, file, outbox),
  }
  return following(asHandlers(handlers), outbox)
}

/** Each operation is one transaction, and what is kept in memory of it is as the file has it. */
const following = (
  handlers: Readonly<Record<string, Handle>>,
  outbox: OutboxLog,
): Readonly<Record<string, Handle>> =>
  Object.fromEntries(
    Object.entries(handlers).map(([op, handle]) => [
      op,
      (ask: unknown) => {
        const result = handle(ask)
        outbox.ended(result.ok)
        return result
      },
    ]),
  )

const readerHandlers = (db: Database, file: string): Handlers<ReaderOperations> => ({
  ...createLogReader(db, file),
  ...createCatalogueReader(db, file),
  ...createAuthorReader(db, file),
  ...createVersionReader(db, file),
  ...createPatchReader(db, file),
  ...createOutboxReader(db, file),
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
          handlers: writerHandlers(db, file),
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
