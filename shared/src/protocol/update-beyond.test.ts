import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, EMPTY_UPDATE, type Update } from '../bytes.ts'
import type { ClientId } from '../ids.ts'
import { runSession, sessionPlans } from '../testing/index.ts'
import { updateBeyond } from './update-beyond.ts'
import { readUpdate } from './update.ts'

const read = (bytes: Uint8Array): Update => {
  const contents = readUpdate(bytes)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value.update
}

const documentOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc({ gc: false })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

// what Yjs decodes are client ids
const clocksOf = (doc: Y.Doc): ReadonlyMap<ClientId, number> =>
  Y.decodeStateVector(Y.encodeStateVector(doc)) as Map<ClientId, number>

test('what is beyond a client’s clocks brings it to the same document as everything does', () => {
  fc.assert(
    fc.property(sessionPlans, fc.double({ min: 0, max: 1, noNaN: true }), (plan, known) => {
      const updates = runSession(plan).updates as Uint8Array[]
      const all = read(Y.mergeUpdates(updates))
      const client = documentOf(updates.slice(0, Math.round(updates.length * known)))
      Y.applyUpdate(client, read(updateBeyond(all, clocksOf(client))))
      const states = [client, documentOf([all])].map((doc) => Y.encodeStateAsUpdate(doc))
      expect(bytesEqual(states[0] ?? new Uint8Array(), states[1] ?? new Uint8Array())).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('of a long document nearly nothing is beyond a client that lacks its end', () => {
  const doc = new Y.Doc()
  const text = doc.getText('text')
  for (let i = 0; i < 500; i++) text.insert(0, `word ${i} `)
  const clocks = clocksOf(doc)
  text.insert(7, 'new')
  const beyond = updateBeyond(read(Y.encodeStateAsUpdate(doc)), clocks)
  expect(beyond.length).toBeLessThan(40)
})

test('nothing is beyond a client that has everything, where nothing is deleted', () => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'all of it')
  expect(updateBeyond(read(Y.encodeStateAsUpdate(doc)), clocksOf(doc))).toEqual(EMPTY_UPDATE)
})
