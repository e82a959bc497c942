import { docId, EMPTY_UPDATE, type Update } from '@quire/shared'
import { expect, test } from 'vitest'
import {
  appendTexts,
  kindOf,
  type MakeStorage,
  noon,
  openId,
  storageForTest,
  textsIn,
  textUpdate,
  unwrap,
  updateOf,
} from './fixture.ts'

const noise = (length: number): Update => {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) bytes[i] = state = (state * 48_271) % 2_147_483_647
  return bytes as Update // storage does not look inside
}

/** ST3, ST4, ST5 and ST9. */
export const appendingRules = (make: MakeStorage): void => {
  test('[ST3] numbers start at 1 and go on without a gap', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    expect(await appendTexts(storage, doc, 'a')).toEqual({
      doc,
      first: 1,
      last: 1,
      writer: expect.any(Number),
    })
    expect(await appendTexts(storage, doc, 'b', 'c', 'd')).toEqual({
      doc,
      first: 2,
      last: 4,
      writer: expect.any(Number),
    })
    expect(await appendTexts(storage, doc, 'e')).toEqual({
      doc,
      first: 5,
      last: 5,
      writer: expect.any(Number),
    })
    expect((await textsIn(storage, doc)).tail).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('[ST3] each document of a batch counts for itself, in the order of the entries', async () => {
    const { storage } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, y, 'y1')
    const batch = [
      { doc: y, updates: [textUpdate('y2'), textUpdate('y3')] },
      { doc: x, updates: [textUpdate('x1')] },
      { doc: y, updates: [textUpdate('y4')] },
    ]
    expect(unwrap(await storage.append(batch, noon))).toEqual([
      { doc: y, first: 2, last: 3, writer: expect.any(Number) },
      { doc: x, first: 1, last: 1, writer: expect.any(Number) },
      { doc: y, first: 4, last: 4, writer: expect.any(Number) },
    ])
    expect(await textsIn(storage, y)).toMatchObject({ head: 4, tail: ['y1', 'y2', 'y3', 'y4'] })
    expect(await textsIn(storage, x)).toMatchObject({ head: 1, tail: ['x1'] })
  })

  test('[ST3] nothing to append takes no number', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    expect(unwrap(await storage.append([], noon))).toEqual([])
    expect(unwrap(await storage.append([{ doc, updates: [] }], noon))).toEqual([
      { doc, first: 1, last: 0, writer: expect.any(Number) },
    ])
    expect(await appendTexts(storage, doc, 'a')).toMatchObject({ first: 1, last: 1 })
  })

  test('[ST4] an unknown document fails the whole batch, wherever it stands in it', async () => {
    const { storage } = await storageForTest(make)
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    await appendTexts(storage, x, 'x1')
    const known = [
      { doc: x, updates: [textUpdate('lost')] },
      { doc: y, updates: [textUpdate('lost')] },
    ]
    const stranger = { doc: docId(y + 1), updates: [textUpdate('lost')] }
    for (const at of [0, 1, 2]) {
      const batch = known.toSpliced(at, 0, stranger)
      expect(kindOf(await storage.append(batch, noon))).toBe('unknown-document')
    }
    expect(kindOf(await storage.append([{ ...stranger, updates: [] }], noon))).toBe(
      'unknown-document',
    )
    expect(await textsIn(storage, x)).toMatchObject({ head: 1, tail: ['x1'] })
    expect(await textsIn(storage, y)).toMatchObject({ head: 0, tail: [] })
    expect(await appendTexts(storage, x, 'x2')).toMatchObject({ first: 2, last: 2 })
  })

  test('[ST5] bytes come back as they went in', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const updates = [
      updateOf(),
      EMPTY_UPDATE,
      updateOf(0),
      updateOf(255),
      updateOf(...Array.from({ length: 256 }, (_, i) => i)),
      noise(4095),
      noise(4096),
      noise(4097),
      noise(5_000_000),
      updateOf(),
    ]
    unwrap(await storage.append([{ doc, updates }], noon))
    const { tail } = unwrap(await storage.read(doc))
    expect(tail.map((update) => update.length)).toEqual(updates.map((update) => update.length))
    updates.forEach((update, i) => {
      expect(Buffer.compare(tail[i] as Update, update)).toBe(0) // as many as updates, see above
    })
  })

  test('[ST5] a view into a larger buffer stores its own bytes only', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const whole = textUpdate('before|inside|after')
    const view = whole.subarray(7, 13) as Update // storage does not look inside
    unwrap(await storage.append([{ doc, updates: [view] }], noon))
    expect((await textsIn(storage, doc)).tail).toEqual(['inside'])
  })

  test('[ST9] the caller may reuse its bytes once the append has resolved', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const update = textUpdate('mine')
    unwrap(await storage.append([{ doc, updates: [update, update] }], noon))
    expect(update).toEqual(textUpdate('mine'))
    update.fill(0)
    expect((await textsIn(storage, doc)).tail).toEqual(['mine', 'mine'])
  })

  test('[ST9] writing to what came back changes neither the store nor its neighbours', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    await appendTexts(storage, doc, 'aa', 'bb', 'cc')
    const { tail } = unwrap(await storage.read(doc))
    tail[1]?.fill(0)
    expect([tail[0], tail[2]]).toEqual([textUpdate('aa'), textUpdate('cc')])
    expect((await textsIn(storage, doc)).tail).toEqual(['aa', 'bb', 'cc'])
  })
}
