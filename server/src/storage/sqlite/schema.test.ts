import Database from 'better-sqlite3'
import { join } from 'node:path'
import { docId, seq } from '@quire/shared'
import { expect, onTestFinished, test } from 'vitest'
import {
  appendTexts,
  kindOf,
  nameOf,
  noon,
  openId,
  snapshotOf,
  textsIn,
  unwrap,
} from '../contract/fixture.ts'
import { dueAt, fullPlan, settle, write } from '../contract/outbox-fixture.ts'
import { keepIn, versionOf } from '../contract/versions.ts'
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

test('a file of version 4 keeps all that it holds, and its documents are listed, deleted and versioned', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  const db = openDatabase(file)
  migrate(db, file, migrations.slice(0, 4))
  db.exec(`
    INSERT INTO documents (id, name, epoch, created_at, folded_writer) VALUES
      (1, 'notes', 7, 10, 5), (2, 'empty', 8, 20, 0), (3, 'tail', 9, 30, 0),
      (4, 'wide', 9, 40, 0), (9, 'gone', 1, 1, 0);
    DELETE FROM documents WHERE id = 9;
    INSERT INTO snapshots (doc, through_seq, at, state_vector, delete_set, bytes)
      VALUES (1, 2, 40, x'00', x'00', CAST('ab' AS BLOB));
    INSERT INTO snapshot_indexes (doc, through_seq, bytes) VALUES (1, 2, x'01');
    INSERT INTO quarantine (doc, seq, at, quarantined_at, problem, bytes)
      VALUES (1, 1, 35, 40, 'broken', x'ff');
    INSERT INTO updates (doc, seq, at, bytes, writer) VALUES
      (3, 1, 31, CAST('c' AS BLOB), 5), (3, 2, 32, CAST('dd' AS BLOB), 6),
      (4, 1, 41, zeroblob(5000), 5), (4, 2, 42, CAST('ee' AS BLOB), 6)`)
  db.close()
  const storage = await openLoopStorage(dataDir)
  const question = { prefix: '', search: '', after: null, limit: 10, which: 'present' } as const
  const there = { deletedAt: null }
  expect(unwrap(await storage.list(question))).toEqual([
    { ...there, id: 2, name: 'empty', epoch: 8, head: 0, bytes: 0, createdAt: 20, changedAt: 20 },
    // when it was changed nobody kept; when it was folded is the nearest to it
    { ...there, id: 1, name: 'notes', epoch: 7, head: 2, bytes: 2, createdAt: 10, changedAt: 40 },
    { ...there, id: 3, name: 'tail', epoch: 9, head: 2, bytes: 3, createdAt: 30, changedAt: 32 },
    {
      ...there,
      id: 4,
      name: 'wide',
      epoch: 9,
      head: 2,
      bytes: 5_002,
      createdAt: 40,
      changedAt: 42,
    },
  ])
  const doc = await openId(storage)
  expect(unwrap(await storage.outline(doc))).toMatchObject({
    snapshot: { through: 2, index: Uint8Array.of(1) },
    origins: [{ from: 2, writer: 5 }],
  })
  expect(unwrap(await storage.quarantined(doc))).toMatchObject([{ seq: 1, problem: 'broken' }])
  // large updates that stand in their rows are read and folded beside those that do not
  const wide = await openId(storage, 'wide')
  await appendTexts(storage, wide, 'f'.repeat(5_000))
  const tail = ['\0'.repeat(5_000), 'ee', 'f'.repeat(5_000)]
  expect(await textsIn(storage, wide)).toEqual({ head: 3, snapshot: null, tail })
  unwrap(await storage.compact(wide, snapshotOf(2, 'e'), [{ seq: seq(1), problem: 'broken' }]))
  expect(unwrap(await storage.quarantined(wide))).toMatchObject([{ bytes: new Uint8Array(5_000) }])
  expect((await textsIn(storage, wide)).tail).toEqual(tail.slice(2))
  const { id } = await keepIn(storage, doc, versionOf('ab'))
  unwrap(await storage.remove(doc, noon))
  expect(kindOf(await storage.open(nameOf('notes')))).toBe('deleted')
  expect(unwrap(await storage.version(doc, id))).toMatchObject({ bytes: 2 })
  expect(unwrap(await storage.undelete(doc))).toMatchObject({ id: 1, name: 'notes' })
  // an id that was given once is not given again
  expect(await openId(storage, 'new')).toBe(10)
  expect(await storage.verify()).toEqual({ ok: true, value: [] })
  await storage.close()
})

test('a file of version 5 keeps all that it holds, and tells of what becomes of it', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  const db = openDatabase(file)
  migrate(db, file, migrations.slice(0, 5))
  db.exec(`
    INSERT INTO documents (id, name, epoch, created_at, folded_writer, folded_at) VALUES
      (1, 'notes', 7, 10, 5, 35), (2, char(0) || '2', 8, 20, 0, NULL);
    INSERT INTO deleted_documents (doc, name, deleted_at) VALUES (2, 'gone', 50);
    INSERT INTO snapshots (doc, through_seq, at, state_vector, delete_set, bytes)
      VALUES (1, 2, 40, x'00', x'00', CAST('ab' AS BLOB));
    INSERT INTO updates (doc, seq, at, bytes, writer) VALUES
      (1, 3, 41, CAST('c' AS BLOB), 6), (2, 1, 21, CAST('d' AS BLOB), 6);
    INSERT INTO authors (doc, client, clock, user) VALUES (1, 9, 0, 'ann');
    INSERT INTO creation_keys (key, doc) VALUES ('key', 1);
    INSERT INTO versions (id, doc, seq, at, name, author, bytes) VALUES (4, 1, 2, 40, 'Draft', 'ann', 2);
    INSERT INTO version_states (version, deflated) VALUES (4, x'4b4c0200');
    INSERT INTO revocations (user, access, at) VALUES ('eve', 'none', 45)`)
  const before = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'",
    )
    .pluck()
    .all()
  const rowsOf = (table: string) => db.prepare(`SELECT * FROM ${table}`).all()
  const rows = before.map((table) => [table, rowsOf(table)])
  expect(migrate(db, file).ok).toBe(true)
  expect(pragma(db, 'user_version')).toBe(migrations.length)
  expect(before.map((table) => [table, rowsOf(table)])).toEqual(rows)
  db.close()

  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  expect(await textsIn(storage, doc)).toEqual({ head: 3, snapshot: 'ab', tail: ['c'] })
  expect(unwrap(await storage.version(doc, 4))).toMatchObject({ name: 'Draft', bytes: 2 })
  unwrap(await storage.openOutbox(fullPlan))
  await write(storage, doc, noon, ['ann'])
  unwrap(await storage.undelete(docId(2)))
  expect((await settle(storage)).documents).toBe(1)
  const told = (await dueAt(storage)).map(({ kind, document }) => `${kind} ${document}`)
  expect(told.toSorted()).toEqual(['document.changed notes', 'document.restored gone'])
  expect(await storage.verify()).toEqual({ ok: true, value: [] })
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
