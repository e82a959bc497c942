import Database from 'better-sqlite3'
import { join } from 'node:path'
import { seq } from '@quire/shared'
import { expect, test } from 'vitest'
import { appendTexts, noon, openId, snapshotOf, unwrap } from '../contract/fixture.ts'
import { fewPatches, partOf } from '../contract/patches.ts'
import { keepIn, versionOf } from '../contract/versions.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

test('verify finds a gap in a log', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  await appendTexts(storage, await openId(storage), 'a', 'b', 'c')
  const db = new Database(join(dataDir, 'quire.db'))
  db.exec('DELETE FROM updates WHERE seq = 2')
  db.close()
  expect(unwrap(await storage.verify())).toEqual([
    'document "notes": snapshot through update 0, then 2 updates numbered 1 to 3',
  ])
  await storage.close()
})

test('verify finds an update in quarantine that was not folded away', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'a', 'b', 'c')
  const quarantined = [{ seq: seq(1), problem: 'broken' }]
  unwrap(await storage.compact(doc, snapshotOf(2, 'b'), quarantined))
  expect(unwrap(await storage.verify())).toEqual([])
  const db = new Database(join(dataDir, 'quire.db'))
  db.exec('UPDATE quarantine SET seq = 3')
  db.close()
  expect(unwrap(await storage.verify())).toEqual([
    'document "notes": update 3 is in quarantine, but the snapshot does not reach it',
  ])
  await storage.close()
})

test.each([
  ['DELETE FROM versions', '1 rows of version_states belong to no row of versions'],
  ['DELETE FROM version_states', 'version 1 has lost its state'],
  ['UPDATE patches SET parts = 2', 'patch 1 has other parts than it counts'],
  ['UPDATE patch_parts SET bytes = zeroblob(9)', 'patch 1 has other parts than it counts'],
  ["UPDATE documents SET name = 'x'", 'document 1 has a name and was deleted, or neither'],
  ['DELETE FROM deleted_documents', 'document 1 has a name and was deleted, or neither'],
  [
    'DELETE FROM updates WHERE seq = 2',
    'document "notes": snapshot through update 0, then 2 updates numbered 1 to 3',
  ],
])('verify finds what "%s" breaks beside the log of a deleted document', async (sql, finding) => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'a', 'b', 'c')
  await keepIn(storage, doc, versionOf('abc'))
  unwrap(await storage.keepPatch(doc, partOf('ann', 'a'), fewPatches))
  unwrap(await storage.remove(doc, noon))
  expect(unwrap(await storage.verify())).toEqual([])
  const db = new Database(join(dataDir, 'quire.db'))
  db.pragma('foreign_keys = OFF')
  db.exec(sql)
  db.close()
  expect(unwrap(await storage.verify())).toEqual([finding])
  await storage.close()
})
