import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, type Update } from '../bytes.ts'
import { clientId } from '../ids.ts'
import { mutate, mutations, runSession, sessionPlans } from '../testing/index.ts'
import { IdSet } from './id-set.ts'
import { indexOfUpdate, stretchesOf, structsWithin, type UpdateIndex } from './update-index.ts'
import { readUpdate } from './update.ts'

vi.setConfig({ testTimeout: 60_000 }) // properties over whole editing sessions

const read = (bytes: Uint8Array): Update => {
  const contents = readUpdate(bytes)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value.update
}

const clocksOf = (update: Uint8Array): ReadonlyMap<number, number> =>
  Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update))

/** What a client with these clocks lacks of what the update's state vector tells. */
const lacksOf = (update: Update, known: ReadonlyMap<number, number>): IdSet => {
  const lacks = new IdSet()
  for (const [client, clock] of clocksOf(update))
    lacks.add(clientId(client), known.get(client) ?? 0, clock)
  return lacks
}

/** What is found by the index, and how many bytes were read for it. */
const found = (update: Update, index: UpdateIndex, lacks: IdSet) => {
  const stretches = stretchesOf(index, update.length, lacks)
  if (stretches === null) return null
  const parts = stretches.map(({ at, to }) => update.slice(at, to))
  const structs = structsWithin(stretches, parts, lacks)
  return structs && { structs, bytes: parts.reduce((sum, part) => sum + part.length, 0) }
}

const docOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc({ gc: false })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** Its deletes alone. */
const deletesOf = (update: Uint8Array): Uint8Array => {
  const whole = docOf([update])
  return Y.diffUpdate(update, Y.encodeStateVector(whole))
}

/** Texts of many people, long enough for several marks. */
const bookOf = (people: number, words: number): Y.Doc => {
  const book = new Y.Doc()
  for (let person = 1; person <= people; person++) {
    const own = docOf([Y.encodeStateAsUpdate(book)])
    own.clientID = person * 1000
    const text = own.getText('text')
    for (let i = 0; i < words; i++) text.insert((i * 7) % (text.length + 1), `word ${i} `)
    for (let i = 0; i < words; i += 3) text.delete((i * 5) % (text.length - 4), 3)
    Y.applyUpdate(book, Y.encodeStateAsUpdate(own))
  }
  return book
}

