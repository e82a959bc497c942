import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { clientId } from '../ids.ts'
import { limits } from '../limits.ts'
import { everyTruncation, mutate, mutations } from '../testing/mutations.ts'
import { decodeDeleteSet, isDeleteSet, updateOfDeletes } from './delete-set.ts'
import { IdSet } from './id-set.ts'

const idSets = fc
  .array(
    fc.tuple(
      fc.constantFrom(1, 7, 2 ** 53 - 1),
      fc.nat({ max: 60 }),
      fc.integer({ min: 1, max: 9 }),
    ),
  )
  .map((ranges) => {
    const set = new IdSet()
    for (const [client, start, length] of ranges) set.add(clientId(client), start, start + length)
    return set
  })

const listed = (set: IdSet): string[] =>
  [...set.ranges()].map(({ client, start, end }) => `${client}:${start}-${end}`).toSorted()

describe('delete sets', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(idSets, (set) => {
        const decoded = decodeDeleteSet(set.toDeleteSet())
        expect(decoded.ok && listed(decoded.value)).toEqual(listed(set))
      }),
    )
  })

  test('make an update that deletes exactly them', () => {
    fc.assert(
      fc.property(idSets, (set) => {
        const { structs, ds } = Y.decodeUpdate(updateOfDeletes(set.toDeleteSet()))
        expect(structs).toEqual([])
        const ranges = [...ds.clients].flatMap(([client, items]) =>
          items.map(({ clock, len }) => `${client}:${clock}-${clock + len}`),
        )
        expect(ranges.toSorted()).toEqual(listed(set))
      }),
    )
  })

  test('that are read without an error by Yjs are told from others, those in no order included', () => {
    fc.assert(
      fc.property(idSets, mutations, (set, mutation) => {
        const bytes = mutate(set.toDeleteSet(), mutation, Uint8Array.of(1, 1, 1, 0, 1))
        const decoded = decodeDeleteSet(bytes)
        const mayBeOne = decoded.ok || decoded.error.kind === 'order'
        const isOne = isDeleteSet(bytes)
        expect([isOne || !decoded.ok, mayBeOne || !isOne]).toEqual([true, true])
        if (isOne) Y.decodeUpdate(updateOfDeletes(bytes))
      }),
    )
  })

  test.each([
    ['a client twice', [2, 7, 1, 0, 1, 7, 1, 5, 1], 'order'],
    ['bytes behind it', [0, 0], 'trailing'],
    ['an end over 2^53 - 1', [1, 7, 1, 1, 255, 255, 255, 255, 255, 255, 255, 15], 'range'],
    ['2^53 - 1 ranges', [1, 7, 255, 255, 255, 255, 255, 255, 255, 15, 1, 1], 'truncated'],
    ['nothing', [], 'truncated'],
  ])('[P2] with %s are refused', (_, list, kind) => {
    const decoded = decodeDeleteSet(Uint8Array.from(list))
    expect(decoded.ok ? null : decoded.error.kind).toBe(kind)
  })

  test('[P6] with ranges out of order, empty or overlapping are read as the ids they name', () => {
    const decoded = decodeDeleteSet(Uint8Array.of(1, 7, 4, 10, 5, 2, 0, 0, 3, 12, 4))
    expect(decoded.ok && listed(decoded.value)).toEqual(['7:0-3', '7:10-16'])
  })

  test('[P1] damaged get an answer', () => {
    fc.assert(
      fc.property(idSets, fc.array(mutations, { minLength: 10, maxLength: 10 }), (set, list) => {
        const bytes = set.toDeleteSet()
        for (const mutation of list) decodeDeleteSet(mutate(bytes, mutation, bytes))
        for (const part of everyTruncation(bytes)) expect(decodeDeleteSet(part).ok).toBe(false)
      }),
      { numRuns: 200 },
    )
  })
})

describe('[P1] ranges that do not ascend', () => {
  const descending = (count: number): Uint8Array => {
    const out = encoding.createEncoder()
    for (const value of [1, 7, count]) encoding.writeVarUint(out, value)
    for (let i = count; i > 0; i--) {
      encoding.writeVarUint(out, i * 2)
      encoding.writeVarUint(out, 1)
    }
    return encoding.toUint8Array(out)
  }

  test('are sorted up to the limit, and refused beyond it', () => {
    const most = decodeDeleteSet(descending(limits.unsortedRanges))
    expect(most.ok ? most.value.size : most.error).toBe(limits.unsortedRanges)
    const over = decodeDeleteSet(descending(limits.unsortedRanges + 1))
    expect(over.ok ? null : over.error.kind).toBe('limit')
  })
})
