import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, type Update } from '../bytes.ts'
import {
  everyTruncation,
  forgedHistories,
  forgeHistory,
  runSession,
  sessionPlans,
} from '../testing/index.ts'
import { cutUpdate } from './cut-update.ts'
import { updateBeyond } from './update-beyond.ts'
import { readUpdate } from './update.ts'

const read = (bytes: Uint8Array): Update => {
  const contents = readUpdate(bytes)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value.update
}

const documentOf = (updates: readonly Uint8Array[], onEach?: (doc: Y.Doc) => void): Y.Doc => {
  const doc = new Y.Doc({ gc: false })
  for (const update of updates) {
    Y.applyUpdate(doc, update)
    onEach?.(doc)
  }
  return doc
}

/** Everything that a document holds, what waits included, in one canonical update. */
const stateOf = (doc: Y.Doc): Uint8Array => Y.encodeStateAsUpdate(doc)

const isWhole = (doc: Y.Doc): boolean =>
  doc.store.pendingStructs === null && doc.store.pendingDs === null

const sizes = fc.constantFrom(1, 16, 40, 100, 400)

describe('an update in pieces', () => {
  test('is the same update, each piece of it reads, and none waits for a later one', () => {
    fc.assert(
      fc.property(sessionPlans, sizes, (plan, size) => {
        const merged = read(Y.mergeUpdates(runSession(plan).updates as Uint8Array[]))
        const whole = documentOf([merged])
        const pieces = cutUpdate(merged, size)
        for (const piece of pieces) read(piece)
        let waits = 0
        const cut = documentOf(pieces, (doc) => {
          if (doc.store.pendingStructs !== null) waits++
        })
        expect(isWhole(whole) ? waits : 0).toBe(0)
        expect(bytesEqual(stateOf(cut), stateOf(whole))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('is the same update where its structs refer to each other in any way', () => {
    fc.assert(
      fc.property(forgedHistories, sizes, (history, size) => {
        for (const forged of forgeHistory(history)) {
          const contents = readUpdate(forged)
          if (!contents.ok) continue
          const pieces = cutUpdate(contents.value.update, size)
          const all = { structs: new Map<string, number>(), deletes: 0 }
          for (const piece of pieces) {
            const part = readUpdate(piece)
            if (!part.ok) throw new Error(part.error.message)
            for (const { client, start, end } of part.value.structs.ranges())
              all.structs.set(String(client), (all.structs.get(String(client)) ?? 0) + end - start)
            for (const { start, end } of part.value.deletes.ranges()) all.deletes += end - start
          }
          const wanted = { structs: new Map<string, number>(), deletes: 0 }
          for (const { client, start, end } of contents.value.structs.ranges())
            wanted.structs.set(
              String(client),
              (wanted.structs.get(String(client)) ?? 0) + end - start,
            )
          for (const { start, end } of contents.value.deletes.ranges())
            wanted.deletes += end - start
          expect(all).toEqual(wanted)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('that is small enough comes back as it is', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'hello')
    const update = read(stateOf(doc))
    expect(cutUpdate(update, update.length)).toEqual([update])
  })

  test('holds a long text in parts of whole characters, and one can go on to edit it', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'start end')
    doc.getText('t').insert(5, 'aé漢😀'.repeat(1_000))
    const update = read(stateOf(doc))
    const pieces = cutUpdate(update, 500)
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(600)
    const cut = documentOf(pieces)
    expect(cut.getText('t').toJSON()).toBe(doc.getText('t').toJSON())
    cut.getText('t').insert(2_000, 'here')
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(cut, Y.encodeStateVector(doc)))
    expect(doc.getText('t').toJSON()).toBe(cut.getText('t').toJSON())
  })

  test('holds a long array in parts', () => {
    const doc = new Y.Doc()
    const values = Array.from({ length: 3_000 }, (_, i) => ({ i, name: `value ${i}` }))
    doc.getArray('a').push(values)
    const pieces = cutUpdate(read(stateOf(doc)), 1_000)
    expect(pieces.length).toBeGreaterThan(30)
    expect(documentOf(pieces).getArray('a').toJSON()).toEqual(values)
  })

  test('holds a value that cannot be split alone in its piece', () => {
    const doc = new Y.Doc()
    doc.getMap('m').set('large', new Uint8Array(5_000).fill(7))
    doc.getMap('m').set('small', 1)
    const pieces = cutUpdate(read(stateOf(doc)), 100)
    expect(pieces.map(({ length }) => length > 5_000)).toEqual([true, false])
    expect(documentOf(pieces).getMap('m').toJSON()).toEqual(doc.getMap('m').toJSON())
  })

  test('cuts a set of many deletes, too', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'ab'.repeat(2_000))
    for (let i = 0; i < 2_000; i++) doc.getText('t').delete(i, 1)
    const update = read(stateOf(doc))
    const pieces = cutUpdate(update, 1_000)
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1_200)
    expect(bytesEqual(stateOf(documentOf(pieces)), stateOf(documentOf([update])))).toBe(true)
  })
})

test('damaged bytes are an error, not a loop and not an answer', () => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'hello')
  // without its delete set the structs are whole still, and that is all that one of them looks at
  for (const damaged of everyTruncation(stateOf(doc)).slice(1, -1)) {
    expect(() => cutUpdate(damaged as Update, 0)).toThrow(/./)
    expect(() => updateBeyond(damaged as Update, new Map())).toThrow(/not an update/)
  }
  const endless = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)
  expect(() => cutUpdate(endless as Update, 0)).toThrow(/not an update/)
  expect(() => updateBeyond(endless as Update, new Map())).toThrow(/not an update/)
})
