import { docId, millis } from '@quire/shared'
import { expect, test } from 'vitest'
import {
  bothLives,
  kindOf,
  type MakeStorage,
  nameOf,
  noon,
  openId,
  storageForTest,
  textUpdate,
  unwrap,
} from './fixture.ts'
import { after, dueAt, fullPlan, late, settle, toldBy, write } from './outbox-fixture.ts'
import { keepIn, room, versionOf } from './versions.ts'

const rest = { restMs: 1_000, waitMs: 5_000 }

/** ST26 and ST27. */
export const outboxRules = (make: MakeStorage): void => {
  test('[ST26] without a plan nothing is written, and what was written then is never told', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await write(storage, doc, noon, ['ann'])
    unwrap(await storage.remove(doc, noon))
    unwrap(await storage.undelete(doc))
    expect(await settle(storage)).toEqual({ documents: 0, hasMore: false, dropped: 0 })
    unwrap(await storage.openOutbox(fullPlan))
    expect(await settle(storage)).toEqual({ documents: 0, hasMore: false, dropped: 0 })
    expect(await dueAt(storage)).toEqual([])
  })

  test('[ST26] what is made, deleted, restored and kept is told with it, at each endpoint under one id', async () => {
    const { storage, reopen } = await storageForTest(make)
    unwrap(await storage.openOutbox(fullPlan))
    const doc = await openId(storage, 'team/notes')
    await openId(storage, 'team/notes')
    const seed = {
      update: textUpdate('seed'),
      authors: ['bob', null, 'ann', 'bob'].map((user, client) => ({
        client: client as never, // any client will do
        clock: 0,
        user,
      })),
    }
    const creation = { key: null, seed, at: after(1) }
    const made = unwrap(await storage.create(nameOf('made 📝'), creation))
    unwrap(await storage.create(nameOf('made 📝'), creation)) // it is there
    await keepIn(storage, doc, versionOf('abc', 'Draft'), room(10))
    unwrap(await storage.remove(doc, after(2)))
    unwrap(await storage.remove(doc, after(3))) // it is deleted
    unwrap(await storage.undelete(doc))
    unwrap(await storage.undelete(doc)) // it is there
    unwrap(
      await storage.putNotices([
        {
          kind: 'session.joined',
          document: nameOf('team/notes'),
          at: after(4),
          data: { document: 'team/notes', user: 'ann', session: 3 },
        },
      ]),
    )
    for await (const one of bothLives(storage, reopen)) {
      const due = await dueAt(one)
      const toldInOrder = due.toSorted((x, y) => x.delivery - y.delivery).map(toldBy)
      const { version, ...ofVersion } = toldInOrder[2] ?? {}
      expect(version).toMatchObject({ sequence: 3, name: 'Draft', author: 'ann', bytes: 3 })
      expect(toldInOrder.toSpliced(2, 1, ofVersion as never)).toEqual([
        { kind: 'document.created', document: 'team/notes', sequence: 0, authors: [] },
        {
          kind: 'document.created',
          document: 'made 📝',
          sequence: 1,
          authors: ['ann', 'bob'],
        },
        { kind: 'version.created', document: 'team/notes' },
        { kind: 'document.deleted', document: 'team/notes', sequence: 0 },
        { kind: 'document.restored', document: 'team/notes', sequence: 0 },
        { kind: 'session.joined', document: 'team/notes', user: 'ann', session: 3 },
      ])
      expect(JSON.parse(due.find(({ at }) => at === after(1))?.data ?? '')).toMatchObject({
        id: made.facts.id,
        epoch: made.facts.epoch,
      })
      const ids = due.map(({ id }) => id)
      expect(new Set(ids).size).toBe(6)
      expect((await dueAt(one, 'b')).map(({ id }) => id)).toEqual(ids)
      expect(due.every(({ attempts }) => attempts === 0)).toBe(true)
    }
  })

  test('[ST26] events of other kinds are not written', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.deleted'] }))
    const doc = await openId(storage)
    await write(storage, doc, noon)
    await keepIn(storage, doc, versionOf('a'))
    expect((await settle(storage)).documents).toBe(0)
    unwrap(await storage.remove(doc, noon))
    unwrap(await storage.undelete(doc))
    expect((await dueAt(storage)).map(({ kind }) => kind)).toEqual(['document.deleted'])
  })

  test('[ST26] a batch that fails tells of none of its documents', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.changed'] }))
    const doc = await openId(storage)
    const entry = { doc, updates: [textUpdate('x')], users: ['ann'] }
    const stranger = { doc: docId(doc + 1_000), updates: [textUpdate('x')] }
    expect(kindOf(await storage.append([entry, stranger], noon))).toBe('unknown-document')
    expect((await settle(storage)).documents).toBe(0)
    await write(storage, doc, noon, ['bob'])
    expect((await settle(storage)).documents).toBe(1)
    expect((await dueAt(storage)).map(toldBy)).toMatchObject([{ sequence: 1, authors: ['bob'] }])
  })

  test('[ST27] a document is told of once it rests, with its head and whose changes these are', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.changed'] }))
    const doc = await openId(storage)
    const settleAt = async (ms: number) =>
      unwrap(await storage.settleOutbox({ now: after(ms), ...rest })).documents
    await write(storage, doc, after(0), ['bob'])
    await write(storage, doc, after(900), ['ann', 'bob'])
    await write(storage, doc, after(901))
    expect(await settleAt(1_900)).toBe(0)
    expect(await settleAt(1_901)).toBe(1)
    expect(await settleAt(9_000)).toBe(0)
    await write(storage, doc, after(9_001), ['eve'])
    expect(await settleAt(10_001)).toBe(1)
    const told = await dueAt(storage)
    expect(told.map(toldBy)).toEqual([
      {
        kind: 'document.changed',
        document: 'notes',
        sequence: 3,
        authors: ['ann', 'bob'],
      },
      { kind: 'document.changed', document: 'notes', sequence: 4, authors: ['eve'] },
    ])
    expect(told.map(({ at }) => at)).toEqual([after(1_901), after(10_001)])
  })

  test('[ST27] one that never rests is told of when it has waited for long enough', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.changed'] }))
    const doc = await openId(storage)
    const told: number[] = []
    for (let ms = 0; ms < 12_000; ms += 500) {
      await write(storage, doc, after(ms))
      const settled = unwrap(await storage.settleOutbox({ now: after(ms), ...rest }))
      if (settled.documents > 0) told.push(ms)
    }
    expect(told).toEqual([5_000, 10_500])
  })

  test('[ST27] a clock that was set back delays nothing', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox(fullPlan))
    const doc = await openId(storage)
    await write(storage, doc, after(60_000))
    expect(unwrap(await storage.settleOutbox({ now: noon, ...rest })).documents).toBe(1)
  })

  test('[ST27] marks outlive the storage’s life, with their users', async () => {
    const { storage, reopen } = await storageForTest(make)
    const plan = { ...fullPlan, kinds: ['document.changed'] } as const
    unwrap(await storage.openOutbox(plan))
    const doc = await openId(storage)
    const other = await openId(storage, 'other')
    await write(storage, doc, noon, ['ann'])
    const again = await reopen()
    expect((await settle(again)).documents).toBe(0) // nobody has asked for it yet
    unwrap(await again.openOutbox(plan))
    await write(again, doc, after(10), ['bob'])
    await write(again, other, after(10), ['eve'])
    expect((await settle(again)).documents).toBe(2)
    expect((await settle(again)).documents).toBe(0)
    expect((await dueAt(again)).map(toldBy)).toMatchObject([
      { document: 'notes', sequence: 2, authors: ['ann', 'bob'] },
      { document: 'other', sequence: 1, authors: ['eve'] },
    ])
  })

  test('[ST27] a deletion tells of a change first; a deleted or purged document is told of no more', async () => {
    const { storage } = await storageForTest(make)
    unwrap(
      await storage.openOutbox({ ...fullPlan, kinds: ['document.changed', 'document.deleted'] }),
    )
    const doc = await openId(storage)
    await write(storage, doc, noon, ['ann'])
    unwrap(await storage.remove(doc, after(1)))
    await write(storage, doc, after(2)) // it was on its way
    expect((await settle(storage)).documents).toBe(1)
    expect((await dueAt(storage)).map(toldBy)).toMatchObject([
      { kind: 'document.changed', sequence: 1, authors: ['ann'] },
      { kind: 'document.deleted', sequence: 1 },
    ])
    await write(storage, doc, after(3))
    expect(unwrap(await storage.purge(late, 10))).toBe(1)
    await settle(storage)
    expect(await dueAt(storage)).toHaveLength(2)
  })

  test('[ST27] many documents are told of some at a time, each once; of a crowd a hundred are named', async () => {
    const { storage } = await storageForTest(make)
    unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.changed'] }))
    const docs = await Promise.all(Array.from({ length: 250 }, (_, i) => openId(storage, `d${i}`)))
    const users = Array.from({ length: 150 }, (_, i) => `user ${i}`)
    unwrap(
      await storage.append(
        docs.map((doc) => ({ doc, updates: [textUpdate('x')], users })),
        millis(noon),
      ),
    )
    let commits = 0
    for (;;) {
      const { documents, hasMore } = await settle(storage)
      expect(documents).toBeLessThanOrEqual(100)
      commits++
      if (!hasMore) break
    }
    expect(commits).toBeGreaterThan(1)
    const told = await dueAt(storage)
    expect(new Set(told.map(({ document }) => document)).size).toBe(250)
    expect(told).toHaveLength(250)
    expect(JSON.parse(told[0]?.data ?? '').authors).toHaveLength(100)
  })
}
