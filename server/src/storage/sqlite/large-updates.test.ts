import Database from 'better-sqlite3'
import { join } from 'node:path'
import { type DocId, seq, type Update } from '@quire/shared'
import { expect, test } from 'vitest'
import { kindOf, nameOf, noon, openId, snapshotOf, textOf, unwrap } from '../contract/fixture.ts'
import { openWriterConnection } from './connection.ts'
import { maxInlineBytes, updateInserter } from './large-updates.ts'
import type { SqliteStorage } from './sqlite-storage.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const sizes = [0, 1, maxInlineBytes, maxInlineBytes + 1, 5_000, 20_000, 1]

/** Updates that differ in their sizes and their bytes. */
const updatesOf = (lengths: readonly number[]): Update[] =>
  lengths.map((length, i) => new Uint8Array(length).fill(97 + i) as Update) // storage does not look inside

const appendAll = async (storage: SqliteStorage, doc: DocId, updates: readonly Update[]) =>
  unwrap(await storage.append([{ doc, updates }], noon))

const open = async (dataDir = temporaryDir()) => {
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  const inFile = <T>(look: (db: Database.Database) => T): T => {
    const db = new Database(join(dataDir, 'quire.db'))
    try {
      return look(db)
    } finally {
      db.close()
    }
  }
  const large = () =>
    inFile((db) => db.prepare('SELECT length(bytes) FROM large_updates ORDER BY id').pluck().all())
  return { storage, doc, inFile, large }
}

test('no row of updates leaves its page, whatever its numbers are', () => {
  const db = unwrap(openWriterConnection(join(temporaryDir(), 'quire.db'), 'normal'))
  const doc = Number.MAX_SAFE_INTEGER
  db.prepare('INSERT INTO documents (id, name, epoch, created_at) VALUES (?, ?, 1, 1)').run(
    doc,
    'x',
  )
  const insert = updateInserter(db)
  const row = { doc, at: Number.MAX_SAFE_INTEGER, writer: 2 ** 31 - 1 }
  for (const [i, bytes] of updatesOf([maxInlineBytes, maxInlineBytes + 1, 100_000]).entries())
    insert({ ...row, seq: Number.MAX_SAFE_INTEGER - i, bytes })
  const overflowing = db.prepare(
    `SELECT name, count(*) AS pages FROM dbstat WHERE pagetype = 'overflow' GROUP BY name`,
  )
  expect(overflowing.all()).toEqual([{ name: 'large_updates', pages: expect.any(Number) }])
  expect(db.prepare('SELECT length(bytes) FROM updates ORDER BY seq DESC').pluck().all()).toEqual([
    maxInlineBytes,
    0,
    0,
  ])
  db.close()
})

test('updates of every size are read, counted, folded and put in quarantine alike', async () => {
  const { storage, doc, large } = await open()
  const updates = updatesOf(sizes)
  await appendAll(storage, doc, updates)
  expect(large()).toEqual([maxInlineBytes + 1, 5_000, 20_000])
  expect(unwrap(await storage.read(doc)).tail).toEqual(updates)
  expect(unwrap(await storage.open(nameOf('notes'))).tail).toEqual(updates)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  expect(unwrap(await storage.find(nameOf('notes')))).toMatchObject({ head: 7, bytes })
  expect(unwrap(await storage.verify())).toEqual([])

  const quarantined = [3, 4, 5].map((number) => ({ seq: seq(number), problem: 'broken' }))
  unwrap(await storage.compact(doc, snapshotOf(5, 'folded'), quarantined))
  expect(large()).toEqual([20_000])
  expect(unwrap(await storage.read(doc)).tail).toEqual(updates.slice(5))
  const kept = unwrap(await storage.quarantined(doc))
  expect(kept.map((entry) => entry.bytes)).toEqual(updates.slice(2, 5))

  // the same large bytes again are kept once
  await appendAll(storage, doc, updates.slice(4, 5))
  unwrap(await storage.compact(doc, snapshotOf(8, 'folded'), [{ seq: seq(8), problem: 'broken' }]))
  expect(large()).toEqual([])
  expect(unwrap(await storage.quarantined(doc))).toHaveLength(3)
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
})

test('purging one document leaves the large updates of the others', async () => {
  const { storage, doc, large } = await open()
  const other = await openId(storage, 'other')
  await appendAll(storage, doc, updatesOf([2_000, 3_000]))
  await appendAll(storage, other, updatesOf([4_000]))
  unwrap(await storage.remove(doc, noon))
  expect(unwrap(await storage.purge(noon, 10))).toBe(0)
  expect(large()).toEqual([2_000, 3_000, 4_000])
  unwrap(await storage.purge((noon + 1) as typeof noon, 10))
  expect(large()).toEqual([4_000])
  expect(unwrap(await storage.read(other)).tail.map(textOf)).toEqual(['a'.repeat(4_000)])
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
})

test.each([
  ['DELETE FROM large_updates', 'document 1 has lost the bytes of an update'],
  ['DELETE FROM updates', 'large update 1 belongs to no row of updates, or to several'],
  [
    'INSERT INTO updates (doc, seq, at, bytes, large) SELECT doc, 2, at, bytes, large FROM updates',
    'large update 1 belongs to no row of updates, or to several',
  ],
])('verify finds what "%s" breaks', async (sql, finding) => {
  const { storage, doc, inFile } = await open()
  await appendAll(storage, doc, updatesOf([2_000]))
  inFile((db) => db.exec(sql))
  expect(unwrap(await storage.verify())).toEqual([finding])
  await storage.close()
})

test('a document whose large update has lost its bytes is corrupt, and not shorter', async () => {
  const { storage, doc, inFile } = await open()
  await appendAll(storage, doc, updatesOf([1, 2_000, 1]))
  inFile((db) => db.exec('DELETE FROM large_updates'))
  for (const outcome of [await storage.read(doc), await storage.open(nameOf('notes'))])
    expect(kindOf(outcome)).toBe('corrupt')
  await storage.close()
})
