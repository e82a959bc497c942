/*
 * A data directory as somebody reads it who does not own it: of a running server, or of none. Nothing in it is changed;
 * each answer is of one commit. A database of another schema is refused by name, as only its owner may migrate it.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import type { Catalogue, Storage, StorageProblem } from '../../ports/storage.ts'
import { createAuthorReader } from './authors.ts'
import { createCatalogueReader } from './catalogue.ts'
import { openReaderConnection } from './connection.ts'
import { createLogReader } from './log-reader.ts'
import type { OpenProblem } from './messages.ts'
import { attempt } from './problem.ts'
import { applicationId, migrations } from './schema.ts'
import { contentFrom } from './sqlite-storage.ts'

/** What can be read of a data directory. */
export type SqliteReading = Pick<Catalogue, 'list' | 'find' | 'authors'> &
  Pick<Storage, 'read' | 'close'>

/** Why nothing can be read of it. */
export type ReadingProblem =
  | OpenProblem
  | { readonly kind: 'no-database' | 'older-schema'; readonly message: string }

/** Opens the database of a data directory for reading, beside whoever owns it. Reads hold up the event loop. */
export const openSqliteReading = (dataDir: string): Result<SqliteReading, ReadingProblem> => {
  const file = join(dataDir, 'quire.db')
  if (!existsSync(file) || statSync(file).size === 0)
    return err({ kind: 'no-database', message: `${dataDir} holds no documents of Quire` })
  const opened = openReaderConnection(file)
  if (!opened.ok) return opened
  const db = opened.value
  const prepared = attempt<SqliteReading, ReadingProblem | StorageProblem>(
    'read the database',
    file,
    () => {
      const wrong = wrongSchema(db, file)
      return wrong === null ? ok(readingOf(db, file)) : err(wrong)
    },
  )
  if (!prepared.ok) db.close()
  return prepared
}

const readingOf = (db: Database, file: string): SqliteReading => {
  const log = createLogReader(db, file)
  const catalogue = createCatalogueReader(db, file)
  const authors = createAuthorReader(db, file)
  return {
    list: async (question) => catalogue.list(question),
    find: async (name) => catalogue.facts(name),
    authors: async (doc) => authors.authors(doc),
    read: async (doc) => {
      const read = log.read(doc)
      return read.ok ? ok(contentFrom(read.value)) : read
    },
    close: async () => void db.close(),
  }
}

const wrongSchema = (db: Database, file: string): ReadingProblem | null => {
  const read = (pragma: string): number => Number(db.pragma(pragma, { simple: true }))
  if (read('application_id') !== applicationId)
    return { kind: 'foreign-file', message: `${file} is a SQLite file of another program` }
  const [version, known] = [read('user_version'), migrations.length]
  const message = `${file} has schema version ${version}, this Quire reads version ${known}`
  if (version > known)
    return {
      kind: 'newer-schema',
      message: `${message}: it was written by a later Quire, use that one`,
    }
  return version < known
    ? { kind: 'older-schema', message: `${message}: quire serve brings it up to date` }
    : null
}
