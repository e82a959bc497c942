/* y-sweet's own SDK and client against the routes. */
import { request } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { nameOf } from '../storage/contract/fixture.ts'
import type { TestApp } from './testing/app.ts'
import {
  auth,
  during,
  isSaved,
  managerOf,
  openClient,
  start,
  textOf,
  tokenFor,
  until,
  updateOf,
} from './testing/y-sweet.ts'

/** The status of a handshake. */
const shakeHands = (app: TestApp, path: string): Promise<number> => {
  const headers = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const status = new Promise<number>((resolve, reject) => {
    request(`${app.url}${path}`, { headers }, ({ statusCode = 0 }) => resolve(statusCode))
      .on('upgrade', () => resolve(101))
      .on('error', reject)
      .end()
  })
  return during(app, status)
}

describe('the SDK', () => {
  it('makes documents and reads and writes them, on disk when it says so', async () => {
    const app = await start()
    const manager = managerOf(app)
    expect(await during(app, manager.checkStore())).toEqual({ ok: true })
    expect(await during(app, manager.createDoc('mine'))).toEqual({ docId: 'mine' })
    const { docId } = await during(app, manager.createDocWithContent(updateOf('hello')))
    expect(docId).toMatch(/^[\w-]{36}$/)
    expect(app.server.memory.byName.get(nameOf(docId))?.tail).toHaveLength(1)
    expect(textOf(await during(app, manager.getDocAsUpdate(docId)))).toBe('hello')
    await during(app, manager.updateDoc(docId, updateOf('again')))
    expect(textOf(await during(app, manager.getDocAsUpdate(docId)))).toMatch(
      /^(helloagain|againhello)$/,
    )
  })

  it('gets a document of many updates as one', async () => {
    const app = await start()
    const manager = managerOf(app)
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (let i = 0; i < 300; i++) doc.getText('text').insert(0, `${i} ${'x'.repeat(5_000)}`)
    for (let i = 0; i < updates.length; i += 8)
      await during(app, manager.updateDoc('long', Y.mergeUpdates(updates.slice(i, i + 8))))
    const whole = await during(app, manager.getDocAsUpdate('long'))
    expect(textOf(whole)).toBe(doc.getText('text').toJSON())
  })

  it('is given addresses that its client can use', async () => {
    const app = await start()
    const host = app.url.slice('http://'.length)
    expect(await during(app, managerOf(app).getClientToken('mine'))).toEqual({
      url: `ws://${host}/d/mine/ws`,
      baseUrl: `http://${host}/d/mine`,
      docId: 'mine',
      authorization: 'full',
    })
  })

  it('hears in its own words that it has no token, or a wrong one', async () => {
    const app = await start({ auth })
    await expect(during(app, managerOf(app).createDoc('mine'))).rejects.toThrow('NoAuthProvided')
    await expect(during(app, managerOf(app, 'wrong').createDoc('mine'))).rejects.toThrow(
      'InvalidAuthProvided',
    )
  })

  it('gets tokens for one document, which never allow more or longer than its own', async () => {
    const app = await start({ auth })
    const own = await tokenFor('mine', 'write', 60_000)
    const manager = managerOf(app, own)
    const made = await during(app, manager.getClientToken('mine', { userId: 'ann' }))
    const grant = await auth.authorize({ document: nameOf('mine'), token: made.token ?? null })
    expect(grant).toMatchObject({ ok: true, value: { access: 'write', user: 'ann' } })
    expect(grant.ok && (grant.value.expiresAt ?? 0)).toBeLessThanOrEqual(Date.now() + 65_000) // with what clocks may differ
    const other = await auth.authorize({ document: nameOf('other'), token: made.token ?? null })
    expect(other).toMatchObject({ ok: false, error: { kind: 'forbidden' } })
    await expect(during(app, manager.getClientToken('other'))).rejects.toThrow('403')

    const reader = managerOf(app, await tokenFor('mine', 'read'))
    await expect(during(app, reader.getClientToken('mine'))).rejects.toThrow('403')
    const readOnly = await during(
      app,
      reader.getClientToken('mine', { authorization: 'read-only' }),
    )
    expect(readOnly.authorization).toBe('read-only')
    const held = await auth.authorize({ document: nameOf('mine'), token: readOnly.token ?? null })
    expect(held).toMatchObject({ ok: true, value: { access: 'read' } })
  })
})

