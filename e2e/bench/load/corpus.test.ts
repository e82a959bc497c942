import { beforeAll, expect, test } from 'vitest'
import { applyUpdate, Doc, encodeStateVector } from 'yjs'
import { TEXT } from '../../harness/stock-client.ts'
import type { Transaction } from '../../replay/trace.ts'
import { baseOf, EMPTY, textOf, transactionsOf, Typists, updatesOf } from './corpus.ts'

let session: readonly Transaction[]
beforeAll(async () => {
  session = (await transactionsOf('sveltecomponent')).slice(0, 3_000)
})

test('[bench] people’s updates are the same whenever and however many are asked for', () => {
  const base = baseOf(session.slice(0, 500))
  const all = new Typists(base, session, 5).take(3, 40)
  const typists = new Typists(base, session, 5)
  expect(typists.take(2, 10)).toEqual(
    all.slice(0, 2).map(({ client, updates, ends }) => ({
      client,
      updates: updates.slice(0, 10),
      ends: ends.slice(0, 10),
    })),
  )
  expect(typists.take(3, 40)).toEqual(all)
})

test.each([{ from: 'a text' }, { from: 'nothing' }])(
  '[bench] updates of people who start from $from bring what they say, in any order of people',
  ({ from }) => {
    const base = from === 'nothing' ? EMPTY : baseOf(session.slice(0, 500))
    const people = new Typists(base, session, 9).take(4, 30)
    const doc = new Doc()
    applyUpdate(doc, base.update)
    for (const { client, updates, ends } of people.toReversed())
      for (const [i, update] of updates.entries()) {
        applyUpdate(doc, update)
        const last = doc.store.clients.get(client)?.at(-1)
        expect((last?.id.clock ?? 0) + (last?.length ?? 0)).toBe(ends[i])
        expect(doc.store.pendingStructs).toBeNull()
      }
    const inOrder = textOf([base.update, ...people.flatMap(({ updates }) => updates)])
    expect(doc.getText(TEXT).toJSON()).toBe(inOrder)
    expect(inOrder.length).toBeGreaterThan(0)
  },
)

test('[bench] a text written in few updates is the text written in many', () => {
  const few = updatesOf(session, 3, 200)
  expect(few).toHaveLength(15)
  expect(textOf(few)).toBe(textOf(updatesOf(session, 3)))
  const base = baseOf(session, 3)
  const doc = new Doc()
  for (const update of few) applyUpdate(doc, update)
  expect(encodeStateVector(doc)).toEqual(base.stateVector)
})
