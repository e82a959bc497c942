import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import {
  startEdge,
  recorder,
  type EdgeFixture,
  type FixtureOptions,
} from './testing/edge-fixture.ts'
import { encodeFrame, opcodes } from './testing/frames.ts'
import { connectRaw, handshakeRequest, openRaw, type RawResponse } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

let fixture: EdgeFixture

afterEach(() => fixture.stop())

const start = async (mount?: FixtureOptions['mount'], limits = {}): Promise<EdgeFixture> => {
  fixture = await startEdge(mount ? { mount, limits } : { limits })
  return fixture
}

/** Sends a handshake that must be refused: a whole response, then the end of the connection. */
const refusedWith = async (request: string): Promise<RawResponse> => {
  const client = await connectRaw(fixture.port)
  client.write(request)
  const response = await client.response()
  expect(await client.ended()).toHaveLength(0)
  expect(response.headers['connection']).toMatch(/^close/)
  expect(fixture.edge.figures()).toEqual({ sockets: 0, handshakes: 0 })
  return response
}

test('[RFC 6455 §4.2.2] a sound handshake is answered 101 with the accept key', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  const { status, headers } = await client.response()
  const accept = createHash('sha1')
    .update('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64')
  expect(status).toBe(101)
  expect(headers).toMatchObject({
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': accept,
  })
})

test.each([
  [{ Connection: 'keep-alive, Upgrade' }],
  [{ Connection: 'UPGRADE', Upgrade: 'WEBSOCKET' }],
  [{ Upgrade: 'h2c, websocket' }],
])('[RFC 6455 §4.2.1] a handshake with %j is accepted', async (fields) => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary', fields))
  expect((await client.response()).status).toBe(101)
})

test.each([['/binary'], ['http://localhost/binary'], ['/binary?x=1']])(
  '[RFC 6455 §4.2.1 (2)] a handshake for %s reaches its route',
  async (target) => {
    await start()
    await openRaw(fixture.port, target)
    expect(fixture.stories).toHaveLength(1)
  },
)

test.each<[string, Record<string, string | null>, number]>([
  ['§4.4', { 'Sec-WebSocket-Version': '8' }, 426],
  ['§4.4', { 'Sec-WebSocket-Version': null }, 426],
  ['§4.2.1', { 'Sec-WebSocket-Key': null }, 400],
  ['§4.2.1', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400],
  ['§4.2.1', { Host: null }, 400],
  ['§4.2.1', { 'Content-Length': '3' }, 400],
  ['§11.3.1', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }, 400], // with the one in place
])('[RFC 6455 %s] a handshake with %j is refused with %i', async (_, fields, status) => {
  await start()
  const response = await refusedWith(handshakeRequest('/binary', fields))
  expect(response.status).toBe(status)
  expect(response.body).not.toBe('')
})

test('[RFC 6455 §4.4] the 426 names version 13', async () => {
  await start()
  const { headers } = await refusedWith(
    handshakeRequest('/binary', { 'Sec-WebSocket-Version': '7' }),
  )
  expect(headers).toMatchObject({
    'sec-websocket-version': '13',
    upgrade: 'websocket',
    connection: 'close, Upgrade',
  })
})

test('[RFC 6455 §4.1 (2)] a handshake by POST is refused with 405 and Allow', async () => {
  await start()
  const request = handshakeRequest('/binary').replace('GET', 'POST')
  expect(await refusedWith(request)).toMatchObject({ status: 405, headers: { allow: 'GET' } })
})

test('[RFC 6455 §4.2.1 (1)] a handshake over HTTP/1.0 is refused', async () => {
  await start()
  const request = handshakeRequest('/binary').replace('HTTP/1.1', 'HTTP/1.0')
  expect(await refusedWith(request)).toMatchObject({ status: 400 })
})

test.each([['*'], ['//binary'], ['/%'], ['a:1'], ['http://me@a/'], ['http:///x'], ['/\\']])(
  '[RFC 9112 §3.2] a handshake for the target %s is refused with 400 and a sentence',
  async (target) => {
    await start()
    const { status, body } = await refusedWith(handshakeRequest(target))
    expect(status).toBe(400)
    expect(body).toContain('request')
  },
)

