import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, concatBytes } from '../bytes.ts'
import { everyTruncation } from '../testing/mutations.ts'
import { runSession, type Session, sessionPlans } from '../testing/yjs-session.ts'
import type { IdSet } from './id-set.ts'
import { readUpdate, type UpdateContents } from './update.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

const accepted = (bytes: Uint8Array): UpdateContents => {
  const read = readUpdate(bytes)
  if (!read.ok)
    throw new Error(
      `${read.error.kind}: ${read.error.message} in ${Buffer.from(bytes).toString('hex')}`,
    )
  return read.value
}

const problemOf = (list: Iterable<number>): string | null => {
  const read = readUpdate(Uint8Array.from(list))
  return read.ok ? null : read.error.kind
}

const listed = (set: IdSet): string[] =>
  [...set.ranges()].map(({ client, start, end }) => `${client}:${start}-${end}`).toSorted()

/** The same facts, as Yjs decodes them. */
const decodedByYjs = (
  bytes: Uint8Array,
): { structs: string[]; deletes: string[]; needs: Map<number, number> } => {
  const { structs, ds } = Y.decodeUpdate(bytes)
  const runs = new Map<number, [number, number][]>()
  const needs = new Map<number, number>()
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { client, clock } = struct.id
    const list = runs.get(client) ?? []
    runs.set(client, list)
    const last = list.at(-1)
    if (last?.[1] === clock) last[1] += struct.length
    else list.push([clock, clock + struct.length])
    if (!(struct instanceof Y.Item)) continue
    for (const id of [struct.origin, struct.rightOrigin, struct.parent])
      if (id instanceof Y.ID && id.client !== client)
        needs.set(id.client, Math.max(needs.get(id.client) ?? 0, id.clock + 1))
  }
  const text = (client: number, start: number, end: number): string => `${client}:${start}-${end}`
  return {
    structs: [...runs]
      .flatMap(([client, list]) => list.map(([start, end]) => text(client, start, end)))
      .toSorted(),
    deletes: [...ds.clients]
      .flatMap(([client, list]) => list.map((it) => text(client, it.clock, it.clock + it.len)))
      .toSorted(),
    needs,
  }
}

/** Everything that clients and servers make of a session: increments, states, diffs, merges, pending. */
const updatesOf = ({ docs, updates }: Session): Uint8Array[] => {
  const states = docs.map((doc) => Y.encodeStateAsUpdate(doc))
  const merged = Y.mergeUpdates([...updates, ...states])
  const late = updates.filter((_, i) => i % 2 === 1) // every other one never came
  const waiting = new Y.Doc()
  for (const update of late) Y.applyUpdate(waiting, update)
  const partly = Y.encodeStateVector(waiting)
  return [
    ...updates,
    ...states,
    merged,
    Y.mergeUpdates([...late, ...late]),
    Y.encodeStateAsUpdate(waiting),
    Y.diffUpdate(merged, partly),
    ...docs.map((doc) => Y.diffUpdate(merged, Y.encodeStateVector(doc))),
    ...docs.map((doc) => Y.encodeStateAsUpdate(doc, partly)),
    Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(merged)),
  ]
}

describe('[P7] what Yjs writes', () => {
  test('is accepted as it is, and means what Y.decodeUpdate says', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        for (const bytes of updatesOf(runSession(plan))) {
          const { update, structs, deletes, needs } = accepted(bytes)
          const oracle = decodedByYjs(bytes)
          expect(update).toBe(bytes)
          expect(listed(structs)).toEqual(oracle.structs)
          expect(listed(deletes)).toEqual(oracle.deletes)
          expect(new Map(needs)).toEqual(oracle.needs)
          const stateVector = Y.encodeStateVectorFromUpdate(bytes)
          expect(bytesEqual(structs.toStateVector(), stateVector)).toBe(true)
          const deleteSet = deletes.toDeleteSet()
          const tail = bytes.subarray(bytes.length - deleteSet.length)
          expect(bytesEqual(tail, deleteSet)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('gives the state vector of the document', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        for (const doc of runSession(plan).docs) {
          const { structs } = accepted(Y.encodeStateAsUpdate(doc))
          expect(structs.toStateVector()).toEqual(Y.encodeStateVector(doc))
        }
      }),
      { numRuns: 30 },
    )
  })

  test('holds gaps where updates are missing, and the gaps are not in the structs', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (const word of ['one', 'two', 'three']) doc.getText('t').insert(0, word)
    const [first, , third] = updates as [Uint8Array, Uint8Array, Uint8Array] // one per insert
    const merged = Y.mergeUpdates([first, third])
    expect(Y.decodeUpdate(merged).structs.some((struct) => struct instanceof Y.Skip)).toBe(true)
    expect(listed(accepted(merged).structs)).toEqual(['7:0-3', '7:6-11'])
  })

  test('of old clients: JSON content with the word undefined', () => {
    const out = encoding.createEncoder()
    encoding.writeUint8Array(out, Uint8Array.of(1, 1, 7, 0, 2, 1, 1, 0x61, 3))
    for (const text of ['undefined', '{"a":1}', 'null']) encoding.writeVarString(out, text)
    encoding.writeVarUint(out, 0)
    const { update, structs } = accepted(encoding.toUint8Array(out))
    expect(listed(structs)).toEqual(['7:0-3'])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    expect(doc.getArray('a').toArray()).toEqual([undefined, { a: 1 }, null])
  })

  test('with the largest client ids and clocks', () => {
    const largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f] // 2^53 - 1
    const nearly = [0xfe, ...largest.slice(1)]
    const update = Uint8Array.of(1, 1, ...largest, ...nearly, 0, 1, 0)
    expect(listed(accepted(update).structs)).toEqual([
      '9007199254740991:9007199254740990-9007199254740991',
    ])
    const refers = Uint8Array.of(1, 1, 7, 0, 0x84, ...largest, ...largest, 1, 0x61, 0)
    expect([...accepted(refers).needs]).toEqual([[2 ** 53 - 1, 2 ** 53]])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    Y.applyUpdate(doc, refers) // waits, in format V2
    expect(decodedByYjs(Y.encodeStateAsUpdate(doc)).needs).toEqual(
      new Map([[2 ** 53 - 1, 2 ** 53]]),
    )
  })
})

