import { docId, seq } from '@quire/shared'
import { expect, test } from 'vitest'
import type { Quarantined } from '../../ports/storage.ts'
import {
  appendTexts,
  kindOf,
  type MakeStorage,
  noon,
  openId,
  quarantineIn,
  snapshotOf,
  storageForTest,
  textsIn,
  unwrap,
} from './fixture.ts'

const takeOut = (...numbers: readonly number[]): Quarantined[] =>
  numbers.map((number) => ({ seq: seq(number), problem: `update ${number} broke it` }))

/** ST13 and ST14. */
export const quarantiningRules = (make: MakeStorage): void => {
  test('[ST13] what is quarantined is moved, number, time, bytes and problem kept', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, x, 'a', 'b', 'c', 'd', 'e')
    await appendTexts(storage, y, 'a', 'b')
    expect(unwrap(await storage.compact(x, snapshotOf(4, 'ac'), takeOut(2, 4)))).toBe(true)
    const moved = [
      { seq: 2, at: noon, problem: 'update 2 broke it', text: 'b' },
      { seq: 4, at: noon, problem: 'update 4 broke it', text: 'd' },
    ]
    expect(await textsIn(storage, x)).toEqual({ head: 5, snapshot: 'ac', tail: ['e'] })
    expect(await quarantineIn(storage, x)).toEqual(moved)
    expect(await quarantineIn(storage, y)).toEqual([])
    for (const { quarantinedAt } of unwrap(await storage.quarantined(x)))
      expect(quarantinedAt).toBeGreaterThan(0)

    expect(unwrap(await storage.compact(x, snapshotOf(5, 'ac'), takeOut(5)))).toBe(true)
    const again = await reopen()
    expect(await textsIn(again, x)).toEqual({ head: 5, snapshot: 'ac', tail: [] })
    expect(await quarantineIn(again, x)).toEqual([
      ...moved,
      { seq: 5, at: noon, problem: 'update 5 broke it', text: 'e' },
    ])
    expect(await appendTexts(again, x, 'f')).toMatchObject({ first: 6 })
  })

  test('[ST13] where the snapshot is not taken, nothing is quarantined', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c')
    expect(unwrap(await storage.compact(doc, snapshotOf(2, 'ab'), []))).toBe(true)
    expect(unwrap(await storage.compact(doc, snapshotOf(2, 'a'), takeOut(2)))).toBe(false)
    expect(kindOf(await storage.compact(doc, snapshotOf(9, 'a'), takeOut(3)))).toBe('corrupt')
    expect(await quarantineIn(storage, doc)).toEqual([])
    expect(await textsIn(storage, doc)).toEqual({ head: 3, snapshot: 'ab', tail: ['c'] })
  })

  test('[ST13] what is not among the folded updates is refused, and all of it with that', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'a', 'b', 'c', 'd')
    expect(unwrap(await storage.compact(doc, snapshotOf(1, 'a'), []))).toBe(true)
    for (const wrong of [0, 1, 4, 5])
      expect(kindOf(await storage.compact(doc, snapshotOf(3, 'x'), takeOut(2, wrong)))).toBe(
        'corrupt',
      )
    expect(await quarantineIn(storage, doc)).toEqual([])
    expect(await textsIn(storage, doc)).toEqual({ head: 4, snapshot: 'a', tail: ['b', 'c', 'd'] })
  })

  test('[ST14] the same bytes are kept once for each document, however often they come', async () => {
    const { storage } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, x, 'a', 'bad', 'bad')
    await appendTexts(storage, y, 'bad')
    expect(unwrap(await storage.compact(x, snapshotOf(3, 'a'), takeOut(2, 3)))).toBe(true)
    await appendTexts(storage, x, 'bad', 'worse')
    expect(unwrap(await storage.compact(x, snapshotOf(5, 'a'), takeOut(4, 5)))).toBe(true)
    expect(unwrap(await storage.compact(y, snapshotOf(1, ''), takeOut(1)))).toBe(true)
    expect(await quarantineIn(storage, x)).toMatchObject([
      { seq: 2, text: 'bad' },
      { seq: 5, text: 'worse' },
    ])
    expect(await quarantineIn(storage, y)).toMatchObject([{ seq: 1, text: 'bad' }])
    expect(await textsIn(storage, x)).toEqual({ head: 5, snapshot: 'a', tail: [] })
  })

  test('[ST9] what comes out of the quarantine belongs to the caller', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'aa', 'bb')
    unwrap(await storage.compact(doc, snapshotOf(2, ''), takeOut(1, 2)))
    unwrap(await storage.quarantined(doc))[0]?.bytes.fill(0)
    expect(await quarantineIn(storage, doc)).toMatchObject([{ text: 'aa' }, { text: 'bb' }])
    expect(kindOf(await storage.quarantined(docId(doc + 1)))).toBe('unknown-document')
  })
}
