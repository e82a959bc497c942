import Database from 'better-sqlite3'
import fc from 'fast-check'
import { join } from 'node:path'
import { clientId, millis } from '@quire/shared'
import { expect, test } from 'vitest'
import type { ListQuestion } from '../../ports/storage.ts'
import { plainCreation } from '../contract/cataloguing.ts'
import { nameOf, noon, openId, snapshotOf, textUpdate, unwrap } from '../contract/fixture.ts'
import { fullPlan } from '../contract/outbox-fixture.ts'
import { fewPatches, partOf } from '../contract/patches.ts'
import { keepIn, versionOf } from '../contract/versions.ts'
import { compareCodePoints } from '../names.ts'
import { endOfPrefix, pageParameters, pageQueries } from './catalogue-list.ts'
import { openWriterConnection } from './connection.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

test.each([
  ['present', /SEARCH documents USING INDEX sqlite_autoindex_documents_1 \(name>\? AND name<\?\)/],
  ['deleted', /SEARCH deleted_documents USING INDEX deleted_by_name \(name>\? AND name<\?\)/],
] as const)(
  'a page of documents that are %s is a range of an index, in its order',
  (which, plan) => {
    const db = unwrap(openWriterConnection(join(temporaryDir(), 'quire.db'), 'full'))
    const question: ListQuestion = { prefix: 'a', search: 'b', after: null, limit: 1, which }
    const steps = db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${pageQueries[which]}`)
      .all(pageParameters(question))
      .map(({ detail }) => detail)
    expect(steps[0]).toMatch(plan)
    expect(steps.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([])
    db.close()
  },
)

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 })
const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

test('the end of a prefix stands behind all names that begin with it, and before all others', () => {
  fc.assert(
    fc.property(name, name, (prefix, other) => {
      const end = endOfPrefix(prefix)
      const isBelow = end === null || byBytes(other, end) < 0
      expect(byBytes(other, prefix) >= 0 && isBelow).toBe(other.startsWith(prefix))
    }),
    {
      examples: [
        ['\ud7ff', '\ue000'],
        ['a\u{10ffff}', 'b'],
        ['\u{10ffff}', '\u{10ffff}\u{10ffff}'],
      ],
    },
  )
  expect([endOfPrefix(''), endOfPrefix('\u{10ffff}')]).toEqual([null, null])
})

test('names compare as the bytes of their UTF-8 compare', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(Math.sign(compareCodePoints(one, other))).toBe(byBytes(one, other))
    }),
  )
})

test('[ST21] purging leaves no row of a document in any table but what is told of it', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const seed = {
    update: textUpdate('a'),
    authors: [{ client: clientId(1), clock: 0, user: 'ann' }],
  }
  const creation = { ...plainCreation, key: 'key', seed }
  const { id: doc } = unwrap(await storage.create(nameOf('notes'), creation)).facts
  const updates = [textUpdate('b'), textUpdate('c')]
  unwrap(await storage.append([{ doc, updates }], noon))
  const quarantined = [{ seq: unwrap(await storage.outline(doc)).head, problem: 'broken' }]
  unwrap(await storage.compact(doc, snapshotOf(3, 'ab'), quarantined))
  const tail = [...updates, textUpdate('d'.repeat(2_000))]
  unwrap(await storage.openOutbox(fullPlan))
  unwrap(await storage.append([{ doc, updates: tail, users: ['ann'] }], noon))
  await keepIn(storage, doc, versionOf('abc'))
  unwrap(await storage.keepPatch(doc, partOf('ann', 'a'), fewPatches))
  unwrap(await storage.remove(doc, millis(1)))
  unwrap(await storage.append([{ doc, updates, users: ['ann'] }], noon)) // it was on its way

  const db = new Database(join(dataDir, 'quire.db'))
  const tables = db
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .pluck()
    .all()
    .filter((table) => !['sqlite_sequence', 'revocations'].includes(table))
  const filled = () => tables.filter((table) => db.prepare(`SELECT 1 FROM ${table}`).get())
  expect(tables.length).toBeGreaterThan(10)
  expect(filled()).toEqual(tables)
  expect(unwrap(await storage.purge(millis(2), 1))).toBe(1)
  expect(filled()).toEqual(['outbox_endpoints', 'outbox_events', 'outbox_deliveries'])
  await openId(storage)
  expect(unwrap(await storage.verify())).toEqual([])
  db.close()
  await storage.close()
})
