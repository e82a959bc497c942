import fc from 'fast-check'
import { runSession, sessionPlans } from '@quire/shared/testing'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { foldUpdates, isFoldDue } from './folding.ts'

/** What a document that has these updates looks like; subdocuments by their guid. */
const stateOf = (updates: readonly Uint8Array[]): unknown => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  const { pendingStructs, pendingDs } = doc.store
  const state = {
    text: doc.getText('text').toDelta() as unknown,
    map: doc.getMap('map').toJSON(),
    array: doc.getArray('array').toJSON(),
    xml: doc.getXmlFragment('xml').toJSON(),
    vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b),
    waits: [pendingStructs !== null, pendingDs !== null],
  }
  const json = JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Y.Doc) return value.guid
    return typeof value === 'bigint' ? `${value}n` : value
  })
  return JSON.parse(json) as unknown
}

const asUpdates = (updates: readonly Uint8Array[]): readonly Update[] =>
  updates.map((update) => update as Update) // Yjs' own encoding

describe('folding', () => {
  it('says what all of them say, also while some wait for others', () => {
    fc.assert(
      fc.property(sessionPlans, fc.nat({ max: 20 }), (plan, missing) => {
        const { updates } = runSession(plan)
        const some = asUpdates(updates.filter((_, i) => i !== missing))
        const folded = foldUpdates(some)
        expect(stateOf([folded ?? new Uint8Array(0)])).toEqual(stateOf(some))
        // and what was missing finds its place
        expect(stateOf([folded ?? new Uint8Array(0), ...updates])).toEqual(stateOf(updates))
      }),
    )
  })

  it('lets go of what was deleted', () => {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const text = doc.getText('text')
    for (let i = 0; i < 300; i++) {
      text.insert(0, 'a long word ')
      text.delete(0, 12)
    }
    const folded = foldUpdates(asUpdates(updates))
    expect(folded?.length).toBeLessThan(50)
  })

  it('merges what Yjs does not take into a document, and says if that fails as well', () => {
    // PROTOCOL.md V2: a map that holds the text "ab" under "k"; then "c" behind its "a"; then the map goes
    const map = [1, 2, 7, 0, 7, 1, 1, 0x74, 1, 0x24, 0, 7, 0, 1, 0x6b, 2, 0x61, 0x62, 0]
    const all = [map, [1, 1, 8, 0, 0x84, 7, 1, 1, 0x63, 0], [0, 1, 7, 1, 0, 1]].map((bytes) =>
      Uint8Array.from(bytes),
    )
    expect(() => stateOf(all)).toThrow(/^Unexpected case$/)
    const folded = foldUpdates(asUpdates(all))
    const { structs, ds } = Y.decodeUpdate(folded ?? new Uint8Array(0))
    expect([structs.length, ds.clients.size]).toEqual([3, 1])
    const nonsense = Uint8Array.of(9, 9, 9) // no update
    expect(foldUpdates(asUpdates([nonsense, ...all]))).toBe(null)
  })

  it.each([
    ['few updates', { foldedBytes: 0, tailUpdates: 999, tailBytes: 9_000 }, 1, false],
    ['a thousand updates', { foldedBytes: 0, tailUpdates: 1_000, tailBytes: 9_000 }, 1, true],
    ['many bytes', { foldedBytes: 0, tailUpdates: 2, tailBytes: 131_072 }, 1, true],
    ['one large update', { foldedBytes: 0, tailUpdates: 1, tailBytes: 900_000 }, 1, false],
    ['one very large update', { foldedBytes: 0, tailUpdates: 1, tailBytes: 1_048_576 }, 1, true],
    ['a large document', { foldedBytes: 1_000_000, tailUpdates: 4_999, tailBytes: 9 }, 1, false],
    ['… later', { foldedBytes: 1_000_000, tailUpdates: 5_000, tailBytes: 9 }, 1, true],
    ['a huge document', { foldedBytes: 50_000_000, tailUpdates: 10_000, tailBytes: 9 }, 1, true],
    ['what failed before', { foldedBytes: 0, tailUpdates: 1_999, tailBytes: 9 }, 2, false],
    ['… at twice the length', { foldedBytes: 0, tailUpdates: 2_000, tailBytes: 9 }, 2, true],
    ['nothing but positions', { foldedBytes: 0, tailUpdates: 0, tailBytes: 1_048_576 }, 1, true],
  ])('is due for %s: %o × %i, %s', (_, size, patience, expected) => {
    expect(isFoldDue(size, patience)).toBe(expected)
  })
})
