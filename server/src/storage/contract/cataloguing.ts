import { type DocId, docId, millis } from '@quire/shared'
import { expect, test } from 'vitest'
import type { DocumentCreation, DocumentFacts, ListQuestion, Storage } from '../../ports/storage.ts'
import {
  appendTexts,
  bothLives,
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

const later = (ms: number) => millis(noon + ms)

/** A creation that says nothing in particular. */
export const plainCreation: DocumentCreation = { key: null, seed: null, at: noon }

/** A question for all that are there. */
export const everything: ListQuestion = {
  prefix: '',
  search: '',
  after: null,
  limit: 1_000,
  which: 'present',
}

const namesIn = async (storage: Storage, question: Partial<ListQuestion> = {}) =>
  unwrap(await storage.list({ ...everything, ...question })).map(({ name }) => name)

const removed = async (storage: Storage, doc: DocId, at = noon): Promise<DocumentFacts> =>
  unwrap(await storage.remove(doc, at))

/** Makes documents of these names. */
const createAll = async (storage: Storage, ...raws: readonly string[]): Promise<void> => {
  for (const raw of raws) unwrap(await storage.create(nameOf(raw), plainCreation))
}

/** ST17 to ST21. */
export const cataloguingRules = (make: MakeStorage): void => {
  test('[ST17] the name of a deleted document opens nothing, and its content stays under its id', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b')
    unwrap(await storage.compact(doc, snapshotOf(1, 'a'), []))
    const before = unwrap(await storage.find(nameOf('notes')))
    expect(kindOf(await storage.remove(docId(1e9), noon))).toBe('unknown-document')
    expect(await removed(storage, doc, later(5))).toEqual({ ...before, deletedAt: noon + 5 })
    for await (const one of bothLives(storage, reopen)) {
      expect(kindOf(await one.open(nameOf('notes')))).toBe('deleted')
      expect(unwrap(await one.find(nameOf('notes')))).toBe(null)
      expect(await textsIn(one, doc)).toEqual({ head: 2, snapshot: 'a', tail: ['b'] })
      expect(await namesIn(one)).toEqual([])
      expect(await namesIn(one, { which: 'deleted' })).toEqual(['notes'])
      // the first deletion counts
      expect(await removed(one, doc, later(9))).toEqual({ ...before, deletedAt: noon + 5 })
    }
  })

  test('[ST17] what is on its way to a document that is deleted is kept in it', async () => {
    const { storage } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, doc, 'a')
    const batch = [doc, other].map((id) => ({ doc: id, updates: [textUpdate('late')] }))
    const [facts, landed] = await Promise.all([
      storage.remove(doc, noon),
      storage.append(batch, later(1)),
    ])
    unwrap(facts)
    expect(unwrap(landed)).toMatchObject([{ first: 2 }, { first: 1 }])
    unwrap(await storage.compact(doc, snapshotOf(2, 'a late'), []))
    expect(await appendTexts(storage, doc, 'later')).toMatchObject({ first: 3 })
    unwrap(await storage.undelete(doc))
    expect(await openId(storage, 'x')).toBe(doc)
    expect(await textsIn(storage, doc)).toEqual({ head: 3, snapshot: 'a late', tail: ['later'] })
  })

  test('[ST18] undeleting gives the document back with another epoch, unless its name is taken', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a')
    const before = unwrap(await storage.find(nameOf('notes'))) as DocumentFacts
    await removed(storage, doc)
    const { facts: second } = unwrap(await storage.create(nameOf('notes'), plainCreation))
    expect(second.id).not.toBe(doc)
    expect(unwrap(await storage.undelete(doc))).toBe(null)
    expect(await openId(storage)).toBe(second.id)

    await removed(storage, second.id, later(1))
    const back = unwrap(await storage.undelete(doc)) as DocumentFacts
    expect(back).toEqual({ ...before, epoch: back.epoch })
    expect(new Set([before.epoch, back.epoch, second.epoch]).size).toBe(3)
    expect(Number.isSafeInteger(back.epoch) && back.epoch > 0).toBe(true)
    const again = await reopen()
    expect(unwrap(await again.open(nameOf('notes')))).toMatchObject({
      id: doc,
      epoch: back.epoch,
      head: 1,
    })
    // what is there already stays as it is
    expect(unwrap(await again.undelete(doc))).toEqual(back)
    expect(kindOf(await again.undelete(docId(1e9)))).toBe('unknown-document')
  })

  test('[ST19] a document is created with its seed, under a name that is free or was deleted', async () => {
    const { storage, reopen } = await storageForTest(make)
    const seed = { update: textUpdate('seed'), authors: [] }
    const { kind, facts } = unwrap(
      await storage.create(nameOf('notes'), { ...plainCreation, seed }),
    )
    expect(kind).toBe('created')
    expect(facts).toMatchObject({ name: 'notes', head: 1, bytes: 4, deletedAt: null })
    expect([facts.createdAt, facts.changedAt]).toEqual([noon, noon])
    expect(await textsIn(storage, facts.id)).toEqual({ head: 1, snapshot: null, tail: ['seed'] })
    expect(unwrap(await storage.open(nameOf('notes')))).toMatchObject({
      id: facts.id,
      epoch: facts.epoch,
    })
    seed.update.fill(0)
    expect(unwrap(await storage.create(nameOf('notes'), { ...plainCreation, seed }))).toEqual({
      kind: 'exists',
      facts,
    })
    await removed(storage, facts.id)
    const second = unwrap(await storage.create(nameOf('notes'), plainCreation))
    expect(second).toMatchObject({ kind: 'created', facts: { head: 0, bytes: 0 } })
    const again = await reopen()
    expect(await openId(again)).toBe(second.facts.id)
    expect(await textsIn(again, second.facts.id)).toMatchObject({ head: 0, tail: [] })
    expect((await textsIn(again, facts.id)).tail).toEqual(['seed'])
    // who wrote the seed is known as of any update
    expect(unwrap(await again.outline(facts.id)).origins).toHaveLength(2)
  })

  test('[ST19] whoever asks again with a key is given the document that it made, at once or later', async () => {
    const { storage, reopen } = await storageForTest(make)
    const keyed = { ...plainCreation, key: 'once' }
    const both = await Promise.all([
      storage.create(nameOf('a'), keyed),
      storage.create(nameOf('a'), keyed),
    ])
    expect(both.map((result) => unwrap(result).kind)).toEqual(['created', 'repeated'])
    const { facts } = unwrap(both[0])
    expect(unwrap(both[1])).toEqual({ kind: 'repeated', facts })
    const again = await reopen()
    expect(unwrap(await again.create(nameOf('b'), keyed))).toEqual({ kind: 'repeated', facts })
    expect(await namesIn(again)).toEqual(['a'])
    const gone = await removed(again, facts.id, millis(1))
    expect(unwrap(await again.create(nameOf('a'), keyed))).toEqual({
      kind: 'repeated',
      facts: gone,
    })
    // one that found a document which is still empty is taken for that, until it is freed
    const taken = { ...plainCreation, key: 'thrice' }
    unwrap(await again.open(nameOf('empty')))
    expect(unwrap(await again.create(nameOf('empty'), taken)).kind).toBe('exists')
    expect(unwrap(await again.create(nameOf('empty'), taken)).kind).toBe('repeated')
    unwrap(await again.freeKey('thrice'))
    expect(unwrap(await again.create(nameOf('empty'), taken)).kind).toBe('exists')
    // a key that found one that holds something is free
    unwrap(
      await again.create(nameOf('c'), {
        ...plainCreation,
        seed: { update: textUpdate('c'), authors: [] },
      }),
    )
    const other = { ...plainCreation, key: 'twice' }
    expect(unwrap(await again.create(nameOf('c'), other)).kind).toBe('exists')
    expect(unwrap(await again.create(nameOf('d'), other)).kind).toBe('created')
    // and one whose document was purged
    expect(unwrap(await again.purge(millis(2), 10))).toBe(1)
    expect(unwrap(await again.create(nameOf('e'), keyed)).kind).toBe('created')
  })

  test('[ST20] documents are listed by code points, with what their logs say of them', async () => {
    const { storage } = await storageForTest(make)
    const sorted = ['A', 'Z', 'a', 'a/b', 'ab', 'é', '\uffee', '\u{1f4dd}', '\u{1f4dd}x']
    await createAll(storage, ...sorted.toReversed())
    expect(await namesIn(storage)).toEqual(sorted)
    const doc = await openId(storage, 'ab')
    const facts = async () => unwrap(await storage.find(nameOf('ab')))
    unwrap(await storage.append([{ doc, updates: [textUpdate('one')] }], later(1)))
    unwrap(await storage.append([{ doc, updates: [textUpdate('three')] }], later(2)))
    const written = { head: 2, bytes: 8, createdAt: noon, changedAt: noon + 2, deletedAt: null }
    expect(await facts()).toMatchObject(written)
    unwrap(await storage.compact(doc, snapshotOf(1, 'o'), []))
    expect(await facts()).toMatchObject({ ...written, bytes: 6 })
    unwrap(await storage.compact(doc, snapshotOf(2, 'ot'), []))
    expect(await facts()).toMatchObject({ ...written, bytes: 2 })
    const listed = unwrap(await storage.list({ ...everything, prefix: 'ab' }))
    expect(listed).toEqual([await facts()])
    expect(unwrap(await storage.find(nameOf('nobody')))).toBe(null)
    expect(await namesIn(storage)).toEqual(sorted)
  })

  test('[ST20] a prefix is the front of a name and a search a part of it, no pattern', async () => {
    const { storage } = await storageForTest(make)
    const names = ['100%', '100_', '100a', 'a\\b', 'ab', 'Ab/c', 'É', 'é', '\ud7ff', '\ue000']
    await createAll(storage, ...names, '\u{10ffff}', '\u{10ffff}x', '\u{1f4dd}', '\u{1f4de}')
    const withPrefix = (prefix: string) => namesIn(storage, { prefix })
    const withSearch = (search: string) => namesIn(storage, { search })
    expect(await withPrefix('100')).toEqual(['100%', '100_', '100a'])
    expect(await withPrefix('100%')).toEqual(['100%'])
    expect(await withPrefix('100_')).toEqual(['100_'])
    expect(await withPrefix('a')).toEqual(['a\\b', 'ab'])
    expect(await withPrefix('\ud7ff')).toEqual(['\ud7ff'])
    expect(await withPrefix('\u{10ffff}')).toEqual(['\u{10ffff}', '\u{10ffff}x'])
    expect(await withPrefix('\u{1f4dd}')).toEqual(['\u{1f4dd}'])
    expect(await withPrefix('\ud83d')).toEqual([]) // half of a code point
    expect(await withSearch('%')).toEqual(['100%'])
    expect(await withSearch('_')).toEqual(['100_'])
    expect(await withSearch('\\')).toEqual(['a\\b'])
    expect(await withSearch('B')).toEqual(['Ab/c', 'a\\b', 'ab'])
    expect(await withSearch('é')).toEqual(['é']) // only ASCII letters have a case here
    expect(await withSearch('\0')).toEqual([])
    expect(await namesIn(storage, { prefix: 'A', search: '/C' })).toEqual(['Ab/c'])
  })

  test('[ST20] pages go on where the last one ended, also among deleted ones of one name', async () => {
    const { storage } = await storageForTest(make)
    const ids: DocId[] = []
    for (let i = 0; i < 5; i++) {
      const { facts } = unwrap(await storage.create(nameOf('same'), plainCreation))
      ids.push((await removed(storage, facts.id)).id)
    }
    await createAll(storage, 'other', 'same', 'some')
    const pagesOf = async (which: ListQuestion['which'], limit: number) => {
      const ending: DocumentFacts[] = []
      for (;;) {
        const after = ending.at(-1) ?? null
        const page = unwrap(await storage.list({ ...everything, which, limit, after }))
        expect(page.length).toBeLessThanOrEqual(limit)
        if (page.length === 0) return ending
        ending.push(...page)
      }
    }
    for (const limit of [1, 2, 5, 9]) {
      expect((await pagesOf('deleted', limit)).map(({ id }) => id)).toEqual(ids)
      const present = (await pagesOf('present', limit)).map(({ name }) => name)
      expect(present).toEqual(['other', 'same', 'some'])
    }
  })

  test('[ST21] what was deleted before a time is purged, the oldest first, and nothing else', async () => {
    const { storage, reopen } = await storageForTest(make)
    const docs: DocId[] = []
    for (const i of [3, 1, 2, 4]) {
      const doc = await openId(storage, `${i}`)
      await appendTexts(storage, doc, 'a')
      unwrap(await storage.compact(doc, snapshotOf(1, 'a'), []))
      await appendTexts(storage, doc, 'b')
      await removed(storage, doc, millis(i))
      docs.push(doc)
    }
    await createAll(storage, 'there')
    const left = () => namesIn(storage, { which: 'deleted' })
    expect(unwrap(await storage.purge(millis(4), 2))).toBe(2)
    expect(await left()).toEqual(['3', '4'])
    expect(unwrap(await storage.purge(millis(4), 2))).toBe(1)
    expect(unwrap(await storage.purge(millis(4), 2))).toBe(0)
    expect(await left()).toEqual(['4'])
    const [third, ...others] = docs as [DocId, ...DocId[]]
    expect(kindOf(await storage.read(third))).toBe('unknown-document')
    const late = [{ doc: third, updates: [textUpdate('late')] }]
    expect(kindOf(await storage.append(late, noon))).toBe('unknown-document')
    expect(kindOf(await storage.undelete(third))).toBe('unknown-document')

    const again = await reopen()
    expect(docs).not.toContain(await openId(again, '3'))
    expect(await namesIn(again)).toEqual(['3', 'there'])
    expect((await textsIn(again, others.at(-1) as DocId)).tail).toEqual(['b'])
    expect(unwrap(await again.purge(millis(9), 2))).toBe(1)
  })
}