describe('a request', () => {
  it('for a token of another user is refused where it comes from a user', async () => {
    const app = await start({ auth })
    const anns = managerOf(app, await tokenFor('mine', 'write', 60_000, 'ann'))
    const { token = '' } = await during(app, anns.getClientToken('mine'))
    expect(await auth.authorize({ document: nameOf('mine'), token })).toMatchObject({
      ok: true,
      value: { user: 'ann' },
    })
    for (const manager of [anns, managerOf(app, token)])
      await expect(during(app, manager.getClientToken('mine', { userId: 'bob' }))).rejects.toThrow(
        '403',
      )
  })

  const post = (app: TestApp, path: string, body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
    during(app, fetch(`${app.url}${path}`, { method: 'POST', body, headers }))

  it.each([
    ['/doc/new', '{', 400, 'the body is not JSON'],
    ['/doc/new', '[]', 400, 'the body is not a JSON object'],
    ['/doc/new', '{"docId":"a/b"}', 400, 'a document id is letters, digits, - and _, not "a/b"'],
    ['/doc/new', '{"docId":7}', 400, 'docId is not text'],
    ['/doc/a.b/auth', '{}', 400, 'a document id is letters, digits, - and _, not "a.b"'],
    ['/doc/a/auth', '{"authorization":"all"}', 400, 'authorization is neither'],
    ['/doc/a/auth', '{"validForSeconds":-1}', 400, 'validForSeconds is not a number from 1'],
    ['/doc/a/auth', '{"userId":7}', 400, 'userId is not text'],
    ['/doc/new', `{"docId":"${'x'.repeat(20_000)}"}`, 413, 'the body is over 16384 bytes'],
    ['/d/a/update', 'nonsense', 400, 'update: '],
    ['/d/a/update', '', 400, 'update: '],
  ])(
    'to %s that is wrong is told what, where and the limit',
    async (path, body, status, problem) => {
      const app = await start()
      const response = await post(app, path, body)
      expect(response.status).toBe(status)
      const { error } = (await response.json()) as { error: string }
      expect(error).toContain(problem)
      expect(app.server.memory.byName.size).toBe(0)
    },
  )

  it('of a page of another site changes nothing', async () => {
    const app = await start()
    const response = await post(app, '/d/a/update', new Uint8Array(updateOf('evil')), {
      origin: 'https://evil.example',
    })
    expect(response.status).toBe(403)
    expect(app.server.memory.byName.size).toBe(0)
  })

  it('with a token that may only read changes nothing', async () => {
    const app = await start({ auth })
    const authorization = `Bearer ${await tokenFor('a', 'read')}`
    const response = await post(app, '/d/a/update', new Uint8Array(updateOf('no')), {
      authorization,
    })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('may not change the document')
    const read = await during(
      app,
      fetch(`${app.url}/d/a/as-update`, { headers: { authorization } }),
    )
    expect(textOf(new Uint8Array(await read.arrayBuffer()))).toBe('')
  })

  it('for what was never written is answered an empty update, and makes no document', async () => {
    const app = await start()
    const manager = managerOf(app)
    expect(textOf(await during(app, manager.getDocAsUpdate('new')))).toBe('')
    expect(app.server.memory.byName.size).toBe(0)
    await during(app, manager.createDoc('gone'))
    const deleted = await during(app, app.server.documents.delete(nameOf('gone')))
    expect(deleted).toMatchObject({ ok: true, value: { name: 'gone' } })
    await expect(during(app, manager.getDocAsUpdate('gone'))).rejects.toThrow('410')
    expect(textOf(await during(app, manager.getDocAsUpdate('gon')))).toBe('')
  })

  it('for a socket is refused before it is one', async () => {
    const app = await start({ auth })
    expect(await shakeHands(app, '/d/a/ws/b')).toBe(400)
    expect(await shakeHands(app, '/d/a/ws/a')).toBe(401)
    expect(await shakeHands(app, `/d/a/ws/a?token=${await tokenFor('b')}`)).toBe(403)
    expect(app.server.documents.figures().sessions).toBe(0)
  })

  it('for a socket where there is a document to read is told so', async () => {
    const complaint = vi.spyOn(console, 'error')
    onTestFinished(() => complaint.mockRestore())
    const app = await start()
    expect(await shakeHands(app, '/d/a/as-update')).toBe(400)
    expect(complaint).not.toHaveBeenCalled()
    expect(app.events).toEqual([])
  })
})

describe('the client', () => {
  it('is told that it is saved after the commit, and not before', async () => {
    const app = await start()
    const client = openClient(app, 'mine')
    await until(app, 'it is connected', () => isSaved(client))
    app.server.weather.hold('append')
    client.text.insert(0, 'hello')
    await until(app, 'the write is under way', () => app.server.weather.calls.append > 0)
    expect(client.provider.hasLocalChanges).toBe(true)
    app.server.weather.release('append')
    await until(app, 'it is saved', () => isSaved(client))
    expect(app.server.memory.byName.get(nameOf('mine'))?.tail).toHaveLength(1)
  })

  it('that comes with changes is not told that they are saved before it has sent them', async () => {
    const app = await start()
    app.server.weather.hold('append')
    const client = openClient(app, 'mine')
    client.text.insert(0, 'made before')
    await until(app, 'the write is under way', () => app.server.weather.calls.append > 0)
    await until(app, 'it is connected', () => client.provider.status === 'connected')
    expect(client.provider.hasLocalChanges).toBe(true)
    app.server.weather.release('append')
    await until(app, 'it is saved', () => isSaved(client))
  })

  it('that may only read is not told that what it changes is saved, nor after it comes back', async () => {
    const app = await start({ auth })
    const token = await tokenFor('mine', 'read')
    const client = openClient(app, 'mine', token)
    await until(app, 'it is connected', () => isSaved(client))
    const write = await tokenFor('mine')
    const writer = openClient(app, 'mine', write)
    client.text.insert(0, 'mine alone')
    await until(app, 'the writer is connected', () => writer.provider.status === 'connected')
    writer.text.insert(0, 'for all ')
    await until(app, 'it reads', () => client.text.toJSON().includes('for all '))
    expect(client.provider.hasLocalChanges).toBe(true)
    const again = openClient(app, 'mine', token, client.doc)
    await until(app, 'it is here again', () => again.provider.status === 'connected')
    writer.text.insert(0, 'once more ')
    await until(app, 'it reads', () => client.text.toJSON().includes('once more '))
    expect(again.provider.hasLocalChanges).toBe(true)
    expect(writer.text.toJSON()).not.toContain('mine alone')
  })

  it('is kept on the line while the disk takes longer than its patience', async () => {
    const app = await start()
    const client = openClient(app, 'mine')
    await until(app, 'it is connected', () => isSaved(client))
    app.server.weather.hold('append')
    client.text.insert(0, 'hello')
    const statuses: string[] = []
    client.provider.on('connection-status', (status: unknown) => statuses.push(String(status)))
    const since = Date.now()
    await until(app, 'four seconds have passed', () => Date.now() - since > 4_000) // its 3 s, and more
    expect(statuses).toEqual([])
    expect(client.provider.hasLocalChanges).toBe(true)
    app.server.weather.release('append')
    await until(app, 'it is saved', () => isSaved(client))
  })
})
