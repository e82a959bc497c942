import { afterAll, expect, it } from 'vitest'
import * as Y from 'yjs'
import { clientId, type Update } from '@quire/shared'
import { systemClock } from '../runtime/system-clock.ts'
import { createContent } from './threaded.ts'

const content = createContent(systemClock, { collectGarbage: true })
afterAll(() => content.close())

const written = (clientID: number, text: string): Update => {
  const doc = Object.assign(new Y.Doc(), { clientID })
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc) as Update // of a document it is one
}

it('takes a snapshot and its tail apart in the thread, whose the parts are too', async () => {
  const source = { snapshot: written(1, 'a'.repeat(500)), tail: [written(2, 'b'.repeat(100))] }
  const stamps = [
    { client: clientId(1), clock: 0, user: 'ann' },
    { client: clientId(2), clock: 0, user: 'bob' },
  ]
  const told = await content.anatomy(source, stamps)
  if (!told.ok) throw new Error(told.error.message)
  const { bytes, parts, authors, roots, counts } = told.value
  expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(bytes)
  expect(parts.live).toBeGreaterThanOrEqual(600)
  expect(authors.map(({ user }) => user)).toEqual(['ann', 'bob'])
  expect(roots).toMatchObject([{ name: 'body' }])
  expect(counts).toEqual({ roots: 1, clients: 2, authors: 2 })
})

it('tells the largest of many, and how many there are', async () => {
  const tail = Array.from({ length: 80 }, (_, i) => written(i + 1, 'x'.repeat(i + 1)))
  const told = await content.anatomy({ snapshot: null, tail }, [])
  if (!told.ok) throw new Error(told.error.message)
  expect(told.value.clients).toHaveLength(50)
  expect(told.value.clients[0]?.client).toBe(80)
  expect(told.value.counts).toEqual({ roots: 1, clients: 80, authors: 1 })
})

it('says that damaged bytes are broken', async () => {
  const told = await content.anatomy({ snapshot: Uint8Array.of(9, 9, 9) as Update, tail: [] }, [])
  expect(told).toMatchObject({ ok: false, error: { kind: 'broken' } })
})

it('takes nothing apart where there is nothing', async () => {
  const told = await content.anatomy({ snapshot: null, tail: [] }, [])
  expect(told).toMatchObject({ ok: true, value: { bytes: 2, structs: { items: 0 }, roots: [] } })
})
