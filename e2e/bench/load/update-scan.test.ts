import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  applyUpdate,
  diffUpdate,
  Doc,
  encodeStateAsUpdate,
  encodeStateVector,
  mergeUpdates,
} from 'yjs'
import { readUpdate } from '@quire/shared'
import { scanUpdate } from './update-scan.ts'

interface Range {
  readonly client: number
  readonly start: number
  readonly end: number
}

const scanned = (update: Uint8Array): readonly Range[] => {
  const ranges: Range[] = []
  // among other bytes, as in a frame
  const framed = new Uint8Array(update.length + 9).fill(255)
  framed.set(update, 4)
  scanUpdate(framed, [4, 4 + update.length], (client, start, end) =>
    ranges.push({ client, start, end }),
  )
  return ranges
}

const whole = (update: Uint8Array): readonly Range[] => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(contents.error.message)
  return [...contents.value.structs.ranges()]
}

/** Updates of two people who type, delete and see each other's text. */
const typed = (strokes: readonly (readonly [number, number, string])[]): Uint8Array[] => {
  const docs = [new Doc(), new Doc()]
  const updates: Uint8Array[] = []
  for (const [i, doc] of docs.entries()) {
    doc.clientID = i + 1
    doc.on('update', (update: Uint8Array, _origin, _doc, { local }) => {
      if (local) updates.push(update)
    })
  }
  for (const [i, [at, deleted, inserted]] of strokes.entries()) {
    const doc = docs[i % 2]
    const text = doc?.getText('text')
    doc?.transact(() => {
      const place = Math.min(at, text?.length ?? 0)
      text?.delete(place, Math.min(deleted, (text?.length ?? 0) - place))
      text?.insert(place, inserted)
    })
    for (const other of docs) if (other !== doc) applyUpdate(other, encodeStateAsUpdate(doc!))
  }
  return updates
}

const strokes = fc.array(
  fc.tuple(fc.nat(30), fc.nat(3), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 })),
  { minLength: 1, maxLength: 30 },
)

test('[bench] the scan finds the clocks that the whole reader finds', () => {
  fc.assert(
    fc.property(strokes, (list) => {
      const updates = typed(list)
      for (const update of updates) expect(scanned(update)).toEqual(whole(update))
      const merged = mergeUpdates(updates)
      expect(scanned(merged)).toEqual(whole(merged))
    }),
  )
})

test('[bench] a gap in a merged update is left out', () => {
  const updates = typed(Array.from({ length: 6 }, () => [0, 0, 'a'] as const))
  const first = updates.filter((update) => scanned(update)[0]?.client === 1)
  const gappy = mergeUpdates([first[0]!, first[2]!])
  expect(scanned(gappy)).toEqual([
    { client: 1, start: 0, end: 1 },
    { client: 1, start: 2, end: 3 },
  ])
})

test('[bench] content that typing does not make is found as well', () => {
  const doc = new Doc()
  doc.clientID = 3
  doc.getMap('map').set('key', { deep: [1, 'two', null] })
  doc.getArray('array').insert(0, [1, 2, 3])
  const update = encodeStateAsUpdate(doc)
  expect(scanned(update)).toEqual([{ client: 3, start: 0, end: 4 }])
})

test('[bench] an answer to somebody who is up to date brings nothing', () => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'some text')
  doc.getText('text').delete(2, 3)
  expect(scanned(diffUpdate(encodeStateAsUpdate(doc), encodeStateVector(doc)))).toEqual([])
})

test('[bench] an update that is cut off is refused', () => {
  expect(() => scanUpdate(Uint8Array.of(1, 1, 5), [0, 3], () => {})).toThrow('too early')
})
