import { docId, seq, type UpdateIndex } from '@quire/shared'
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

/** ST7, ST8 and ST15, and ST9 for snapshots. */
export const compactingRules = (make: MakeStorage): void => {
  test('[ST7] compaction deletes exactly the updates that it folded', async () => {
    const { storage } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, x, 'a', 'b', 'c', 'd')
    await appendTexts(storage, y, 'a', 'b', 'c', 'd')
    expect(unwrap(await storage.compact(x, snapshotOf(2, 'ab'), []))).toBe(true)
    expect(await textsIn(storage, x)).toEqual({ head: 4, snapshot: 'ab', tail: ['c', 'd'] })
    expect(unwrap(await storage.compact(x, snapshotOf(3, 'abc'), []))).toBe(true)
    expect(await textsIn(storage, x)).toEqual({ head: 4, snapshot: 'abc', tail: ['d'] })
    expect(await textsIn(storage, y)).toEqual({
      head: 4,
      snapshot: null,
      tail: ['a', 'b', 'c', 'd'],
    })
  })

  test('[ST7] a snapshot never replaces one that covers as much', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c')
    expect(unwrap(await storage.compact(doc, snapshotOf(0, 'nothing'), []))).toBe(false)
    expect(unwrap(await storage.compact(doc, snapshotOf(2, 'ab'), []))).toBe(true)
    expect(unwrap(await storage.compact(doc, snapshotOf(2, 'late'), []))).toBe(false)
    expect(unwrap(await storage.compact(doc, snapshotOf(1, 'later'), []))).toBe(false)
    expect(await textsIn(storage, doc)).toEqual({ head: 3, snapshot: 'ab', tail: ['c'] })
    const { stateVector, deleteSet, index } = snapshotOf(2, 'ab')
    expect(unwrap(await storage.open(nameOf('notes'))).snapshot).toEqual({
      through: 2,
      stateVector,
      deleteSet,
      index,
    })
  })

  test('[ST7] a snapshot that claims updates beyond the head is refused', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a')
    expect(kindOf(await storage.compact(doc, snapshotOf(2, 'a?'), []))).toBe('corrupt')
    expect(kindOf(await storage.compact(docId(doc + 1), snapshotOf(1, 'a'), []))).toBe(
      'unknown-document',
    )
    expect(await textsIn(storage, doc)).toEqual({ head: 1, snapshot: null, tail: ['a'] })
  })

  test('[ST8] after everything is folded the head stays and numbering goes on', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b')
    expect(unwrap(await storage.compact(doc, snapshotOf(2, 'ab'), []))).toBe(true)
    expect(await textsIn(storage, doc)).toEqual({ head: 2, snapshot: 'ab', tail: [] })
    expect(await appendTexts(storage, doc, 'c')).toMatchObject({ first: 3, last: 3 })
    expect(unwrap(await storage.compact(doc, snapshotOf(3, 'abc'), []))).toBe(true)

    const again = await reopen()
    expect(await textsIn(again, doc)).toEqual({ head: 3, snapshot: 'abc', tail: [] })
    expect(await appendTexts(again, doc, 'd')).toMatchObject({ first: 4, last: 4 })
  })

  test('[ST8] appends while compacting keep their numbers', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b')
    const [before, folded, after] = await Promise.all([
      appendTexts(storage, doc, 'c'),
      storage.compact(doc, snapshotOf(2, 'ab'), []),
      appendTexts(storage, doc, 'd'),
    ])
    expect([before, after]).toMatchObject([{ first: 3 }, { first: 4 }])
    expect(unwrap(folded)).toBe(true)
    expect(await textsIn(storage, doc)).toEqual({ head: 4, snapshot: 'ab', tail: ['c', 'd'] })
  })

  test('[ST8] concurrent compactions leave the one that covers most', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c', 'd')
    await Promise.all(
      [2, 4, 1, 3].map((through) => storage.compact(doc, snapshotOf(through, `to ${through}`), [])),
    )
    expect(await textsIn(storage, doc)).toEqual({ head: 4, snapshot: 'to 4', tail: [] })
  })

  test('[ST9] a snapshot is copied in and copied out', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a')
    const given = snapshotOf(1, 'a')
    unwrap(await storage.compact(doc, given, []))
    for (const part of [given.bytes, given.stateVector, given.deleteSet, given.index]) part?.fill(0)
    unwrap(await storage.read(doc)).snapshot?.fill(0)
    const opened = unwrap(await storage.open(nameOf('notes')))
    opened.snapshot?.stateVector.fill(0)
    opened.snapshot?.index?.fill(0)
    for (const part of unwrap(await storage.parts(doc, seq(1), [{ at: 0, to: 1 }])) ?? [])
      part.fill(0)

    const { stateVector, deleteSet, index } = snapshotOf(1, 'a')
    expect((await textsIn(storage, doc)).snapshot).toBe('a')
    expect(unwrap(await storage.open(nameOf('notes'))).snapshot).toEqual({
      through: 1,
      stateVector,
      deleteSet,
      index,
    })
  })

  test('[ST15] the index is that of the snapshot, or there is none', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c')
    unwrap(await storage.compact(doc, snapshotOf(1, 'a'), []))
    const { index } = snapshotOf(1, 'a')
    expect(unwrap(await storage.outline(doc)).snapshot?.index).toEqual(index)
    unwrap(await storage.compact(doc, { ...snapshotOf(2, 'ab'), index: null }, []))
    expect(unwrap(await storage.outline(doc)).snapshot?.index).toBe(null)
    const empty = { ...snapshotOf(3, 'abc'), index: new Uint8Array(0) as UpdateIndex } // nothing looks inside
    unwrap(await storage.compact(doc, empty, []))
    expect(unwrap(await (await reopen()).outline(doc)).snapshot?.index).toEqual(empty.index)
  })

  test('[ST15] parts are ranges of the snapshot that was meant, and of no other', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c')
    const ask = async (through: number) => {
      const ranges = [
        { at: 6, to: 9 },
        { at: 0, to: 1 },
        { at: 3, to: 3 },
        { at: 8, to: 99 },
      ]
      return unwrap(await storage.parts(doc, seq(through), ranges))?.map(textOf) ?? null
    }
    expect(await ask(2)).toBe(null)
    unwrap(await storage.compact(doc, snapshotOf(2, '0123456789'), []))
    expect(await ask(2)).toEqual(['678', '0', '', '89'])
    expect(unwrap(await storage.parts(doc, seq(2), []))).toEqual([])
    expect(await ask(1)).toBe(null)
    expect(await ask(3)).toBe(null)
    unwrap(await storage.compact(doc, snapshotOf(3, 'abcdefghij'), []))
    expect(await ask(2)).toBe(null)
    expect(await ask(3)).toEqual(['ghi', 'a', '', 'ij'])
    expect(kindOf(await storage.parts(docId(doc + 1), seq(1), []))).toBe('unknown-document')
  })
}
