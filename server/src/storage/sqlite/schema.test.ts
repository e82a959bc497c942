import Database from 'better-sqlite3'
import { join } from 'node:path'
import { seq } from '@quire/shared'
import { expect, onTestFinished, test } from 'vitest'
import { appendTexts, kindOf, openId, snapshotOf, textsIn, unwrap } from '../contract/fixture.ts'
import { applicationId, migrate, migrations } from './schema.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const openDatabase = (file: string): Database.Database => {
  const db = new Database(file)
  onTestFinished(() => {
    db.close()
  })
  return db
}

const pragma = (db: Database.Database, name: string) => db.pragma(name, { simple: true })

const addLabels = 'ALTER TABLE documents ADD COLUMN label TEXT'

/** A storage on a file as a version wrote it, with a document that has a snapshot and a tail. */
const openWrittenBy = async (version: number) => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  const db = openDatabase(file)
  migrate(db, file, migrations.slice(0, version))
  db.exec(`
    INSERT INTO documents (id, name, epoch, created_at) VALUES (1, 'notes', 7, 0);
    INSERT INTO snapshots (doc, through_seq, at, state_vector, delete_set, bytes)
      VALUES (1, 2, 0, x'00', x'00', CAST('ab' AS BLOB));
    INSERT INTO updates (doc, seq, at, bytes) VALUES (1, 3, 0, CAST('c' AS BLOB))`)
  db.close()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  expect(await textsIn(storage, doc)).toEqual({ head: 3, snapshot: 'ab', tail: ['c'] })
  return { storage, doc }
}

test('an empty file, version 0, becomes the newest version', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = openDatabase(file)
  expect(pragma(db, 'user_version')).toBe(0)
  expect(migrate(db, file)).toEqual({ ok: true, value: undefined })
  expect(pragma(db, 'user_version')).toBe(migrations.length)
  expect(pragma(db, 'application_id')).toBe(applicationId)
  expect(migrate(db, file)).toEqual({ ok: true, value: undefined })
})

test('a file of version 1 keeps its documents on the way to later versions', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  expect(migrate(openDatabase(file), file, migrations.slice(0, 1)).ok).toBe(true)
  const before = await openLoopStorage(dataDir)
  const doc = await openId(before)
  await appendTexts(before, doc, 'a', 'b')
  await before.close()

  const db = openDatabase(file)
  const later = [...migrations, addLabels, `UPDATE documents SET label = 'moved'`]
  expect(migrate(db, file, later).ok).toBe(true)
  expect(pragma(db, 'user_version')).toBe(migrations.length + 2)
  expect(db.prepare('SELECT name, label FROM documents').all()).toEqual([
    { name: 'notes', label: 'moved' },
  ])
  expect(db.prepare('SELECT count(*) FROM updates').pluck().get()).toBe(2)
})

test('a file of version 1 as it was written gains an empty quarantine', async () => {
  const { storage, doc } = await openWrittenBy(1)
  expect(await storage.quarantined(doc)).toEqual({ ok: true, value: [] })
  const quarantined = [{ seq: seq(3), problem: 'broken' }]
  expect(await storage.compact(doc, snapshotOf(3, 'ab'), quarantined)).toMatchObject({ ok: true })
  expect(await storage.quarantined(doc)).toMatchObject({ value: [{ seq: 3 }] })
  expect(await storage.verify()).toEqual({ ok: true, value: [] })
  await storage.close()
})

test('a file of version 2 keeps its snapshots, which get an index with their next fold', async () => {
  const { storage, doc } = await openWrittenBy(2)
  expect(unwrap(await storage.outline(doc)).snapshot?.index).toBe(null)
  expect(unwrap(await storage.compact(doc, snapshotOf(3, 'abc'), []))).toBe(true)
  expect(unwrap(await storage.outline(doc)).snapshot?.index).toEqual(snapshotOf(3, 'abc').index)
  expect(await storage.verify()).toEqual({ ok: true, value: [] })
  await storage.close()
})

test('of a file of version 3 nobody knows who wrote it, and of what is written from then on everybody', async () => {
  const { storage, doc } = await openWrittenBy(3)
  const { writer } = await appendTexts(storage, doc, 'd')
  expect(unwrap(await storage.outline(doc)).origins).toEqual([
    { from: 2, writer: 0 },
    { from: 4, writer },
  ])
  await storage.close()
})

test('a migration that fails leaves the old version, whole', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  const db = openDatabase(file)
  migrate(db, file)
  expect(migrate(db, file, [...migrations, addLabels, 'SELECT nonsense FROM nowhere'])).toEqual({
    ok: false,
    error: {
      kind: 'io',
      message:
        `${file}: cannot migrate from schema version ${migrations.length} to ` +
        `${migrations.length + 2}: no such table: nowhere (SQLITE_ERROR)`,
    },
  })
  expect(pragma(db, 'user_version')).toBe(migrations.length)
  expect(() => db.prepare('SELECT label FROM documents')).toThrow('no such column')
  db.close()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'a')
  expect((await textsIn(storage, doc)).tail).toEqual(['a'])
  await storage.close()
})

test('a file of a later Quire is refused, naming both versions', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = openDatabase(file)
  migrate(db, file, [...migrations, addLabels])
  expect(migrate(db, file)).toEqual({
    ok: false,
    error: {
      kind: 'newer-schema',
      message:
        `${file} has schema version ${migrations.length + 1}, this Quire knows versions up to ` +
        `${migrations.length}: it was written by a later Quire, start that one`,
    },
  })
})

test('a SQLite file of another program is refused and stays as it was', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = openDatabase(file)
  db.exec('CREATE TABLE documents (title TEXT)')
  expect(kindOf(migrate(db, file))).toBe('foreign-file')
  db.pragma('application_id = 0x0f055111')
  expect(migrate(db, file)).toMatchObject({
    error: { kind: 'foreign-file', message: expect.stringContaining('application_id 0xf055111') },
  })
  expect(pragma(db, 'user_version')).toBe(0)
  expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['documents'])
})