describe('[P6] updates that are not in the order of Yjs are put into it', () => {
  const one = (client: number, ...text: number[]): number[] =>
    [1, client, 0, 4, 1, 1, 0x74, text.length].concat(text)
  /** Client 1 with "a", client 2 with "bc", as a writer puts them that does not sort. */
  const ascending = Uint8Array.of(2, ...one(1, 0x61), ...one(2, 0x62, 0x63), 0)

  test('blocks come highest client first, and nothing else changes', () => {
    const { update, structs } = accepted(ascending)
    expect(update).not.toBe(ascending)
    expect(update).toHaveLength(ascending.length)
    expect(Y.decodeUpdate(update).structs.map((struct) => struct.id.client)).toEqual([2, 1])
    expect(listed(structs)).toEqual(['1:0-1', '2:0-2'])
    expect(ascending[2]).toBe(1) // the bytes given are left alone
  })

  test('because a merge of blocks in another order loses content', () => {
    const other = new Y.Doc()
    other.clientID = 2
    other.getText('t').insert(0, 'bcd')
    const loads = (bytes: Uint8Array): string => {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, Y.mergeUpdates([bytes, Y.encodeStateAsUpdate(other)]))
      return doc.getText('t').toJSON()
    }
    expect(loads(ascending)).toHaveLength(3)
    expect(loads(accepted(ascending).update)).toHaveLength(4)
  })

  test('whatever order the blocks had, a merge with others keeps every struct', () => {
    fc.assert(
      fc.property(sessionPlans, fc.infiniteStream(fc.nat()), (plan, ranks) => {
        const { docs, updates } = runSession(plan)
        const state = Y.mergeUpdates(docs.map((doc) => Y.encodeStateAsUpdate(doc)))
        const { update, structs } = accepted(withBlocksShuffled(state, ranks))
        const merged = accepted(Y.mergeUpdates([update, ...updates]))
        expect(merged.structs.hasAll(structs)).toBe(true)
        const [expected, loaded] = [new Y.Doc(), new Y.Doc()]
        Y.applyUpdate(expected, state)
        Y.applyUpdate(loaded, merged.update)
        expect(Y.encodeStateVector(loaded)).toEqual(Y.encodeStateVector(expected))
        expect(loaded.getText('text').toJSON()).toBe(expected.getText('text').toJSON())
      }),
      { numRuns: 30 },
    )
  })

  test('deleted ranges ascend, and none is empty', () => {
    const disordered = Uint8Array.of(0, 1, 7, 4, 10, 5, 2, 0, 0, 3, 12, 4)
    const { update, deletes } = accepted(disordered)
    expect([...update]).toEqual([0, 1, 7, 2, 0, 3, 10, 6])
    expect(listed(deletes)).toEqual(['7:0-3', '7:10-16'])
    const inOrder = Uint8Array.of(0, 1, 7, 2, 0, 3, 3, 1)
    expect(accepted(inOrder).update).toBe(inOrder)
  })

  test('because Yjs stores disordered ranges as other ranges, and throws on empty ones', () => {
    const waiting = (bytes: Uint8Array): string[] => {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, bytes) // the structs are not there yet
      return decodedByYjs(Y.encodeStateAsUpdate(doc)).deletes
    }
    const disordered = Uint8Array.of(0, 1, 7, 2, 100, 1, 50, 1)
    expect(waiting(disordered)).not.toEqual(['7:100-101', '7:50-51'])
    expect(waiting(accepted(disordered).update)).toEqual(['7:100-101', '7:50-51'])
    const empty = Uint8Array.of(0, 1, 7, 1, 5, 0)
    expect(() => waiting(empty)).toThrow('Unexpected case')
    expect(waiting(accepted(empty).update)).toEqual([])
  })
})

