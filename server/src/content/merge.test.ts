import fc from 'fast-check'
import {
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  readUpdate,
  type StateVector,
  type Update,
} from '@quire/shared'
import { runSession, sessionPlans } from '@quire/shared/testing'
import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import type { Answer } from '../ports/content.ts'
import { fold } from './fold.ts'
import { answerTo, isEmptyStateVector, lackOf, merge, nearAnswer, PIECE_BYTES } from './merge.ts'

vi.setConfig({ testTimeout: 30_000 }) // properties over whole editing sessions

// What Yjs made is an update or a state vector: the brands below hold.
const updatesIn = (plan: Parameters<typeof runSession>[0]): Update[] =>
  runSession(plan).updates as Update[]
const vectorOf = (doc: Y.Doc): StateVector => Y.encodeStateVector(doc) as StateVector

const docOf = (updates: readonly Uint8Array[], gc = true): Y.Doc => {
  const doc = new Y.Doc({ gc })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

const take = (doc: Y.Doc, { first, last }: Answer): void => {
  for (const update of first) Y.applyUpdate(doc, update)
  Y.applyUpdate(doc, last)
}

/** All that people see of a document, and what Yjs knows of it. */
const shown = (doc: Y.Doc): unknown => ({
  text: doc.getText('text').toDelta().map(withoutDocuments),
  array: doc.getArray('array').toArray().map(withoutDocuments),
  map: Object.fromEntries([...doc.getMap('map')].map(([key, it]) => [key, withoutDocuments(it)])),
  xml: doc.getXmlFragment('xml').toArray().length,
  known: [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b),
})

const withoutDocuments = (value: unknown): unknown => {
  if (value instanceof Y.Doc) return { guid: value.guid }
  return value instanceof Y.AbstractType ? JSON.stringify(value) : value
}

/** True if both hold the same structs and the same deletes. */
const expectSame = (doc: Y.Doc, oracle: Y.Doc): void => {
  expect(shown(doc)).toEqual(shown(oracle))
  const deletes = (of: Y.Doc): unknown => {
    const contents = readUpdate(Y.encodeStateAsUpdate(of))
    return contents.ok ? [...contents.value.deletes.toDeleteSet()] : contents.error
  }
  expect(deletes(doc)).toEqual(deletes(oracle))
}

const fractions = fc.double({ min: 0, max: 1, noNaN: true })
const at = (list: readonly unknown[], fraction: number): number =>
  Math.round(list.length * fraction)

describe('answerTo', () => {
  it('gives any client the exact document, however the log is split', () => {
    fc.assert(
      fc.property(sessionPlans, fractions, fractions, (plan, split, known) => {
        const updates = updatesIn(plan)
        const oracle = docOf(updates)
        const through = at(updates, split)
        const snapshot =
          through === 0 ? null : fold({ snapshot: null, tail: updates.slice(0, through) }).bytes
        const source = { snapshot, tail: updates.slice(through) }
        const client = docOf(updates.slice(0, at(updates, known)))
        take(client, answerTo(source, vectorOf(client)))
        expectSame(client, oracle)
        const empty = new Y.Doc()
        take(empty, answerTo(source, EMPTY_STATE_VECTOR))
        expectSame(empty, oracle)
      }),
      { numRuns: 60 },
    )
  })

  it('gives a client that knows more than the log what it lacks, and takes nothing away', () => {
    fc.assert(
      fc.property(sessionPlans, fractions, (plan, split) => {
        const { docs, updates } = runSession(plan)
        const stored = updates.slice(0, at(updates, split)) as Update[]
        for (const doc of docs) {
          const oracle = docOf([Y.encodeStateAsUpdate(doc), ...stored])
          const client = docOf([Y.encodeStateAsUpdate(doc)])
          take(client, answerTo({ snapshot: null, tail: stored }, vectorOf(client)))
          expectSame(client, oracle)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('gives an empty client the snapshot’s own bytes, then the tail', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'hello')
    const snapshot = Y.encodeStateAsUpdate(doc) as Update
    const answer = answerTo({ snapshot, tail: [] }, EMPTY_STATE_VECTOR)
    expect(answer.first[0]).toBe(snapshot)
    expect(answer.last).toEqual(EMPTY_UPDATE)
    expect(answerTo({ snapshot: null, tail: [] }, EMPTY_STATE_VECTOR)).toEqual({
      first: [],
      last: EMPTY_UPDATE,
    })
  })

  it('knows the empty state vector', () => {
    expect(isEmptyStateVector(vectorOf(new Y.Doc()))).toBe(true)
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'x')
    expect(isEmptyStateVector(vectorOf(doc))).toBe(false)
  })
})

describe('merge', () => {
  it('of thousands, which takes several rounds of groups, equals applying them all', () => {
    const doc = new Y.Doc()
    const updates: Update[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update as Update))
    const text = doc.getText('text')
    for (let i = 0; i < 6_000; i++) {
      text.insert((i * 7) % (text.length + 1), String(i % 10))
      if (i % 5 === 0) text.delete((i * 3) % text.length, 1)
    }
    expect(updates.length).toBeGreaterThan(100 * 50)
    expectSame(docOf([merge(updates)]), doc)
  })

  it('of updates in any order equals applying them all', () => {
    fc.assert(
      fc.property(sessionPlans, fc.infiniteStream(fc.nat()), (plan, random) => {
        const updates = updatesIn(plan)
        const shuffled = updates
          .map((update) => ({ update, rank: random.next().value as number }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ update }) => update)
        expectSame(docOf([merge(shuffled)]), docOf(updates))
      }),
      { numRuns: 50 },
    )
  })
})

describe('fold', () => {
  it('is the document, with its state vector and delete set beside it', () => {
    fc.assert(
      fc.property(sessionPlans, fractions, (plan, split) => {
        const updates = updatesIn(plan)
        const through = at(updates, split)
        const first = fold({ snapshot: null, tail: updates.slice(0, through) })
        const second = fold({ snapshot: first.bytes, tail: updates.slice(through) })
        const oracle = docOf(updates)
        expectSame(docOf([second.bytes]), oracle)
        expect(second.stateVector).toEqual(Y.encodeStateVectorFromUpdate(second.bytes))
        const contents = readUpdate(second.bytes)
        if (!contents.ok) throw new Error(contents.error.message)
        expect(second.deleteSet).toEqual(contents.value.deletes.toDeleteSet())
      }),
      { numRuns: 50 },
    )
  })

  it('keeps what still waits for a lost update, so that it comes to light with it', () => {
    fc.assert(
      fc.property(sessionPlans, fractions, fractions, (plan, which, split) => {
        const updates = updatesIn(plan)
        fc.pre(updates.length > 1)
        const lostAt = Math.min(updates.length - 1, at(updates, which))
        const rest = updates.toSpliced(lostAt, 1)
        const through = at(rest, split)
        const first = fold({ snapshot: null, tail: rest.slice(0, through) })
        const folded = fold({ snapshot: first.bytes, tail: rest.slice(through) })
        const client = docOf([folded.bytes])
        Y.applyUpdate(client, updates[lostAt] ?? EMPTY_UPDATE)
        expectSame(client, docOf(updates))

        // who has all that the state vector tells of lacks exactly what waits
        const clocks = Y.decodeStateVector(folded.stateVector)
        const contents = readUpdate(folded.bytes)
        const told = folded.waiting === null ? null : readUpdate(folded.waiting)
        if (!contents.ok || told?.ok === false) throw new Error('a fold does not read')
        const held = [...contents.value.structs.ranges()]
        const unknown = held.filter(({ client: id, start }) => start >= (clocks.get(id) ?? 0))
        expect([...(told?.value.structs.ranges() ?? [])]).toEqual(unknown)
      }),
      { numRuns: 60 },
    )
  })

  it('collects deleted content', () => {
    const doc = new Y.Doc({ gc: false })
    const updates: Update[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update as Update))
    doc.getText('text').insert(0, 'secret '.repeat(1_000))
    doc.getText('text').delete(0, 7_000)
    const folded = fold({ snapshot: null, tail: updates })
    expect(folded.bytes.length).toBeLessThan(100)
    expect(new TextDecoder().decode(folded.bytes)).not.toContain('secret')
  })

  it('keeps subdocuments: their guid and options', () => {
    const doc = new Y.Doc()
    doc.getMap('map').set('chapter', new Y.Doc({ guid: 'chapter 1', meta: { title: 'One' } }))
    const folded = fold({ snapshot: null, tail: [Y.encodeStateAsUpdate(doc) as Update] })
    const chapter = docOf([folded.bytes]).getMap('map').get('chapter')
    expect(chapter).toBeInstanceOf(Y.Doc)
    expect(chapter).toMatchObject({ guid: 'chapter 1', meta: { title: 'One' } })
  })

  it('throws on content that is broken', () => {
    expect(() => fold({ snapshot: null, tail: [Uint8Array.of(9, 9, 9) as Update] })).toThrow(/./)
  })
})

describe('the answer to a client that has all structs of the snapshot', () => {
  it('brings it to the same document as everything does', () => {
    fc.assert(
      fc.property(sessionPlans, fractions, fractions, (plan, folded, known) => {
        const updates = updatesIn(plan)
        const through = at(updates, folded)
        const front = updates.slice(0, through)
        const snapshot = through === 0 ? null : fold({ snapshot: null, tail: front })
        const client = docOf(updates.slice(0, Math.max(through, at(updates, known))))
        if (snapshot !== null && lackOf(vectorOf(client), snapshot.stateVector)?.isEmpty !== true)
          return
        const tail = updates.slice(through)
        take(
          client,
          nearAnswer(
            { structs: null, deleteSet: snapshot?.deleteSet ?? null, tail },
            vectorOf(client),
          ),
        )
        expectSame(client, docOf(updates))
      }),
      { numRuns: 200 },
    )
  })

  it('holds nothing of the tail that it has', () => {
    const doc = new Y.Doc()
    const tail: Update[] = []
    doc.on('update', (update: Uint8Array) => tail.push(update as Update))
    for (let i = 0; i < 100; i++) doc.getText('text').insert(0, 'some text')
    const known = docOf(tail.slice(0, 99))
    const { first, last } = nearAnswer({ structs: null, deleteSet: null, tail }, vectorOf(known))
    expect(first).toEqual([])
    expect(last.length).toBeLessThan(40)
  })

  it('is the empty update where nothing is lacking and nothing is deleted', () => {
    const source = { structs: null, deleteSet: null, tail: [] }
    expect(nearAnswer(source, EMPTY_STATE_VECTOR)).toEqual({ first: [], last: EMPTY_UPDATE })
  })
})

it('a large answer comes in pieces, each of which a client can take at once', () => {
  const doc = new Y.Doc()
  for (let i = 0; i < 60; i++) doc.getMap('map').set(`key ${i}`, 'x'.repeat(100_000))
  const snapshot = Y.encodeStateAsUpdate(doc) as Update
  const answer = answerTo({ snapshot, tail: [] }, EMPTY_STATE_VECTOR)
  expect(answer.first.length).toBeGreaterThan(5)
  expect(Math.max(...answer.first.map(({ length }) => length))).toBeLessThan(1.2 * PIECE_BYTES)
  const client = new Y.Doc()
  take(client, answer)
  expectSame(client, doc)
})
