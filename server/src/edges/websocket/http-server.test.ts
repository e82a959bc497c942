import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { startEdge, type EdgeFixture, type FixtureOptions } from './testing/edge-fixture.ts'
import { connectRaw, handshakeRequest, openRaw, type RawResponse } from './testing/raw-client.ts'
import { PATIENCE_MS } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

let fixture: EdgeFixture

afterEach(() => fixture.stop())

const start = async (options: FixtureOptions = {}): Promise<EdgeFixture> => {
  fixture = await startEdge({
    ...options,
    mount: (app, it) => {
      app.get('/plain', (c) => c.text(`${new URL(c.req.url).host} ${c.req.method}`))
      options.mount?.(app, it)
    },
  })
  return fixture
}

/** Sends bytes and reads one response, which must be the last thing on the connection. */
const lastAnswer = async (...parts: readonly (string | Uint8Array)[]): Promise<RawResponse> => {
  const client = await connectRaw(fixture.port)
  client.write(...parts)
  const response = await client.response()
  expect(await client.ended()).toHaveLength(0)
  expect(response.headers['connection']).toMatch(/^close/)
  return response
}

test.each([
  ['*', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 'is *'],
  ['* with OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 'is *'],
  ['// first', 'GET //b/c HTTP/1.1\r\nHost: a\r\n\r\n', 'starts with //'],
  ['a broken percent', 'GET /%z HTTP/1.1\r\nHost: a\r\n\r\n', 'broken percent'],
  ['a backslash', 'GET /\\b HTTP/1.1\r\nHost: a\r\n\r\n', 'backslash'],
  ['a high byte', 'GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n', 'request'],
  ['a space', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 'not HTTP/1.1'],
  ['NUL', 'GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n', 'not HTTP/1.1'],
  ['no path', 'GET HTTP/1.1\r\nHost: a\r\n\r\n', 'request'],
  ['an authority', 'GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'request'],
  ['user information', 'GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'user information'],
  ['no host in a URL', 'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n', 'request'],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'not a proxy'],
  ['no Host', 'GET /plain HTTP/1.1\r\n\r\n', 'no Host'],
  ['two Hosts', 'GET /plain HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 'more than one Host'],
  ['a bad Host', 'GET /plain HTTP/1.1\r\nHost: a/b\r\n\r\n', 'Host'],
  ['no HTTP', 'hello\r\n\r\n', 'not HTTP/1.1'],
  ['TLS', Buffer.from('160301020001000', 'hex'), 'not HTTP/1.1'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'request'],
])('[RFC 9112 §3.2] %s is answered 400 with a sentence and the end', async (_, bytes, words) => {
  await start()
  const { status, body } = await lastAnswer(bytes)
  expect(status).toBe(400)
  expect(body).toContain(words)
})

test.each([
  ['absolute-form', 'GET http://other:8080/plain HTTP/1.1\r\nHost: a\r\n\r\n', 'other:8080 GET'],
  ['origin-form', 'GET /plain?x=%20 HTTP/1.1\r\nHost: a\r\n\r\n', 'a GET'],
  ['HTTP/1.0 without Host', 'GET /plain HTTP/1.0\r\n\r\n', 'localhost GET'],
])('[RFC 9112 §3.2] a plain request in %s reaches the app', async (_, bytes, body) => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(bytes)
  expect(await client.response()).toMatchObject({ status: 200, body })
})

test('[RFC 9110 §7.8] an Upgrade to another protocol is ignored', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write(
    'GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n' +
      'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
  )
  expect(await client.response()).toMatchObject({ status: 200, body: 'a GET' })
})

test('[RFC 6585 §5] a request head over headerBytes is answered 431 with the limit', async () => {
  await start({ limits: { headerBytes: 1024 } })
  const { status, body } = await lastAnswer(
    handshakeRequest('/binary', { 'X-Long': 'x'.repeat(2048) }),
  )
  expect(status).toBe(431)
  expect(body).toContain('1024 bytes')
})

test('[RFC 9112 §3.2] a second Host behind thousands of fields is seen', async () => {
  await start({ limits: { headerBytes: 64 * 1024 } })
  const { status, body } = await lastAnswer(
    `GET /plain HTTP/1.1\r\nHost: a\r\n${'a:\r\n'.repeat(4000)}Host: b\r\n\r\n`,
  )
  expect(status).toBe(400)
  expect(body).toContain('more than one Host')
})

test('[RFC 9110 §15.5.9] a head that is late is cut with 408', async () => {
  await start({ limits: { handshakeMs: 100 } })
  const { status, body } = await lastAnswer('GET /binary HTTP/1.1\r\nHost: a\r\n')
  expect(status).toBe(408)
  expect(body).toContain('100 ms')
})

test('[RFC 9110 §15.5.9] a connection that says nothing is cut with 408', async () => {
  await start({ limits: { handshakeMs: 100 } })
  const { status } = await lastAnswer('')
  expect(status).toBe(408)
})

test('[RFC 9112 §9.3.2] an upgrade behind an unanswered request does not garble its answer', async () => {
  const gate = Promise.withResolvers<void>()
  await start({
    mount: (app) => {
      app.get('/gated', async (c) => {
        await gate.promise
        return c.text('gated')
      })
    },
  })
  const client = await connectRaw(fixture.port)
  client.write('GET /gated HTTP/1.1\r\nHost: a\r\n\r\n', handshakeRequest('/binary'))
  setImmediate(() => gate.resolve())
  expect(await client.response()).toMatchObject({ status: 200, body: 'gated' })
  expect(await client.response()).toMatchObject({ status: 400 })
  await client.ended()
})

test('[RFC 9112 §9.6] who is refused and does not hang up is cut after closeMs', async () => {
  await start({ limits: { closeMs: 1000 } })
  const client = await connectRaw(fixture.port)
  client.tcp.removeAllListeners('end') // it keeps its half
  client.write('hello\r\n\r\n')
  expect((await client.response()).status).toBe(400)
  const connections = promisify(fixture.server.getConnections.bind(fixture.server))
  await new Promise(setImmediate)
  expect(await connections()).toBe(1)
  fixture.clock.advance(1000)
  while ((await connections()) > 0) await new Promise(setImmediate)
})

test('a client that hangs up in the middle of a request disturbs nobody', async () => {
  await start()
  const client = await connectRaw(fixture.port)
  client.write('POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc')
  client.tcp.resetAndDestroy()
  const other = await openRaw(fixture.port, '/binary')
  expect(fixture.edge.figures().sockets).toBe(1)
  other.tcp.destroy()
})
