/* The client of the document API: what it offers beside asking. */
import { expect, it } from 'vitest'
import { createApiClient, QuireApiError } from './client.ts'
import { startApi } from './testing/api-server.ts'

it('lists page by page, as long as more is wanted', async () => {
  const api = await (await startApi()).client()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await api.create(name)
  const names = []
  for await (const { name } of api.listAll({ limit: 2 })) names.push(name)
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
  for await (const { name } of api.listAll({ limit: 2, prefix: 'b' })) names.push(name)
  expect(names.at(-1)).toBe('b')
})

it('names, describes and drops versions, and reads their fields', async () => {
  const api = await (await startApi()).client()
  const content = { format: 'text', value: 'beside', field: 'other' } as const
  await api.create('notes', { content })
  const notes = api.document('notes')
  const { id } = await notes.keepVersion('first')
  expect(await notes.nameVersion(id, 'the first')).toMatchObject({ id, name: 'the first' })
  expect(await notes.version(id)).toMatchObject({ id, name: 'the first' })
  expect(await notes.readVersion(id, 'text', { field: 'other' })).toContain('beside')
  await notes.removeVersion(id)
  await expect(notes.version(id)).rejects.toMatchObject({ kind: 'not-found' })
})

it('copies once under a key', async () => {
  const api = await (await startApi()).client()
  await api.create('notes')
  const copy = () => api.document('notes').duplicate('copy', { idempotencyKey: 'k' })
  expect((await copy()).id).toBe((await copy()).id)
})

it('is ended by its signal, for whatever it asks', async () => {
  const server = await startApi()
  const controller = new AbortController()
  const api = (await server.client()).with({ signal: controller.signal })
  expect((await api.list()).documents).toEqual([])
  controller.abort(new Error('not wanted any more'))
  await expect(api.list()).rejects.toThrow('not wanted any more')
  await expect(api.document('notes').facts()).rejects.toThrow('not wanted any more')
})

it('takes nothing but the API’s own word for it that a document is not there', async () => {
  const answering = (answer: () => Response) =>
    createApiClient({ url: 'http://proxy.example', fetch: () => Promise.resolve(answer()) })
  const proxy = answering(() => new Response('no such page', { status: 404 }))
  await expect(proxy.document('notes').facts()).rejects.toBeInstanceOf(QuireApiError)
  const own = { type: 'urn:quire:problem:not-found' }
  const api = answering(() => new Response(JSON.stringify(own), { status: 404 }))
  expect(await api.document('notes').facts()).toBeNull()
  const empty = answering(() => new Response(null, { status: 200 }))
  expect(await new Response(await empty.export()).text()).toBe('')
})
