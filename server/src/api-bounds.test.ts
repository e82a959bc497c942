/* What requests of the document API may hold, how long others wait for it, and what becomes of who waits. */
import { once } from 'node:events'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { docId } from '@quire/shared'
import { memoryStorage } from './index.ts'
import { startApi, tokenFor } from './testing/api-server.ts'

/** Holds back what opens these documents, until let go. */
const withHeld = async (names: readonly string[]) => {
  const memory = memoryStorage()
  const gate = Promise.withResolvers<void>()
  const held = new Set<string>()
  const openNow = memory.open.bind(memory)
  memory.open = async (name) => {
    if (names.includes(name)) {
      held.add(name)
      await gate.promise
    }
    return openNow(name)
  }
  return { server: await startApi({ storage: memory }), held, letGo: () => gate.resolve() }
}

it('what nobody waits for any more is not worked off', async () => {
  const { server, held, letGo } = await withHeld(['slow 1', 'slow 2'])
  const api = await server.client()
  for (const name of ['notes', 'slow 1', 'slow 2']) await api.create(name)
  // as many as are put together at a time
  const slow = ['slow 1', 'slow 2'].map((name) => api.document(name).read('text'))
  await vi.waitFor(() => expect(held.size).toBe(2))
  const controller = new AbortController()
  const arrived = once(server.http, 'request')
  const left = api.with({ signal: controller.signal }).document('notes').append('text', 'late')
  const [, answer] = (await arrived) as [unknown, ServerResponse] // as node:http has it
  const gone = once(answer, 'close')
  await once(answer.req, 'end') // it was asked for whole
  controller.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  await gone
  letGo()
  await Promise.all(slow)
  expect((await api.document('notes').read('text')).content.trim()).toBe('')
  expect((await api.document('notes').facts())?.sequence).toBe(0)
})

it('a version is of the document that was asked for, and not of another one of its name', async () => {
  const { server, held, letGo } = await withHeld(['slow 1', 'slow 2'])
  const api = await server.client()
  await api.create('notes', { content: { format: 'text', value: 'the first one' } })
  for (const name of ['slow 1', 'slow 2']) await api.create(name)
  const slow = ['slow 1', 'slow 2'].map((name) => api.document(name).read('text'))
  await vi.waitFor(() => expect(held.size).toBe(2))
  const arrived = once(server.http, 'request')
  const kept = api.document('notes').keepVersion('mine')
  const became = kept.then(String, (error: unknown) => error)
  const [asked] = (await arrived) as [IncomingMessage] // as node:http has it
  await once(asked, 'end')
  await api.document('notes').delete()
  await api.create('notes', { content: { format: 'text', value: 'another one' } })
  letGo()
  await Promise.all(slow)
  expect(await became).toMatchObject({ status: 409, kind: 'conflict' })
})

it('versions with a name are bounded, and those that have one take another', async () => {
  const { client } = await startApi({ limits: { maxNamedVersions: 2 } })
  const api = await client()
  for (const name of ['notes', 'other']) await api.create(name)
  const notes = api.document('notes')
  const { id } = await notes.keepVersion('one')
  await notes.keepVersion('two')
  const refused: unknown = await notes.keepVersion('three').catch((error: unknown) => error)
  expect(refused).toMatchObject({
    status: 409,
    kind: 'conflict',
    message:
      'the document has no room for another version with a name, limit 2: drop one of them first',
    problem: { limit: 2 },
  })
  expect((await notes.versions()).versions.map(({ name }) => name)).toEqual(['two', 'one'])
  expect(await notes.nameVersion(id, 'first')).toMatchObject({ id, name: 'first' })
  await api.document('other').keepVersion('its own')
  await notes.removeVersion(id)
  expect(await notes.keepVersion('three')).toMatchObject({ name: 'three' })
})