test('[RFC 9110 §15.5.22] a plain GET for a WebSocket route is answered 426', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write('GET /binary HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(await client.response()).toMatchObject({
    status: 426,
    headers: { upgrade: 'websocket', 'sec-websocket-version': '13', connection: 'Upgrade' },
  })
})

test('[RFC 9110 §15.5.6] a plain POST to a WebSocket route is answered 405', async () => {
  await start((app, { edge }) => {
    app.all(
      '/any',
      edge.upgrade((socket) => recorder(fixture, socket, () => {})),
    )
  })
  const client = await connectRaw(fixture.port)
  client.write('POST /any HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
  expect(await client.response()).toMatchObject({ status: 405, headers: { allow: 'GET' } })
})

test('[RFC 9110 §15.5.5] a handshake for a path that does not exist is answered 404', async () => {
  await start()
  expect(await refusedWith(handshakeRequest('/nowhere'))).toMatchObject({
    status: 404,
    body: '404 Not Found',
  })
})

test("[RFC 9110 §15.5.2] middleware's refusal arrives with its fields and body", async () => {
  await start((app) => {
    app.use('/binary', async (c) =>
      c.text('who are you?', 401, { 'WWW-Authenticate': 'Bearer', 'Set-Cookie': 'a=b' }),
    )
  })
  expect(await refusedWith(handshakeRequest('/binary'))).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer', 'set-cookie': 'a=b', 'content-length': '12' },
    body: 'who are you?',
  })
})

test('[RFC 6455 §4.2.1] the app is not asked about what is no handshake', async () => {
  const asked = vi.fn<() => void>()
  await start((app) => {
    app.use(async (_, next) => {
      asked()
      await next()
    })
  })
  await refusedWith(handshakeRequest('/binary', { 'Sec-WebSocket-Key': null }))
  await openRaw(fixture.port, '/binary')
  expect(asked).toHaveBeenCalledTimes(1)
})

test('[RFC 9112 §9.6] a refused peer that keeps sending reads the answer and is let go', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/nowhere'), Buffer.alloc(8 * 1024 * 1024))
  expect((await client.response()).status).toBe(404)
  await client.ended()
  const connections = promisify(fixture.server.getConnections.bind(fixture.server))
  while ((await connections()) > 0) await new Promise(setImmediate) // no clock was moved for it
})

test('middleware that overrules the route is heard', async () => {
  await start((app) => {
    app.use('/binary', async (c, next) => {
      await next()
      c.res = new Response('changed my mind', { status: 403 })
    })
  })
  expect(await refusedWith(handshakeRequest('/binary'))).toMatchObject({ status: 403 })
  expect(fixture.stories).toHaveLength(0)
})

test('[RFC 9110 §15.6.1] an app that throws answers 500, and the process lives', async () => {
  await start((app) => {
    app.get('/throws', () => {
      throw new Error('planted')
    })
    app.onError((error) => {
      throw error
    })
  })
  expect(await refusedWith(handshakeRequest('/throws'))).toMatchObject({ status: 500 })
  expect(fixture.bugs.map((bug) => bug.cause)).toMatchObject([{ message: 'planted' }])
  await openRaw(fixture.port, '/binary')
})