describe('[P6] gaps at the front of a block, as Yjs 14 writes them,', () => {
  /** Of client 9 "a", and of client 7 something collected behind a gap of 4 and one of 2. */
  const led = Uint8Array.of(2, 1, 9, 0, 4, 1, 1, 0x74, 1, 0x61, 3, 7, 5, 10, 4, 10, 2, 0, 1, 0)

  test('are left out, and the block starts behind them', () => {
    const { update, structs } = accepted(led)
    expect([...update]).toEqual([2, 1, 9, 0, 4, 1, 1, 0x74, 1, 0x61, 1, 7, 11, 0, 1, 0])
    expect(listed(structs)).toEqual(['7:11-12', '9:0-1'])
    expect(accepted(update).update).toBe(update)
  })

  test('and so is a block of nothing else', () => {
    const { update, structs } = accepted(Uint8Array.of(1, 1, 7, 0, 10, 4, 1, 7, 1, 2, 1))
    expect([...update]).toEqual([0, 1, 7, 1, 2, 1])
    expect(listed(structs)).toEqual([])
  })

  test('because Yjs 13 counts them as known in a state vector that it makes', () => {
    const bytes = Uint8Array.of(1, 2, 7, 0, 10, 4, 0, 1, 0)
    expect([...Y.encodeStateVectorFromUpdate(bytes)]).toEqual([1, 7, 4])
    expect([...Y.encodeStateVectorFromUpdate(accepted(bytes).update)]).toEqual([0])
  })
})

/** The same update with its blocks in another order. */
const withBlocksShuffled = (bytes: Uint8Array, ranks: fc.Stream<number>): Uint8Array => {
  const { structs, ds } = Y.decodeUpdate(bytes)
  const clients = [...new Set(structs.map((struct) => struct.id.client))]
  // each block alone, cut out of an update that has only it
  const blocks = clients.map((client) => {
    const known = new Map(clients.filter((it) => it !== client).map((it) => [it, 2 ** 53 - 1]))
    const alone = Y.diffUpdate(bytes, Y.encodeStateVector(known))
    const deletes = accepted(alone).deletes.toDeleteSet()
    return alone.subarray(1, alone.length - deletes.length)
  })
  const order = blocks.map((block): [number, Uint8Array] => [ranks.next().value, block])
  const deletes = accepted(bytes).deletes.toDeleteSet()
  expect(ds.clients.size).toBe(deletes[0])
  return Uint8Array.of(
    blocks.length,
    ...concatBytes(order.toSorted((a, b) => a[0] - b[0]).map(([, block]) => block)),
    ...deletes,
  )
}

describe('[P2] every update cut short is refused', () => {
  test('at every offset', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        const { docs, updates } = runSession(plan)
        const states = docs.map((doc) => Y.encodeStateAsUpdate(doc))
        for (const bytes of [...states.slice(0, 1), ...updates.slice(0, 5)])
          expect(everyTruncation(bytes).filter((part) => readUpdate(part).ok)).toEqual([])
      }),
      { numRuns: 30 },
    )
  })
})

