/* Requests of the document API as HTTP has them: paths, methods, preconditions, types, problems. */
import { beforeAll, describe, expect, it } from 'vitest'
import { startApi, tokenFor, type ApiServer } from './testing/api-server.ts'

const ask = async (
  server: ApiServer,
  [method, path, body]: readonly [string, string, string?],
  headers: Record<string, string> = {},
) => {
  const fields = { authorization: `Bearer ${await tokenFor()}`, ...headers }
  const sent = body === undefined ? {} : { body }
  return server.raw(`/api/v1${path}`, { method, headers: fields, ...sent })
}

const kindOf = ({ text }: { readonly text: string }): unknown =>
  (JSON.parse(text) as { readonly type: unknown }).type

describe('a base path that looks like a path of the API', () => {
  it.each(['/documents', '/api/v1', '/a/api/v1/documents'])(
    '%s: is none of the document’s name',
    async (basePath) => {
      const server = await startApi({ basePath })
      const api = await server.client()
      await api.create('notes', { content: { format: 'text', value: 'mine' } })
      expect((await api.document('notes').read('text')).content.trim()).toBe('mine')
      expect((await api.document('notes').facts())?.name).toBe('notes')
      expect((await api.list()).documents.map(({ name }) => name)).toEqual(['notes'])
    },
  )
})

const CONTENT = '/documents/notes/content'

const withNotes = async (): Promise<ApiServer> => {
  const server = await startApi()
  const api = await server.client()
  await api.create('notes', { content: { format: 'markdown', value: 'Some **bold**.' } })
  return server
}

describe('a method that a path does not have', () => {
  it.each([
    ['POST', '/documents/a%2Fb', 'GET, HEAD, DELETE'],
    ['DELETE', '/documents', 'GET, HEAD, POST'],
    ['PUT', '/documents/a/versions/7', 'GET, HEAD, PATCH, DELETE'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s: is answered with those that there are', async (method, path, allowed) => {
    const answer = await ask(await startApi(), [method, path])
    expect([answer.status, kindOf(answer)]).toEqual([405, 'urn:quire:problem:method-not-allowed'])
    expect(answer.headers['allow']).toBe(allowed)
  })
})

describe('a precondition', () => {
  it('holds where one of its strong tags names the state', async () => {
    const server = await withNotes()
    const { etag } = await (await server.client()).document('notes').read('text')
    const put = async (tag: string) => {
      const headers = { 'content-type': 'text/plain', 'if-match': tag }
      return (await ask(server, ['PUT', CONTENT, 'replaced'], headers)).status
    }
    expect(await put(`W/${etag}`)).toBe(412)
    expect(await put(`"1-999", W/${etag}`)).toBe(412)
    expect(await put(`"1-999", "of,another" ,${etag}`)).toBe(200)
    expect(await put(etag)).toBe(412)
    expect(await put('*')).toBe(200)
  })

  it('If-None-Match saves the content of a state that is known', async () => {
    const server = await withNotes()
    const notes = (await server.client()).document('notes')
    const { etag } = await notes.read('text')
    for (const as of ['text', 'update']) {
      for (const tag of [etag, `W/${etag}`, `"0-0", ${etag}`, '*']) {
        const known = await ask(server, ['GET', `${CONTENT}?as=${as}`], { 'if-none-match': tag })
        expect([known.status, known.text, known.headers['etag']]).toEqual([304, '', etag])
      }
    }
    await notes.append('text', 'more')
    const changed = await ask(server, ['GET', CONTENT], { 'if-none-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.headers['vary']).toContain('Accept')
  })
})

describe('the type of an answer', () => {
  it.each([
    ['', 'application/json'],
    [' , ', 'application/json'],
    ['*/*', 'application/json'],
    ['text/*', 'text/plain'],
    ['text/html;q=0.4, text/markdown;q=0.5', 'text/markdown'],
    ['text/html, text/markdown', 'text/html'],
    ['*/*;q=0.1, text/html;level=1;q=0.7', 'text/html'],
    ['application/json;q=0, */*', 'text/plain'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/json;q=0', null],
    ['image/png', null],
  ])('Accept: %s', async (accept, type) => {
    const { status, headers } = await ask(shared, ['GET', CONTENT], { accept })
    expect(status).toBe(type === null ? 406 : 200)
    expect(String(headers['content-type']).split(';')[0]).toBe(type ?? 'application/problem+json')
  })
})

let shared: ApiServer
beforeAll(async () => {
  let stop = (): Promise<void> => Promise.resolve()
  shared = await startApi({}, (undo) => (stop = undo))
  await (await shared.client()).create('notes', { content: { format: 'text', value: 'here' } })
  return () => stop()
})

describe('the type of a body', () => {
  it.each([
    ['POST', '/documents', '{"name":"x"}'],
    ['PATCH', CONTENT, '{"steps":[]}'],
    ['POST', '/import', '{}'],
  ])('%s %s: has to be said', async (...request) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      const answer = await ask(shared, request, type === '' ? {} : { 'content-type': type })
      expect([answer.status, kindOf(answer)]).toEqual([415, 'urn:quire:problem:unsupported'])
    }
  })
})

it('what was made under a key and deleted since is gone, and not made again', async () => {
  const server = await startApi()
  const api = await server.client()
  await api.create('notes', { idempotencyKey: 'once' })
  await api.document('notes').delete()
  const again = api.create('notes', { idempotencyKey: 'once' })
  await expect(again).rejects.toMatchObject({ status: 410, kind: 'deleted' })
  expect(await api.document('notes').facts()).toBeNull()
})
