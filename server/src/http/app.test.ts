import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { nameOf } from '../storage/contract/fixture.ts'
import { until } from '../runtime/testing/server.ts'
import { startApp, type TestApp } from './testing/app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp({ editorRoot: '/nowhere', allowedOrigins: ['https://app.example'] })
})
afterAll(() => app.stop())

const connect = (path: string, options: WebSocket.ClientOptions = {}): WebSocket =>
  new WebSocket(`${app.url.replace('http', 'ws')}${path}`, options)

/** How a socket ended. */
const ending = async (socket: WebSocket): Promise<{ code: number; reason: string }> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer] // ws, doc/ws.md
  return { code, reason: reason.toString() }
}

const STEP_1 = Uint8Array.of(0, 0, 1, 0)

describe('/yjs', () => {
  it('answers a client about the document in its path', async () => {
    const socket = connect('/yjs/team/a%2Fb?token=secret')
    const heard: number[][] = []
    socket.on('message', (frame: Buffer) => heard.push([...frame]))
    await once(socket, 'open')
    socket.send(STEP_1)
    await until('both steps', () => heard.length === 2)
    expect(heard).toEqual([
      [0, 0, 1, 0],
      [0, 1, 2, 0, 0],
    ])
    expect(app.server.memory.byName.has(nameOf('team/a/b'))).toBe(true)
    socket.close()
    await once(socket, 'close')
  })

  it('closes a page of a foreign origin with 4403 after the upgrade, naming the option first', async () => {
    const origin = `https://${'evil.'.repeat(40)}example`
    const { code, reason } = await ending(connect('/yjs/notes', { origin }))
    expect(code).toBe(4403)
    expect(reason).toMatch(/^QUIRE_ALLOWED_ORIGINS does not list https:\/\/evil\./)
    expect(app.server.memory.byName.has(nameOf('notes'))).toBe(false)
    expect(app.server.events).toContainEqual(
      expect.objectContaining({ kind: 'session-closed', document: null, close: 'forbidden' }),
    )
  })

  it.each([
    ['of the server’s own address', () => app.url],
    ['that is listed', () => 'https://app.example'],
  ])('lets a page in %s', async (_, origin) => {
    const socket = connect('/yjs/own', { origin: origin() })
    const [first] = (await once(socket, 'message')) as [Buffer] // binary, so a Buffer
    expect([...first]).toEqual([0, 0, 1, 0]) // the server asks first
    socket.close()
    await once(socket, 'close')
  })

  it.each([
    ['/yjs/', 'document name is empty'],
    ['/yjs', 'path does not start with /yjs/'],
    ['/yjs/%00', 'document name holds U+0000'],
    ['/yjs/%FF', 'document name is not percent-encoded UTF-8'],
    [`/yjs/${'a'.repeat(1025)}`, 'document name is 1025 bytes of UTF-8, limit 1024'],
  ])('closes %s with 4404 and says why', async (path, reason) => {
    expect(await ending(connect(path))).toEqual({ code: 4404, reason })
  })

  it('tells whoever comes back with another token for the same refusal later, too', async () => {
    const [socket, again] = [connect('/yjs/%FE?token=a'), connect('/yjs/%FE?token=b')]
    let ended = 0
    for (const one of [socket, again]) one.on('close', () => ended++)
    await Promise.all([once(socket, 'open'), once(again, 'open')])
    await until('one has heard', () => ended > 0)
    await ending(connect('/yjs/%FD')) // one that came after both
    expect(ended).toBe(1)
    app.server.clock.advance(2_000)
    await until('the other one has heard', () => ended === 2)
  })

  it('[R6] closes a bad frame with 4400, naming what and where', async () => {
    const socket = connect('/yjs/notes')
    await once(socket, 'open')
    socket.send(Uint8Array.of(0, 2, 100, 0))
    expect(await ending(socket)).toEqual({
      code: 4400,
      reason: 'sync message claims 100 bytes, 1 are left at byte 3',
    })
  })

  it('tells a plain request to upgrade', async () => {
    const response = await fetch(`${app.url}/yjs/notes`)
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
  })
})

it.each(['/yjs/fields', '/hocuspocus', '/d/fields/ws/fields'])(
  'a socket at %s is opened without the fields of pages',
  async (path) => {
    const socket = connect(path)
    const [{ headers }] = (await once(socket, 'upgrade')) as [IncomingMessage] // ws, doc/ws.md
    expect(Object.keys(headers)).not.toContain('content-security-policy')
    socket.terminate()
  },
)

it('an address that asks too often is told when to come back, and may still ask how the server is', async () => {
  const other = await startApp({
    editorRoot: '/nowhere',
    trustedProxies: ['127.0.0.1'],
    edgeLimits: { requestsPerMinute: 1 },
  })
  const ask = (path: string, address = '192.0.2.1') =>
    fetch(other.url + path, { headers: { 'X-Forwarded-For': address } })
  expect((await ask('/check_store')).status).toBe(200)
  for (const path of ['/check_store', '/', '/nothing', '/d/notes/as-update', '/doc/new']) {
    const { status, headers } = await ask(path)
    expect([path, status, headers.get('retry-after')]).toEqual([path, 429, '60'])
  }
  const refused = await ask('/api/v1/documents')
  const fields = ['content-type', 'retry-after', 'cache-control', 'x-request-id']
  expect(fields.map((field) => refused.headers.get(field))).toEqual([
    'application/problem+json',
    '60',
    'no-store',
    expect.stringMatching(/./),
  ])
  expect(await refused.json()).toMatchObject({
    type: 'urn:quire:problem:too-many',
    status: 429,
    detail: 'your address may make 1 requests a minute',
  })
  for (const path of ['/health/live', '/health/ready']) expect((await ask(path)).status).toBe(200)
  expect((await ask('/check_store', '192.0.2.2')).status).toBe(200)
  await other.stop()
})

describe('/health', () => {
  it('is live and ready, and never from a cache', async () => {
    const live = await fetch(`${app.url}/health/live`)
    expect([live.status, await live.json()]).toEqual([200, { status: 'live' }])
    const ready = await fetch(`${app.url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toMatchObject({ status: 'ready', failing: 0, unopened: 0 })
    expect(ready.headers.get('cache-control')).toBe('no-store')
    expect((await fetch(`${app.url}/health/ready`, { method: 'HEAD' })).status).toBe(200)
  })

  it('is not ready while the server stops, and says so', async () => {
    const other = await startApp({ editorRoot: '/nowhere' })
    await other.server.documents.drain(1_000)
    const ready = await fetch(`${other.url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ reason: 'the server is stopping' })
    expect((await fetch(`${other.url}/health/live`)).status).toBe(200)
    await other.stop()
  })
})
