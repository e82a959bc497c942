import { docId, limits } from '@quire/shared'
import { expect, test } from 'vitest'
import {
  appendTexts,
  kindOf,
  type MakeStorage,
  nameOf,
  openId,
  snapshotOf,
  storageForTest,
  textOf,
  textsIn,
  unwrap,
} from './fixture.ts'

const names = [
  '__proto__',
  'constructor',
  'toString',
  'a',
  'A',
  ' a',
  'a ',
  'a  ',
  'a\n',
  'a/b',
  'a/b/',
  '/a/b',
  '../a',
  'a%2Fb',
  'caf\u00e9', // é in one code point
  'cafe\u0301', // e and a combining accent
  '\u212a', // Kelvin sign: K under compatibility normalisation
  'K',
  'stra\u00dfe',
  'strasse',
  'STRASSE',
  '📝 notes 👩‍👩‍👧',
  '\ufeffbom',
  'bom',
  '\uffff',
  "'; DROP TABLE documents; --",
  '1',
  '01',
  '1.0',
  'x'.repeat(limits.nameBytes),
  'x'.repeat(limits.nameBytes - 1),
  '\u{1f4dd}'.repeat(limits.nameBytes / 4),
]

/** ST1, ST2 and the reading half of ST6. */
export const openingRules = (make: MakeStorage): void => {
  test('[ST1] a new document is empty', async () => {
    const { storage } = await storageForTest(make)
    const opened = unwrap(await storage.open(nameOf('notes')))
    expect(opened).toMatchObject({ head: 0, snapshot: null, snapshotBytes: 0, tail: [] })
    expect(unwrap(await storage.read(opened.id))).toEqual({
      head: 0,
      writer: 0,
      snapshot: null,
      tail: [],
    })
  })

  test('[ST1] opening again finds the same id and epoch', async () => {
    const { storage } = await storageForTest(make)
    const first = unwrap(await storage.open(nameOf('notes')))
    expect(unwrap(await storage.open(nameOf('notes')))).toEqual(first)
  })

  test('[ST1] concurrent opens of one name create one document', async () => {
    const { storage } = await storageForTest(make)
    const opened = await Promise.all(
      Array.from({ length: 20 }, () => storage.open(nameOf('notes'))),
    )
    const [first] = opened.map(unwrap)
    for (const result of opened) expect(unwrap(result)).toEqual(first)
  })

  test('[ST1] epochs are positive safe integers that differ by creation', async () => {
    const { storage } = await storageForTest(make)
    const opened = await Promise.all(
      Array.from({ length: 50 }, (_, i) => storage.open(nameOf(`notes ${i}`))),
    )
    const epochs = opened.map((result) => unwrap(result).epoch)
    for (const epoch of epochs) expect(Number.isSafeInteger(epoch) && epoch > 0).toBe(true)
    expect(new Set(epochs).size).toBe(50)
  })

  test('[ST2] names that look alike are different documents', async () => {
    const { storage } = await storageForTest(make)
    const ids = new Map<string, number>()
    for (const raw of names) {
      const id = await openId(storage, raw)
      await appendTexts(storage, id, raw)
      ids.set(raw, id)
    }
    expect(new Set(ids.values()).size).toBe(names.length)
    for (const raw of names) {
      const { id, tail } = unwrap(await storage.open(nameOf(raw)))
      expect(id).toBe(ids.get(raw))
      expect(tail.map(textOf)).toEqual([raw])
    }
  })

  test('[ST6] open shows the tail that read shows', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c', 'd')
    const before = unwrap(await storage.open(nameOf('notes')))
    expect(before.tail.map(textOf)).toEqual(['a', 'b', 'c', 'd'])

    unwrap(await storage.compact(doc, snapshotOf(3, 'abc'), []))
    const after = unwrap(await storage.open(nameOf('notes')))
    const { stateVector, deleteSet, index } = snapshotOf(3, 'abc')
    expect(after).toMatchObject({ head: 4, snapshotBytes: 3 })
    expect(after.snapshot).toEqual({ through: 3, stateVector, deleteSet, index })
    expect(after.tail).toEqual(unwrap(await storage.read(doc)).tail)
    expect(await textsIn(storage, doc)).toEqual({ head: 4, snapshot: 'abc', tail: ['d'] })
  })

  test('[ST6] the outline of a document is what opening it shows', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b')
    expect(unwrap(await storage.outline(doc))).toEqual(unwrap(await storage.open(nameOf('notes'))))
    unwrap(await storage.compact(doc, snapshotOf(1, 'a'), []))
    expect(unwrap(await storage.outline(doc))).toEqual(unwrap(await storage.open(nameOf('notes'))))
  })

  test('[ST6] reading a document that nobody opened is a problem', async () => {
    const { storage } = await storageForTest(make)
    const known = await openId(storage)
    for (const stranger of [0, -1, known + 1, known + 0.5, 2 ** 40]) {
      expect(kindOf(await storage.read(docId(stranger)))).toBe('unknown-document')
      expect(kindOf(await storage.outline(docId(stranger)))).toBe('unknown-document')
    }
  })
}