it('a version that was kept by itself is given no name beyond the bound', async () => {
  const storage = memoryStorage()
  const { client } = await startApi({ storage, limits: { maxNamedVersions: 1 } })
  const api = await client()
  const { id: doc } = await api.create('notes')
  const notes = api.document('notes')
  const { id: first } = await notes.keepVersion('first')
  const own = await storage.version(docId(doc), first)
  if (!own.ok || own.value === null) throw new Error('it was kept')
  const limits = { unnamed: 1, named: 1 }
  const kept = await storage.keepVersion(docId(doc), { ...own.value, name: null }, limits)
  if (!kept.ok || kept.value === 'full') throw new Error('it has no name')
  const { id } = kept.value
  await expect(notes.nameVersion(id, 'mine')).rejects.toMatchObject({
    status: 409,
    problem: { limit: 1 },
  })
  expect(await notes.version(id)).toMatchObject({ name: null })
  await expect(notes.nameVersion(id + 1, 'mine')).rejects.toMatchObject({ status: 404 })
  await notes.removeVersion(first)
  expect(await notes.nameVersion(id, 'mine')).toMatchObject({ name: 'mine' })
})

it('who has no login has nothing read', async () => {
  const server = await startApi()
  for (const path of ['/documents', '/revocations']) {
    const asked = request(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': 1_000_000,
        authorization: 'Bearer forged',
      },
    })
    asked.on('error', () => undefined) // what it would have sent is not wanted
    asked.flushHeaders()
    const [response] = (await once(asked, 'response')) as [IncomingMessage] // as node:http has it
    expect(response.statusCode).toBe(401)
    asked.destroy()
  }
})

/** More than the system takes in for a reader that reads nothing. */
const LONG_BYTES = 14_400_000

it('what nobody reads is held within a bound, in any format, and of versions too', async () => {
  const server = await startApi({ limits: { maxAnswerBytes: 4 * 1024 * 1024 } })
  const api = await server.client()
  await api.create('long')
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'a'.repeat(LONG_BYTES))
  await api.document('long').write('update', Y.encodeStateAsUpdate(doc))
  const { id } = await api.document('long').keepVersion('all of it')
  const headers = { authorization: `Bearer ${await tokenFor()}` }
  const long = `${server.url}/api/v1/documents/long`
  const paths = ['/content?as=text&field=body', `/versions/${id}/content?as=text&field=body`]
  for (const path of paths) {
    const stalled = request(`${long}${path}`, { headers }).end()
    stalled.on('error', () => undefined) // it is cut off here
    const [answer] = (await once(stalled, 'response')) as [IncomingMessage] // as node:http has it
    expect(answer.statusCode).toBe(200)
    answer.pause()
    for (const other of [...paths, `/versions/${id}/content?as=update`]) {
      const refused = await fetch(`${long}${other}`, { headers })
      const said = await refused.text()
      expect([other, refused.status]).toEqual([other, 503])
      expect(said).toContain('answers hold 4194304 bytes')
    }
    stalled.destroy()
    await vi.waitFor(
      async () => {
        const again = await fetch(`${long}${path}`, { headers })
        expect([again.status, (await again.text()).length]).toEqual([200, LONG_BYTES])
      },
      { timeout: 20_000, interval: 100 },
    )
  }
}, 60_000)

it('what a visitor asks for counts not as the application’s that made his token', async () => {
  const server = await startApi({ limits: { maxApiRequestsPerMinute: 5 } })
  const said = { jti: 'a1' }
  const api = await server.client(said)
  await api.create('notes')
  const made = await fetch(`${server.url}/doc/notes/auth`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenFor(said)}`,
      'content-type': 'application/json',
    },
    body: '{"authorization":"read-only"}',
  })
  const { token } = (await made.json()) as { token: string }
  const visit = async () => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${server.url}/api/v1/documents/notes`, { headers })).status
  }
  const visits = []
  for (let i = 0; i < 6; i++) visits.push(await visit())
  expect(visits).toEqual([200, 200, 200, 200, 200, 429])
  expect((await api.list()).documents.length).toBe(1)
})
