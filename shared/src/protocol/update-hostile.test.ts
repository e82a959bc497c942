/*
 * Damaged, forged and adversarial updates, with Yjs as the judge: readUpdate always answers, in work
 * that is linear in the bytes, and what it accepts never breaks a document.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual } from '../bytes.ts'
import { forgedHistories, forgeHistory } from '../testing/forged-history.ts'
import { mutate, mutations } from '../testing/mutations.ts'
import { applyEdit, runSession, sessionPlans } from '../testing/yjs-session.ts'
import { ByteReader } from './byte-reader.ts'
import { readUpdate } from './update.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

/** A failure of plans this large shrinks for hours; what is reached in this time is small enough. */
const SHRINK_MS = 50_000

const silent = (): void => {}
vi.spyOn(console, 'error').mockImplementation(silent) // Yjs tells of subdocuments that stand twice

/** A document of clients that no mutated update comes from. */
const goodDoc = (): Y.Doc => {
  const doc = new Y.Doc()
  doc.clientID = 4_000_000_001
  doc.getText('text').insert(0, 'a good document', { bold: true })
  doc.getMap('map').set('a', new Y.Map([['inner', 1]]))
  doc.getArray('array').insert(0, [1, { two: 2 }, new Y.Text('three')])
  doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('p')])
  doc.getText('text').delete(2, 5)
  return doc
}
const good = Y.encodeStateAsUpdate(goodDoc())

/** Applies updates to a document, which must still be stored, loaded and edited. Throws where Yjs does. */
const expectUsable = (base: Uint8Array, updates: readonly Uint8Array[]): void => {
  const doc = new Y.Doc()
  doc.clientID = 4_000_000_002
  Y.applyUpdate(doc, base)
  for (const update of updates) Y.applyUpdate(doc, update)
  expectSameWhenLoaded(doc)
  applyEdit(doc, { kind: 'text', at: 3, text: 'typed', bold: true })
  applyEdit(doc, { kind: 'format', at: 0, size: 9, value: 'red' })
  applyEdit(doc, { kind: 'cut', at: 1, size: 1 })
  applyEdit(doc, { kind: 'set', key: 'a', value: 1 })
  applyEdit(doc, { kind: 'push', at: 1, values: [2] })
  applyEdit(doc, { kind: 'pull', at: 0, size: 1 })
  applyEdit(doc, { kind: 'node', at: 0, type: 0, name: 'p' })
  expectSameWhenLoaded(doc)
}

const expectSameWhenLoaded = (doc: Y.Doc): void => {
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, Y.encodeStateAsUpdate(doc))
  // which of what waits for others is taken in depends on the order in which it came
  if (doc.store.pendingStructs === null) expect(summary(loaded)).toBe(summary(doc))
}

const summary = (doc: Y.Doc): string =>
  [
    Y.encodeStateVector(doc).join(),
    // V8 of PROTOCOL.md: in which order depends on how it was loaded, where neighbours contradict each other
    doc.getText('text').toJSON().split('').toSorted().join(''),
    doc.getArray('array').length,
    [...doc.getMap('map').keys()].toSorted().join(),
  ].join(' | ')

/** V2 of PROTOCOL.md: content of several ticks under a key, cut in two, below a deleted parent. */
const isKnown = (error: unknown): boolean =>
  error instanceof Error && /at Item\.gc /.test(error.stack ?? '')

const unlessKnown = (use: () => void): void => {
  try {
    use()
  } catch (error) {
    if (!isKnown(error)) throw error
  }
}

/** Thousands of damaged updates of random sessions. */
const damaged = (count: number): fc.Arbitrary<{ state: Uint8Array; bytes: Uint8Array[] }> =>
  fc
    .tuple(sessionPlans, fc.array(mutations, { minLength: count, maxLength: count, size: 'max' }))
    .map(([plan, list]) => {
      const { docs, updates } = runSession(plan)
      const states = docs.map((doc) => Y.encodeStateAsUpdate(doc))
      const originals = [...updates, ...states, Y.mergeUpdates(states)]
      const original = (i: number): Uint8Array => originals[i % originals.length] ?? good
      const bytes = list.map((mutation, i) => mutate(original(i), mutation, original(i * 7 + 1)))
      return { state: Y.mergeUpdates(states), bytes }
    })

