import Database from 'better-sqlite3'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ok } from '@quire/shared'
import { openId, unwrap } from '../contract/fixture.ts'
import { keepIn, versionOf } from '../contract/versions.ts'
import { openReaderConnection } from './connection.ts'
import { pack } from './packed.ts'
import { createVersionReader } from './versions.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

test.each([
  ['inflates to more than was kept', deflateRawSync(new Uint8Array(50_000_000))],
  ['inflates to less than was kept', deflateRawSync(new Uint8Array(2))],
  ['is cut', deflateRawSync(Buffer.from('abc'.repeat(100))).subarray(0, 4)],
  ['is nothing that was deflated', Buffer.from('nonsense')],
  ['is empty', Buffer.alloc(0)],
])('a state that %s is damage, and is told of as that', async (_, damaged) => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  const { id } = await keepIn(storage, doc, versionOf('abc'))
  const db = new Database(join(dataDir, 'quire.db'))
  db.prepare('UPDATE version_states SET deflated = ?').run(damaged)
  db.close()
  expect(await storage.version(doc, id)).toMatchObject({
    error: {
      kind: 'corrupt',
      message: expect.stringContaining(`version ${id} of document ${doc}`),
    },
  })
  expect(unwrap(await storage.versions(doc, { before: null, limit: 1 }))).toHaveLength(1)
  await storage.close()
})

test('a state that is to have a name is not deflated where there is no room for one', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const doc = await openId(storage)
  await keepIn(storage, doc, versionOf('abc', 'first'))
  const file = join(dataDir, 'quire.db')
  const db = unwrap(openReaderConnection(file))
  const { deflateVersion } = createVersionReader(db, file)
  const packed = pack([new Uint8Array(1_000)])
  expect(deflateVersion({ doc, isNamed: true, named: 1, packed })).toEqual(ok(null))
  expect(unwrap(deflateVersion({ doc, isNamed: true, named: 2, packed }))).not.toBe(null)
  expect(unwrap(deflateVersion({ doc, isNamed: false, named: 1, packed }))).not.toBe(null)
  db.close()
  await storage.close()
})
