/* What requests to the routes of y-sweet may cost, and what is left of those who give up. */
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import WebSocket from 'ws'
import { nameOf } from '../storage/contract/fixture.ts'
import type { TestApp } from './testing/app.ts'
import {
  answerOf,
  auth,
  dial,
  during,
  managerOf,
  start,
  textOf,
  tokenFor,
  until,
  updateOf,
} from './testing/y-sweet.ts'

const postHead = (path: string, length: number, fields = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}Content-Length: ${length}\r\n\r\n`

/** Sends updates of 1 MiB but for their ends, for which there are 2 MiB of room, until one is refused. */
const fillRoom = async (app: TestApp, fields = '') => {
  const senders = [await dial(app), await dial(app), await dial(app)]
  let refusal = ''
  for (const sender of senders) {
    sender.on('data', (bytes: Buffer) => (refusal ||= bytes.toString('latin1')))
    sender.write(postHead('/d/mine/update', 1024 * 1024, fields))
    sender.write(new Uint8Array(1024 * 1024 - 1))
  }
  await until(app, 'one is refused', () => refusal !== '')
  return { senders, refusal }
}

describe('a new document', () => {
  it('is made durable, and of an old one nothing is read', async () => {
    const app = await start()
    const manager = managerOf(app)
    await during(app, manager.createDoc('mine'))
    expect(app.server.memory.byName.has(nameOf('mine'))).toBe(true)
    await during(app, manager.updateDoc('mine', updateOf('hello')))
    const { read } = app.server.weather.calls
    expect(await during(app, manager.createDoc('mine'))).toEqual({ docId: 'mine' })
    expect(app.server.weather.calls.read).toBe(read)
    expect(app.server.documents.figures().sessions).toBe(0)
  })

  it('that the disk refuses is not told of as made', async () => {
    const app = await start()
    app.server.weather.fail('open', { kind: 'full', message: 'no space' })
    const made = during(app, fetch(`${app.url}/doc/new`, { method: 'POST', body: '{}' }))
    const response = await made
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
  })
})

describe('an update', () => {
  it('that brings nothing new is answered, too', async () => {
    const app = await start()
    const manager = managerOf(app)
    const update = updateOf('once')
    for (let i = 0; i < 2; i++) await during(app, manager.updateDoc('mine', update))
    expect(textOf(await during(app, manager.getDocAsUpdate('mine')))).toBe('once')
  })

  it('that waits for another one is taken, once', async () => {
    const app = await start()
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (const text of ['one ', 'two '])
      doc.getText('text').insert(doc.getText('text').length, text)
    const [first = updateOf(''), second = updateOf('')] = updates
    const manager = managerOf(app)
    await during(app, manager.updateDoc('mine', second))
    expect(app.server.memory.byName.get(nameOf('mine'))?.tail).toHaveLength(1)
    await during(app, manager.updateDoc('mine', first))
    expect(textOf(await during(app, manager.getDocAsUpdate('mine')))).toBe('one two ')
  })

  it('is not answered with 200 while the disk refuses it', async () => {
    const app = await start({ answerMs: 300 })
    await during(app, managerOf(app).createDoc('mine'))
    app.server.weather.fail('append', { kind: 'full', message: 'no space' }, Infinity)
    const body = new Uint8Array(updateOf('hello'))
    const response = await during(app, fetch(`${app.url}/d/mine/update`, { method: 'POST', body }))
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('no answer within 300 ms')
    // accepted all the same: it is kept, seen, and saved when the disk is back
    app.server.weather.heal('append')
    await until(app, 'it is saved', () => app.server.documents.figures().rooms === 0)
    expect(app.server.memory.byName.get(nameOf('mine'))?.tail).toHaveLength(1)
  })

  it('that was accepted and is not on disk yet is part of the document', async () => {
    const app = await start()
    app.server.weather.hold('append')
    const body = new Uint8Array(updateOf('hello'))
    const saved = fetch(`${app.url}/d/mine/update`, { method: 'POST', body })
    await until(app, 'it is written', () => app.server.weather.calls.append > 0)
    expect(textOf(await during(app, managerOf(app).getDocAsUpdate('mine')))).toBe('hello')
    app.server.weather.release('append')
    expect((await during(app, saved)).status).toBe(200)
  })

  it('whose sender goes away in the middle of it leaves nothing, and no complaint', async () => {
    const complaint = vi.spyOn(console, 'error')
    onTestFinished(() => complaint.mockRestore())
    const app = await start()
    for (const path of ['/d/mine/update', '/doc/new', '/doc/mine/auth']) {
      const socket = await dial(app)
      socket.write(`${postHead(path, 1_000)}half`)
      await new Promise((resolve) => setImmediate(resolve))
      socket.destroy()
    }
    const whole = new Uint8Array(updateOf('whole'))
    const response = await during(
      app,
      fetch(`${app.url}/d/mine/update`, { method: 'POST', body: whole }),
    )
    expect(response.status).toBe(200)
    expect(complaint).not.toHaveBeenCalled()
    expect(app.events).toEqual([])
  })

  it('of somebody who may only read is refused before any of it has come', async () => {
    const app = await start({ auth })
    const socket = await dial(app)
    socket.write(postHead(`/d/mine/update?token=${await tokenFor('mine', 'read')}`, 1_000))
    expect(await answerOf(app, socket)).toMatch(/^HTTP\/1\.1 403 [^]*may not change the document/)
    expect(app.server.memory.byName.size).toBe(0)
  })

  it('finds no room while the bodies of others fill it, and finds it afterwards', async () => {
    const app = await start()
    const { senders, refusal } = await fillRoom(app)
    expect(refusal).toMatch(
      /^HTTP\/1\.1 503 [^]*bodies of requests hold 2097152 bytes, which is the limit/,
    )
    for (const sender of senders) sender.destroy()
    const body = new Uint8Array(updateOf('x'.repeat(1_000)))
    let status = 0
    while (status !== 200)
      ({ status } = await during(app, fetch(`${app.url}/d/mine/update`, { method: 'POST', body })))
  })

  it.each(['/d/mine/update', '/doc/new', '/doc/mine/auth'])(
    'at %s whose end does not come is given up',
    async (path) => {
      const app = await start({ readMs: 300 })
      const socket = await dial(app)
      socket.write(`${postHead(path, 1_000)}half`)
      expect(await answerOf(app, socket)).toMatch(
        /^HTTP\/1\.1 408 [^]*less than 2097152 bytes of the body came in 300 ms/,
      )
      expect(app.events).toEqual([])
    },
  )

  it('takes no room of requests for documents and tokens', async () => {
    const app = await start()
    await fillRoom(app)
    const manager = managerOf(app)
    expect(await during(app, manager.createDoc('mine'))).toEqual({ docId: 'mine' })
    expect((await during(app, manager.getClientToken('mine'))).docId).toBe('mine')
  })

  it('finds no room while its address has its share, and others find theirs', async () => {
    const app = await start({ trustedProxies: ['127.0.0.1'] })
    const { refusal } = await fillRoom(app, 'X-Forwarded-For: 192.0.2.1\r\n')
    expect(refusal).toMatch(
      /^HTTP\/1\.1 429 [^]*retry-after: 5[^]*bodies of your address hold 1048576 bytes, which is its share/i,
    )
    const body = new Uint8Array(updateOf('x'.repeat(1_000)))
    const headers = { 'X-Forwarded-For': '192.0.2.2' }
    const posted = fetch(`${app.url}/d/mine/update`, { method: 'POST', body, headers })
    expect((await during(app, posted)).status).toBe(200)
  })

  it.each([
    ['Content-Length: 1048577\r\n\r\n', 'says so'],
    [`Transfer-Encoding: chunked\r\n\r\n100001\r\n${'x'.repeat(0x100001)}\r\n`, 'does not say so'],
  ])('over the limit is refused where it %#', async (rest) => {
    const app = await start()
    const socket = await dial(app)
    socket.write(`POST /d/mine/update HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`)
    expect(await answerOf(app, socket)).toMatch(/^HTTP\/1\.1 413 [^]*over 1048576 bytes/)
  })
})

it('a socket for which there is no place is closed, not left without a word', async () => {
  const app = await start()
  await app.server.documents.drain(1_000)
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/d/mine/ws/mine`)
  const [code] = (await once(socket, 'close')) as [number] // ws, doc/ws.md
  expect(code).toBe(1012)
})

it('answers are for this moment only', async () => {
  const app = await start()
  for (const [path, method] of [
    ['/doc/new', 'POST'],
    ['/doc/mine/auth', 'POST'],
    ['/d/mine/as-update', 'GET'],
    ['/check_store', 'POST'],
  ] as const) {
    const response = await during(app, fetch(app.url + path, { method }))
    expect([path, response.headers.get('cache-control')]).toEqual([path, 'no-store'])
  }
})