describe('[P5] damaged updates', () => {
  test('never throw here, and those that are accepted never in Yjs', () => {
    fc.assert(
      fc.property(damaged(100), ({ bytes }) => {
        for (const candidate of bytes) {
          const read = readUpdate(candidate)
          if (!read.ok) continue
          const { update } = read.value
          unlessKnown(() => {
            Y.applyUpdate(new Y.Doc(), update)
            expectUsable(good, [update])
          })
        }
      }),
      { numRuns: 40, interruptAfterTimeLimit: SHRINK_MS },
    )
  })

  test('that are accepted pass every function of Yjs that does not integrate', () => {
    fc.assert(
      fc.property(damaged(150), ({ state, bytes }) => {
        for (const candidate of bytes) {
          const read = readUpdate(candidate)
          if (!read.ok) continue
          const { update, structs } = read.value
          const stateVector = Y.encodeStateVectorFromUpdate(update)
          expect(bytesEqual(structs.toStateVector(), stateVector)).toBe(true)
          for (const known of [state, good]) {
            const merged = readUpdate(Y.mergeUpdates([known, update]))
            expect(merged.ok && merged.value.structs.hasAll(structs)).toBe(true)
            Y.diffUpdate(update, Y.encodeStateVectorFromUpdate(known))
          }
          const viaV2 = readUpdate(Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(update)))
          expect(viaV2.ok).toBe(true)
        }
      }),
      { numRuns: 25, interruptAfterTimeLimit: SHRINK_MS },
    )
  })

  test('[P1] and random bytes always get an answer', () => {
    const heads = fc.constantFrom<readonly number[]>([], [1, 1, 7, 0], [1, 2, 7, 0], [0, 1])
    const small = fc.uint8Array({ max: 12, maxLength: 40, size: 'max' })
    fc.assert(
      fc.property(heads, fc.oneof(small, fc.uint8Array({ maxLength: 60 })), (head, tail) => {
        const read = readUpdate(Uint8Array.of(...head, ...tail))
        if (read.ok) unlessKnown(() => expectUsable(good, [read.value.update]))
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('[P5] forged histories', () => {
  test('of right form and wrong meaning are accepted and never throw in Yjs, in any order', () => {
    fc.assert(
      fc.property(forgedHistories, fc.infiniteStream(fc.nat()), (history, ranks) => {
        const updates = forgeHistory(history).map((bytes) => {
          const read = readUpdate(bytes)
          if (!read.ok)
            throw new Error(`${read.error.message} in ${Buffer.from(bytes).toString('hex')}`)
          return read.value.update
        })
        const shuffled = updates
          .map((update) => ({ update, rank: ranks.next().value }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ update }) => update)
        expectUsable(Uint8Array.of(0, 0), updates)
        expectUsable(good, shuffled)
        Y.applyUpdate(new Y.Doc(), Y.mergeUpdates([...shuffled, good]))
      }),
      { numRuns: 250 },
    )
  })
})

/** All that a reading says, as text. */
const told = (read: ReturnType<typeof readUpdate>): string => {
  if (!read.ok) return JSON.stringify(read.error)
  const { update, structs, deletes, needs } = read.value
  return JSON.stringify([[...update], [...structs.ranges()], [...deletes.ranges()], [...needs]])
}

describe('[P1] memory', () => {
  test('a view into a pool is read like a copy, and nothing that comes back reaches outside it', () => {
    fc.assert(
      fc.property(damaged(80), ({ bytes }) => {
        for (const candidate of bytes) {
          const pool = new Uint8Array(candidate.length + 64).fill(0x53) // what other frames left there
          pool.set(candidate, 32)
          const frame = pool.subarray(32, 32 + candidate.length)
          const [fromPool, fromCopy] = [readUpdate(frame), readUpdate(candidate)]
          expect(told(fromPool)).toBe(told(fromCopy))
          const update = fromPool.ok ? fromPool.value.update : frame
          expect(update === frame || update.buffer !== pool.buffer).toBe(true)
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('[P1] work', () => {
  afterEach(() => vi.restoreAllMocks())

  test('is linear in the bytes, whatever counts and lengths they claim', () => {
    let reads = 0
    for (const name of ['byte', 'varUint', 'skip', 'text'] as const) {
      const original = ByteReader.prototype[name]
      vi.spyOn(ByteReader.prototype, name).mockImplementation(function (
        this: ByteReader,
        ...args: unknown[]
      ): never {
        reads++
        return Reflect.apply(original, this, args) as never // the original's own result
      })
    }
    fc.assert(
      fc.property(damaged(60), ({ bytes }) => {
        for (const candidate of bytes) {
          reads = 0
          readUpdate(candidate)
          expect(reads).toBeLessThanOrEqual(3 * candidate.length + 10)
        }
      }),
      { numRuns: 20 },
    )
  })
})