test('[RFC 9110 §15.5.9] an app that does not answer is cut with 408', async () => {
  await start((app) => {
    app.use('/binary', () => new Promise<never>(() => {}))
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  fixture.clock.advance(10_000)
  expect(await client.response()).toMatchObject({ status: 408 })
  await client.ended()
  expect(fixture.edge.figures().handshakes).toBe(0)
})

test('[RFC 9110 §15.5.9] an answer whose body does not end is cut with 408', async () => {
  const cancelled = vi.fn<() => void>()
  await start((app) => {
    app.get('/stream', () => new Response(new ReadableStream({ cancel: cancelled })))
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/stream'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  await new Promise(setImmediate)
  fixture.clock.advance(10_000)
  expect(await client.response()).toMatchObject({ status: 408 })
  await until(() => expect(cancelled).toHaveBeenCalled())
})

test('a late answer to a handshake that was cut opens nothing', async () => {
  const gate = Promise.withResolvers<void>()
  await start((app) => {
    app.use('/binary', async (_, next) => {
      await gate.promise
      await next()
    })
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  fixture.clock.advance(10_000)
  expect(await client.response()).toMatchObject({ status: 408 })
  gate.resolve()
  await client.ended()
  await new Promise(setImmediate)
  expect(fixture.stories).toHaveLength(0)
  expect(fixture.edge.figures()).toEqual({ sockets: 0, handshakes: 0 })
})

test('a late answer that cannot be taken back is reported, and the process lives', async () => {
  const gate = Promise.withResolvers<void>()
  await start((app) => {
    app.use('/binary', async () => {
      await gate.promise
      const cancel = (): never => {
        throw new Error('planted')
      }
      return new Response(new ReadableStream({ cancel }))
    })
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  fixture.clock.advance(10_000)
  expect(await client.response()).toMatchObject({ status: 408 })
  gate.resolve()
  await until(() =>
    expect(fixture.bugs.map((bug) => bug.cause)).toMatchObject([{ message: 'planted' }]),
  )
})

test('a peer that resets while the app thinks leaves nothing behind', async () => {
  const gate = Promise.withResolvers<void>()
  await start((app) => {
    app.use('/binary', async (_, next) => {
      await gate.promise
      await next()
    })
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  client.tcp.resetAndDestroy()
  gate.resolve()
  await until(() => expect(fixture.edge.figures()).toEqual({ sockets: 0, handshakes: 0 }))
  expect(fixture.stories.flatMap((story) => story.closed.length)).toEqual(
    fixture.stories.map(() => 1),
  )
})

test('[RFC 6455 §4.1] frames sent with the handshake are delivered in order after async middleware', async () => {
  await start((app) => {
    app.use('/binary', async (_, next) => {
      await new Promise(setImmediate)
      await next()
    })
  })
  const client = await connectRaw(fixture.port)
  const frame = (content: string): Buffer => encodeFrame({ opcode: opcodes.binary, content })
  client.write(handshakeRequest('/binary'), frame('one'), frame('two'))
  client.write(frame('three'))
  expect((await client.response()).status).toBe(101)
  for (const word of ['one', 'two', 'three'])
    expect((await client.frame()).content.toString()).toBe(word)
})

test('[RFC 6455 §4.2.2 (5)] no subprotocol is selected by a route that names none', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary', { 'Sec-WebSocket-Protocol': 'chat' }))
  const { status, headers } = await client.response()
  expect(status).toBe(101)
  expect(headers).not.toHaveProperty('sec-websocket-protocol')
})

test.each([
  ['a, b', 'b'],
  ['a', undefined],
  ['c, b', 'c'],
])(
  "[RFC 6455 §4.2.2 (5)] of %j the route's most wanted is selected: %s",
  async (offered, selected) => {
    await start((app, { edge }) => {
      const open = edge.upgrade((socket) => recorder(fixture, socket, () => {}), {
        protocols: ['c', 'b'],
      })
      app.get('/spoken', open)
    })
    const client = await connectRaw(fixture.port)
    client.write(handshakeRequest('/spoken', { 'Sec-WebSocket-Protocol': offered }))
    const { status, headers } = await client.response()
    expect(status).toBe(101)
    expect(headers['sec-websocket-protocol']).toBe(selected)
  },
)

test('[RFC 7692 §5] permessage-deflate is not negotiated', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary', { 'Sec-WebSocket-Extensions': 'permessage-deflate' }))
  const { status, headers } = await client.response()
  expect(status).toBe(101)
  expect(headers).not.toHaveProperty('sec-websocket-extensions')
})

test("middleware's fields go out with the 101", async () => {
  await start((app) => {
    app.use('/binary', async (c, next) => {
      await next()
      c.header('X-Request-Id', '7')
    })
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/binary'))
  expect(await client.response()).toMatchObject({ status: 101, headers: { 'x-request-id': '7' } })
})

test('an open that throws closes with 1011, is reported and disturbs nobody', async () => {
  await start((app, { edge }) => {
    app.get(
      '/broken',
      edge.upgrade(() => {
        throw new Error('planted')
      }),
    )
  })
  const ws = new WebSocket(`ws://127.0.0.1:${fixture.port}/broken`)
  const code = await new Promise((resolve) => ws.once('close', resolve))
  expect(code).toBe(1011)
  expect(fixture.bugs.map((bug) => bug.cause)).toMatchObject([{ message: 'planted' }])
  await openRaw(fixture.port, '/binary')
})
