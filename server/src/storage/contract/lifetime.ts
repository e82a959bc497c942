import { seq, type Result } from '@quire/shared'
import { expect, test } from 'vitest'
import type { StorageProblem } from '../../ports/storage.ts'
import { everything, plainCreation } from './cataloguing.ts'
import {
  appendTexts,
  kindOf,
  type MakeStorage,
  nameOf,
  noon,
  openId,
  snapshotOf,
  storageForTest,
  textsIn,
  textUpdate,
  unwrap,
} from './fixture.ts'
import { fewPatches, partOf } from './patches.ts'
import { plainRevocation } from './revocations.ts'
import { fullPlan } from './outbox-fixture.ts'
import { room, versionOf } from './versions.ts'

/** ST10, ST11, ST12 and ST16. */
export const lifetimeRules = (make: MakeStorage): void => {
  test('[ST16] who wrote an update is known of the whole tail, and of the end of a snapshot', async () => {
    const { storage: first, reopen } = await storageForTest(make)
    const doc = await openId(first)
    expect(unwrap(await first.outline(doc)).origins).toEqual([{ from: 0, writer: 0 }])
    const { writer: one } = await appendTexts(first, doc, 'a', 'b')
    expect((await appendTexts(first, doc, 'c')).writer).toBe(one)
    const second = await reopen()
    const { writer: two } = await appendTexts(second, doc, 'd')
    expect([one === two, one > 0, two > 0]).toEqual([false, true, true])
    const tail = [
      { from: 0, writer: 0 },
      { from: 1, writer: one },
      { from: 4, writer: two },
    ]
    expect(unwrap(await second.outline(doc)).origins).toEqual(tail)
    expect(unwrap(await second.open(nameOf('notes'))).origins).toEqual(tail)
    expect(unwrap(await second.read(doc)).writer).toBe(two)

    unwrap(await second.compact(doc, snapshotOf(2, 'ab'), []))
    const { origins } = unwrap(await second.outline(doc))
    expect(origins).toEqual([
      { from: 2, writer: one },
      { from: 4, writer: two },
    ])
    unwrap(await second.compact(doc, snapshotOf(4, 'abcd'), []))
    const third = await reopen()
    expect(unwrap(await third.outline(doc)).origins).toEqual([{ from: 4, writer: two }])
    expect(unwrap(await third.read(doc)).writer).toBe(two)
  })

  test('[ST10] a closed storage answers "closed" to everything', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await storage.close()
    const answers: Result<unknown, StorageProblem>[] = await Promise.all([
      storage.open(nameOf('notes')),
      storage.append([{ doc, updates: [textUpdate('late')] }], noon),
      storage.append([], noon),
      storage.read(doc),
      storage.outline(doc),
      storage.parts(doc, seq(1), []),
      storage.compact(doc, snapshotOf(1, 'late'), []),
      storage.quarantined(doc),
      storage.list(everything),
      storage.find(nameOf('notes')),
      storage.create(nameOf('notes'), plainCreation),
      storage.remove(doc, noon),
      storage.undelete(doc),
      storage.freeKey('key'),
      storage.purge(noon, 1),
      storage.authors(doc),
      storage.keepVersion(doc, versionOf('late'), room(1)),
      storage.versions(doc, { before: null, limit: 1 }),
      storage.version(doc, 1),
      storage.nameVersion(doc, { id: 1, name: 'late' }, room(1)),
      storage.removeVersion(doc, 1),
      storage.keepPatch(doc, partOf('ann', 'late'), fewPatches),
      storage.patches(doc),
      storage.patch(doc, 1),
      storage.removePatch(doc, 1),
      storage.revoke(plainRevocation),
      storage.revocations(noon),
      storage.unrevoke(1),
      storage.openOutbox(fullPlan),
      storage.settleOutbox({ now: noon, restMs: 1, waitMs: 1 }),
      storage.putNotices([]),
      storage.dueDeliveries({ endpoint: 'a', now: noon, limit: 1 }),
      storage.recordDeliveries([]),
      storage.outboxFigures(),
      storage.deadLetters({ after: 0, limit: 1 }),
      storage.replayDeadLetters(null, noon),
      storage.dropDeadLetter(1),
    ])
    expect(answers.map(kindOf)).toEqual(answers.map(() => 'closed'))
  })

  test('[ST10] closing twice, also at once, is closing once', async () => {
    const { storage } = await storageForTest(make)
    await openId(storage)
    await Promise.all([storage.close(), storage.close()])
    await expect(storage.close()).resolves.toBeUndefined()
  })

  test('[ST10] what was called before close is answered and kept', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    const [first, second, read] = await Promise.all([
      appendTexts(storage, doc, 'a'),
      appendTexts(storage, doc, 'b'),
      storage.read(doc),
      storage.close(),
    ])
    expect([first.last, second.last]).toEqual([1, 2])
    unwrap(read)
    expect((await textsIn(await reopen(), doc)).tail).toEqual(['a', 'b'])
  })

  test('[ST11] overlapping appends each get their own numbers, none twice', async () => {
    const { storage } = await storageForTest(make)
    const docs = [await openId(storage, 'x'), await openId(storage, 'y')] as const
    const jobs = Array.from({ length: 60 }, (_, job) => ({
      doc: docs[job % 7 < 4 ? 0 : 1],
      texts: Array.from({ length: 1 + (job % 3) }, (_text, i) => `job ${job}.${i}`),
    }))
    const landed = await Promise.all(
      jobs.map(async ({ doc, texts }) => {
        const appended = await appendTexts(storage, doc, ...texts)
        await storage.read(doc)
        return appended
      }),
    )
    for (const doc of docs) {
      const { head, tail } = await textsIn(storage, doc)
      expect(tail).toHaveLength(head)
      const mine = landed.filter((where) => where.doc === doc)
      const asked = jobs.filter((job) => job.doc === doc).map((job) => job.texts)
      expect(mine.map(({ first, last }) => tail.slice(first - 1, last))).toEqual(asked)
    }
  })

  test('[ST11] a read that overlaps appends sees the log up to some whole batch', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const reads = Array.from({ length: 20 }, async (_, i) => {
      const appending = appendTexts(storage, doc, `${i}.a`, `${i}.b`)
      const { head, tail } = unwrap(await storage.read(doc))
      await appending
      return { head, tail }
    })
    for (const { head, tail } of await Promise.all(reads)) {
      expect(tail).toHaveLength(head)
      expect(head % 2).toBe(0)
    }
  })

  test('[ST12] everything acknowledged is there after reopening', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, x, 'a', 'b', 'c')
    await appendTexts(storage, y, 'z')
    unwrap(await storage.compact(x, snapshotOf(2, 'ab'), []))
    const before = [await storage.open(nameOf('x')), await storage.open(nameOf('y'))].map(unwrap)

    const again = await reopen()
    expect([await again.open(nameOf('x')), await again.open(nameOf('y'))].map(unwrap)).toEqual(
      before,
    )
    expect(await textsIn(again, x)).toEqual({ head: 3, snapshot: 'ab', tail: ['c'] })
    expect(await appendTexts(again, x, 'd')).toMatchObject({ first: 4, last: 4 })
    const z = await openId(again, 'new')
    expect([x, y]).not.toContain(z)
  })
}