describe('[P5] what Yjs would throw on is refused', () => {
  const root = [1, 1, 0x74] // kind of parent 1, the name "t"
  const letter = [1, 0x61]
  const one = (...struct: number[]): number[] => [1, 1, 7, 0, ...struct, 0]
  const options = (...any: number[]): number[] => one(9, ...root, 1, 0x67, ...any)
  const text = (word: string): number[] => [word.length, ...new TextEncoder().encode(word)]

  test.each<readonly [string, number[], string]>([
    ['an origin that is the struct itself', one(0x84, 7, 0, ...letter), 'order'],
    ['an origin in its own later structs', one(0x84, 7, 9, ...letter), 'order'],
    ['a right origin that is the struct itself', one(0x44, 7, 0, ...letter), 'order'],
    ['a parent that is the struct itself', one(7, 0, 7, 0, 0), 'order'],
    ['an origin within the struct itself', one(0x84, 7, 1, 3, 0x61, 0x61, 0x61), 'order'],
    ['options of a subdocument that are null', options(126), 'unknown'],
    ['options of a subdocument that are undefined', options(127), 'unknown'],
    ['a guid in the options', options(118, 1, ...text('guid'), 126), 'forbidden'],
    ['a gcFilter that is no function', options(118, 1, ...text('gcFilter'), 126), 'forbidden'],
    [
      'the key __proto__ in any',
      one(8, ...root, 1, 118, 1, ...text('__proto__'), 116, 0),
      'forbidden',
    ],
    ['a gap with flags', [1, 2, 7, 0, 0, 1, 0x8a, 1, 0], 'unknown'],
    ['a shared type that is not known', one(7, ...root, 7), 'unknown'],
    ['a content that is not known', one(11, ...root), 'unknown'],
  ])('%s', (_, bytes, kind) => {
    expect(problemOf(bytes)).toBe(kind)
    expect(() => usedByYjs(Uint8Array.from(bytes))).toThrow(Error)
  })

  test.each<readonly [string, number[], string]>([
    ['a GC with flags', one(0x80, 1), 'unknown'],
    ['a GC of length 0', one(0, 0), 'range'],
    ['text of length 0', one(4, ...root, 0), 'range'],
    ['no values', one(8, ...root, 0), 'range'],
    ['a client twice', [2, 1, 7, 0, 0, 1, 1, 7, 1, 0, 1, 0], 'order'],
    ['a client twice in the delete set', [0, 2, 7, 1, 0, 1, 7, 1, 5, 1], 'order'],
    ['bytes behind the end', [0, 0, 0], 'trailing'],
    ['JSON that is none', one(5, ...root, ...text('{')), 'json'],
    ['an embed with the key __proto__', one(5, ...root, ...text('{"__proto__":1}')), 'json'],
    ['the word undefined as an embed', one(5, ...root, ...text('undefined')), 'json'],
    ['text that is not UTF-8', one(4, ...root, 1, 0xff), 'utf8'],
    ['a root name that is not UTF-8', one(4, 1, 1, 0xff, ...letter), 'utf8'],
  ])('and so is %s', (_, bytes, kind) => {
    expect(problemOf(bytes)).toBe(kind)
  })

  test.each<readonly [string, number[]]>([
    ['2^53 - 1 clients', [255, 255, 255, 255, 255, 255, 255, 15]],
    ['2^53 - 1 structs', [1, 255, 255, 255, 255, 255, 255, 255, 15, 7, 0, 0, 1]],
    ['2^53 - 1 values', one(8, ...root, 255, 255, 255, 255, 255, 255, 255, 15, 126, 126)],
    ['2^53 - 1 texts', one(2, ...root, 255, 255, 255, 255, 255, 255, 255, 15, 1, 0x31)],
    ['2^53 - 1 keys', one(8, ...root, 1, 118, 255, 255, 255, 255, 255, 255, 255, 15, 0, 126)],
    ['2^53 - 1 bytes', one(3, ...root, 255, 255, 255, 255, 255, 255, 255, 15, 1)],
    ['2^53 - 1 deleted ranges', [0, 1, 7, 255, 255, 255, 255, 255, 255, 255, 15, 1, 1]],
  ])('[P1] %s end at the first missing byte', (_, bytes) => {
    expect(['truncated', 'unknown', 'json', 'limit']).toContain(problemOf(bytes))
  })

  test('[P3] integers of 2^53 and more are out of range wherever one may stand', () => {
    const beyond = [128, 128, 128, 128, 128, 128, 128, 16]
    const largest = [255, 255, 255, 255, 255, 255, 255, 15]
    for (const bytes of [
      beyond,
      [1, ...beyond],
      [1, 1, ...beyond],
      [1, 1, 7, ...beyond],
      [1, 1, 7, ...largest, 0, 1, 0],
      [1, 2, 7, 1, 0, ...largest, 0, 1, 0],
      one(0x84, ...beyond, 1, ...letter),
      one(0x84, 9, ...beyond, ...letter),
      [0, 1, 7, 1, 2, ...largest],
      [0, 1, ...beyond],
    ])
      expect(`${bytes.join(' ')}: ${problemOf(bytes)}`).toBe(`${bytes.join(' ')}: range`)
  })

  test('[P4] values nest as deep as the limit and no deeper', () => {
    const nested = (depth: number): number[] => [
      ...Array.from({ length: depth }, () => [117, 1]).flat(),
      126,
    ]
    expect(problemOf(one(8, ...root, 1, ...nested(256)))).toBeNull()
    expect(problemOf(one(8, ...root, 1, ...nested(257)))).toBe('limit')
  })
})

/** All that servers and clients do with an update, on a document that then goes on. */
const usedByYjs = (update: Uint8Array): void => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const state = Y.encodeStateAsUpdate(doc)
  Y.mergeUpdates([state, update, Uint8Array.of(0, 0)])
  Y.applyUpdate(new Y.Doc(), state)
  for (const item of doc.getArray('t').toArray())
    if (item instanceof Y.Doc) {
      item.getText('inner').insert(0, 'typed')
      item.getText('inner').delete(0, 1)
    }
}