describe('what is found by an index', () => {
  test('brings a client to the same document as Yjs’ own difference does', () => {
    fc.assert(
      fc.property(sessionPlans, fc.nat(100), (plan, percent) => {
        const updates = runSession(plan).updates as Update[]
        const all = read(Y.mergeUpdates(updates))
        const part = updates.slice(0, Math.round((updates.length * percent) / 100))
        const [client, oracle] = [docOf(part), docOf(part)]
        const vector = Y.encodeStateVector(client)
        const lacks = lacksOf(all, Y.decodeStateVector(vector))
        const hit = found(all, indexOfUpdate(all), lacks)
        Y.applyUpdate(client, hit?.structs ?? Uint8Array.of())
        Y.applyUpdate(client, deletesOf(all))
        Y.applyUpdate(oracle, Y.diffUpdate(all, vector))
        const states = [client, oracle].map((doc) => Y.encodeStateAsUpdate(doc))
        expect(bytesEqual(states[0] ?? all, states[1] ?? all)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('does so for any clocks, in a document of many marks', () => {
    const book = bookOf(12, 400)
    const all = read(Y.encodeStateAsUpdate(book))
    const index = indexOfUpdate(all)
    expect(all.length).toBeGreaterThan(40_000)
    const whole = [...clocksOf(all)]
    const fractions = fc.array(fc.constantFrom(0, 0.3, 0.97, 1, 1, 1, 1, 2), {
      minLength: whole.length,
      maxLength: whole.length,
    })
    fc.assert(
      fc.property(fractions, (shares) => {
        const known = new Map(
          whole.map(([client, clock], i) => [client, Math.floor(clock * (shares[i] ?? 0))]),
        )
        const lacks = lacksOf(all, known)
        const hit = found(all, index, lacks)
        const contents = readUpdate(hit?.structs ?? Uint8Array.of())
        if (!contents.ok) throw new Error(contents.error.message)
        // nothing but what is lacked, and the struct that is known in part
        for (const { client, end } of contents.value.structs.ranges())
          expect(end).toBe(whole.find(([id]) => id === client)?.[1])
        expect(contents.value.structs.hasAll(lacks)).toBe(true)
        const oracle = read(Y.diffUpdate(all, Y.encodeStateVector(known)))
        const wanted = readUpdate(oracle)
        expect(wanted.ok && contents.value.structs.hasAll(wanted.value.structs)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('is read from a few kilobytes where a client lacks the end of a long document', () => {
    const book = bookOf(12, 400)
    const known = clocksOf(Y.encodeStateAsUpdate(book))
    book.clientID = 6000 // one in the middle, who types on
    book.getText('text').insert(40, 'new')
    const all = read(Y.encodeStateAsUpdate(book))
    const hit = found(all, indexOfUpdate(all), lacksOf(all, known))
    expect(hit?.structs.length).toBeLessThan(60)
    expect(hit?.bytes).toBeLessThan(9 * 1024)
  })

  test('is the empty update where nothing is lacked', () => {
    const all = read(Y.encodeStateAsUpdate(bookOf(2, 10)))
    expect(found(all, indexOfUpdate(all), new IdSet())?.structs).toEqual(Uint8Array.of(0, 0))
  })
})

test('the index of a large update stays small', () => {
  const doc = new Y.Doc()
  const array = doc.getArray('array')
  for (let i = 0; i < 25_000; i++) array.insert(0, ['x'.repeat(1_000)])
  const all = read(Y.encodeStateAsUpdate(doc))
  expect(all.length).toBeGreaterThan(25_000_000)
  expect(indexOfUpdate(all).length).toBeLessThan(52 * 1024)
})

describe('[P1] an index that lies', () => {
  const all = read(Y.encodeStateAsUpdate(bookOf(5, 300)))
  const index = indexOfUpdate(all)
  const whole = clocksOf(all)
  const known = (share: number): ReadonlyMap<number, number> =>
    new Map([...whole].map(([client, clock]) => [client, Math.floor(clock * share)]))

  test('finds what the true one does, or nothing: damaged', () => {
    const other = indexOfUpdate(read(Y.encodeStateAsUpdate(bookOf(4, 300))))
    let refused = 0
    fc.assert(
      fc.property(mutations, fc.constantFrom(0, 0.5, 0.98), (mutation, share) => {
        const damaged = mutate(index, mutation, other) as UpdateIndex // as it may come from a disk
        const lacks = lacksOf(all, known(share))
        const hit = found(all, damaged, lacks)
        if (hit === null) refused++
        expect([found(all, index, lacks)?.structs, undefined]).toContainEqual(hit?.structs)
      }),
      { numRuns: 3_000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('… or of another update', () => {
    const lacks = lacksOf(all, known(0.5))
    for (let people = 1; people < 8; people++) {
      const other = indexOfUpdate(read(Y.encodeStateAsUpdate(bookOf(people, 200))))
      const hit = found(all, other, lacks)
      expect([found(all, index, lacks)?.structs, undefined]).toContainEqual(hit?.structs)
    }
    expect(found(all, Uint8Array.of() as Uint8Array as UpdateIndex, lacks)).toBe(null)
  })

  test('… or of wrong clocks', () => {
    // one client, and a mark near its end: shifted there, it names other ids
    const doc = new Y.Doc()
    for (let i = 0; i < 2_000; i++) doc.getText('text').insert(0, `word ${i} `)
    const update = read(Y.encodeStateAsUpdate(doc))
    const clock = Y.encodeStateVector(doc)
    const end = Y.decodeStateVector(clock).get(doc.clientID) ?? 0
    const lacks = lacksOf(update, new Map([[doc.clientID, end - 20]]))
    const stretches = stretchesOf(indexOfUpdate(update), update.length, lacks) ?? []
    const parts = stretches.map(({ at, to }) => update.slice(at, to))
    expect(structsWithin(stretches, parts, lacks)).not.toBe(null)
    for (const shift of [-7, 7]) {
      const shifted = stretches.map(({ at, to, client, clock, left }) => {
        return { at, to, client, clock: clock + shift, left }
      })
      expect(structsWithin(shifted, parts, lacks)).toBe(null)
    }
  })
})
