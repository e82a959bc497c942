import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Update } from '@quire/shared'
import { migrate, migrations } from '../schema.ts'

/** A document that a former version has kept. */
export interface EarlierDocument {
  readonly name: string
  readonly updates: readonly Update[]
}

/** The schema version before the newest one. */
export const PREVIOUS_SCHEMA = migrations.length - 1

/** Writes the database of a data directory as a program left it that knew only so many schema versions, 1 or more. */
export const writeEarlier = (
  dataDir: string,
  version: number,
  documents: readonly EarlierDocument[],
): void => {
  const file = join(dataDir, 'quire.db')
  const db = new Database(file)
  migrate(db, file, migrations.slice(0, version))
  db.pragma('journal_mode = WAL')
  const document = db.prepare<[string]>(
    'INSERT INTO documents (name, epoch, created_at) VALUES (?, 7, 0)',
  )
  const update = db.prepare<[number, number, Uint8Array]>(
    'INSERT INTO updates (doc, seq, at, bytes) VALUES (?, ?, 0, ?)',
  )
  for (const { name, updates } of documents) {
    const id = Number(document.run(name).lastInsertRowid)
    for (const [at, bytes] of updates.entries()) update.run(id, at + 1, bytes)
  }
  db.close()
}
