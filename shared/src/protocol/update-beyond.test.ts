import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, EMPTY_UPDATE, type Update } from '../bytes.ts'
import type { ClientId } from '../ids.ts'
import { runSession, sessionPlans } from '../testing/index.ts'
import type { SessionPlan } from '../testing/yjs-session.ts'
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

const share = fc.double({ min: 0, max: 1, noNaN: true })

/**
 * Of a client that has read the first `known` of a session's updates. What a document reads in the middle of
 * a surrogate pair depends on how it came by both halves (Yjs parts them with U+FFFD), so the same client
 * reads everything for comparison, and not an empty one.
 */
const bringsToTheSame = (plan: SessionPlan, known: number): boolean => {
  const updates = runSession(plan).updates as Uint8Array[]
  const all = read(Y.mergeUpdates(updates))
  const first = updates.slice(0, Math.round(updates.length * known))
  const [client, other] = [documentOf(first), documentOf(first)]
  Y.applyUpdate(client, read(updateBeyond(all, clocksOf(client))))
  Y.applyUpdate(other, all)
  return bytesEqual(Y.encodeStateAsUpdate(client), Y.encodeStateAsUpdate(other))
}

test('what is beyond a client’s clocks brings it to the same document as everything does', () => {
  fc.assert(
    fc.property(sessionPlans, share, (plan, known) => {
      expect(bringsToTheSame(plan, known)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('and so for one that has half of a surrogate pair, whose other half is cut', () => {
  fc.assert(
    fc.property(sessionPlans, share, (plan, known) => {
      expect(bringsToTheSame(plan, known)).toBe(true)
    }),
    { seed: -1694723878, numRuns: 300 },
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
