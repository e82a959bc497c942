import {
  decodeStateVector,
  EMPTY_UPDATE,
  seq,
  type ClientId,
  type StateVector,
} from '@quire/shared'
import { applyEdit, edits } from '@quire/shared/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { fold } from '../content/fold.ts'
import type { OpenedDocument } from '../ports/storage.ts'
import { Frontier } from './frontier.ts'
import { contentsOf, documentOf, emptyDocument, typist } from './testing/test-room.ts'

const opened = (document: OpenedDocument): Frontier => Frontier.of(document).frontier
/** Clocks as Yjs writes them. */
const vectorOf = (clocks: ReadonlyMap<number, number>): StateVector =>
  Y.encodeStateVector(new Map(clocks)) as StateVector

const clocksOf = (doc: Y.Doc): ReadonlyMap<ClientId, number> => {
  const clocks = decodeStateVector(Y.encodeStateVector(doc))
  if (!clocks.ok) throw new Error(clocks.error.message)
  return clocks.value
}

describe('what is known', () => {
  test('structs alone and deletes alone are news', () => {
    const { type, erase } = typist(1)
    const frontier = opened(emptyDocument)
    for (const update of [type('abc'), erase(1)]) {
      expect(frontier.knows(update)).toBe(false)
      expect(frontier.accept(update)).toBe(true)
      expect(frontier.knows(update)).toBe(true)
      expect(frontier.accept(update)).toBe(false)
    }
  })

  test('the state vector and the deletes are those of this moment', () => {
    const { doc, type, erase } = typist(1)
    const frontier = opened(emptyDocument)
    expect(frontier.deletesOnly()).toEqual(EMPTY_UPDATE)
    frontier.accept(type('abc'))
    expect(frontier.stateVector()).toEqual(Y.encodeStateVector(doc))
    const erased = erase(1)
    frontier.accept(erased)
    expect(frontier.deletesOnly()).toEqual(erased.update)
    frontier.accept(type('d'))
    expect(frontier.stateVector()).toEqual(Y.encodeStateVector(doc))
  })
})

describe('who is up to date', () => {
  test('one with the same clocks; not one with fewer, more or other ones', () => {
    const { doc, type } = typist(1)
    const frontier = opened(documentOf(type('ab').update))
    const clocks = clocksOf(doc)
    const [client = doc.clientID as ClientId] = clocks.keys()
    expect(frontier.isEqualTo(vectorOf(clocks))).toBe(true)
    expect(frontier.isEqualTo(vectorOf(new Map([...clocks, [7 as ClientId, 0]])))).toBe(true)
    expect(frontier.isEqualTo(vectorOf(new Map()))).toBe(false)
    expect(frontier.isEqualTo(vectorOf(new Map([[client, 1]])))).toBe(false)
    expect(frontier.isEqualTo(vectorOf(new Map([[client, 3]])))).toBe(false)
    expect(frontier.isEqualTo(vectorOf(new Map([...clocks, [7 as ClientId, 1]])))).toBe(false)
  })

  test('nobody, while there is a gap: what is behind it may be what the client lacks', () => {
    const { doc, type } = typist(1)
    const first = type('a')
    const clocks = clocksOf(doc)
    type('never sent')
    const frontier = opened(documentOf(first.update, type('c').update))
    expect(frontier.isEqualTo(vectorOf(clocks))).toBe(false)
  })
})

test('an update lacks dependencies where its own client’s, or another’s, structs are missing', () => {
  const [a, b] = [typist(1), typist(2)]
  const [first, second] = [a.type('1'), a.type('2')]
  b.hear(first.update, second.update)
  const third = b.type('3')
  const frontier = opened(emptyDocument)
  for (const [update, lacks] of [
    [second, true],
    [third, true],
    [first, false],
  ] as const) {
    frontier.accept(update)
    expect(frontier.lacksDependenciesOf(update)).toBe(lacks)
  }
  expect(frontier.lacksDependenciesOf(third)).toBe(false)
})

test('what does not read as stored is reported and left out', () => {
  const broken = Uint8Array.of(255) as StateVector & OpenedDocument['tail'][number]
  const { update } = typist(1).type('a')
  const snapshot = { through: seq(1), stateVector: broken, deleteSet: broken, index: null }
  const { frontier, problems } = Frontier.of({ ...documentOf(broken, update), snapshot })
  expect(problems.length).toBe(3)
  expect(frontier.knows(contentsOf(update))).toBe(true)
})

test('a folded document has the frontier of its log', () => {
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 12 }), fc.nat(), (all, at) => {
      const doc = new Y.Doc()
      const log: Uint8Array[] = []
      doc.on('update', (update: Uint8Array) => log.push(update))
      for (const edit of all) applyEdit(doc, edit)
      const tail = log.map((update) => contentsOf(update).update)
      const through = at % (tail.length + 1)
      const folded = fold({ snapshot: null, tail: tail.slice(0, through) })
      const frontier = opened({
        ...documentOf(...tail.slice(through)),
        snapshot: { ...folded, through: seq(through) },
      })
      const unfolded = opened(documentOf(...tail))
      expect(frontier.stateVector()).toEqual(unfolded.stateVector())
      expect(frontier.deletesOnly()).toEqual(unfolded.deletesOnly())
      expect(frontier.isEqualTo(vectorOf(clocksOf(doc)))).toBe(true)
    }),
  )
})
