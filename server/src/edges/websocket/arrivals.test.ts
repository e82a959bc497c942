import { afterEach, expect, test, vi } from 'vitest'
import { startEdge, type EdgeFixture, type FixtureOptions } from './testing/edge-fixture.ts'
import { closeContent, encodeFrame, opcodes } from './testing/frames.ts'
import { connectRaw, handshakeRequest, openRaw, type RawResponse } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'
import { plainAnswer } from './web-socket-edge.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

let fixture: EdgeFixture

afterEach(() => fixture.stop())

const start = async (
  limits: FixtureOptions['limits'] = {},
  more: FixtureOptions = {},
): Promise<EdgeFixture> => {
  // this machine is a proxy to itself, so that tests have addresses
  fixture = await startEdge({ trustedProxies: ['127.0.0.1'], limits, ...more })
  return fixture
}

const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address })

/** The answer to a handshake. */
const knock = async (path: string, fields: Record<string, string> = {}): Promise<RawResponse> => {
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest(path, fields))
  return client.response()
}

test('sessions of all addresses fill the limit; one more is refused with 503 and told when to come back', async () => {
  await start({ sockets: 2 })
  const first = await openRaw(fixture.port, '/listen', from('192.0.2.1'))
  expect(fixture.edge.full()).toBeNull()
  await openRaw(fixture.port, '/listen', from('192.0.2.2'))
  expect(fixture.edge.full()).toBe('2 sessions are open, which is the limit')
  const { status, headers, body } = await knock('/listen', from('192.0.2.3'))
  expect(status).toBe(503)
  expect(headers['retry-after']).toBe('5')
  expect(body).toBe('the server has 2 sessions, which is the limit\n')
  expect(fixture.refused).toEqual([
    { bound: 'sockets', of: 'server', limit: 2, address: '192.0.2.3' },
  ])
  first.write(encodeFrame({ opcode: opcodes.close, content: closeContent(1000) }))
  await until(() => expect(fixture.edge.full()).toBeNull())
  await openRaw(fixture.port, '/listen', from('192.0.2.3'))
})

test('sessions of one address fill its limit; one more is refused with 429, and nobody else is', async () => {
  await start({ socketsPerAddress: 2 })
  await openRaw(fixture.port, '/listen', from('192.0.2.1'))
  await openRaw(fixture.port, '/listen', from('192.0.2.1'))
  const { status, headers, body } = await knock('/listen', from('192.0.2.1'))
  expect(status).toBe(429)
  expect(headers['retry-after']).toBe('5')
  expect(body).toBe('your address has 2 sessions, which is the limit\n')
  await openRaw(fixture.port, '/listen', from('192.0.2.2'))
  expect(fixture.stories.map(({ socket }) => socket.address)).toEqual([
    '192.0.2.1',
    '192.0.2.1',
    '192.0.2.2',
  ])
})

test('addresses of one IPv6 /64 count as one', async () => {
  await start({ socketsPerAddress: 1 })
  await openRaw(fixture.port, '/listen', from('2001:db8:1:2::1'))
  expect((await knock('/listen', from('2001:db8:1:2:ffff::1'))).status).toBe(429)
  await openRaw(fixture.port, '/listen', from('2001:db8:1:3::1'))
})

test('loopback is not counted by address', async () => {
  const limits = { socketsPerAddress: 1, handshakesPerAddress: 1, handshakesPerMinute: 1 }
  await start(limits, { trustedProxies: [] })
  for (let i = 0; i < 3; i++) await openRaw(fixture.port, '/listen', from('192.0.2.1'))
  expect(fixture.stories.map(({ socket }) => socket.address)).toEqual(Array(3).fill('127.0.0.1'))
})

test('a handshake under way has its place already, and gives it back when it fails', async () => {
  const gate = Promise.withResolvers<void>()
  await start(
    { sockets: 1 },
    {
      mount: (app) => {
        app.get('/gated', async (c) => {
          await gate.promise
          return c.text('no', 403)
        })
      },
    },
  )
  const waiting = knock('/gated')
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  expect((await knock('/listen')).status).toBe(503)
  gate.resolve()
  expect((await waiting).status).toBe(403)
  await openRaw(fixture.port, '/listen')
})

test('a place is given back whatever way a client goes', async () => {
  await start({ sockets: 1, handshakes: 2 })
  for (let i = 0; i < 10; i++) {
    const client = await openRaw(fixture.port, '/listen', from('192.0.2.1'))
    client.tcp.resetAndDestroy()
    await until(() => expect(fixture.edge.full()).toBeNull())
    const other = await connectRaw(fixture.port)
    other.write(handshakeRequest('/listen').slice(0, 20))
    other.tcp.destroy()
  }
  await until(() => expect(fixture.edge.figures()).toEqual({ sockets: 0, handshakes: 0 }))
  await openRaw(fixture.port, '/listen')
})

test('connections that are no session yet fill their limit; one more is refused with 503 at once', async () => {
  await start({ handshakes: 2 })
  const idle = [await connectRaw(fixture.port), await connectRaw(fixture.port)]
  const third = await connectRaw(fixture.port)
  const { status, body } = await third.response() // it has asked nothing yet
  expect(status).toBe(503)
  expect(body).toBe('the server has 2 connections that are no session yet, which is the limit\n')
  await third.ended()
  idle[0]?.write(handshakeRequest('/listen')) // which makes it a session, and no newcomer
  expect((await idle[0]?.response())?.status).toBe(101)
  await openRaw(fixture.port, '/listen')
})

test('handshakes of one address fill its limit behind a proxy; one more is refused with 429', async () => {
  const gate = Promise.withResolvers<void>()
  await start(
    { handshakesPerAddress: 2 },
    {
      mount: (app) => {
        app.get('/gated', async (c) => {
          await gate.promise
          return c.text('no', 403)
        })
      },
    },
  )
  const waiting = [knock('/gated', from('192.0.2.1')), knock('/gated', from('192.0.2.1'))]
  await until(() => expect(fixture.edge.figures().handshakes).toBe(2))
  expect((await knock('/gated', from('192.0.2.1'))).status).toBe(429)
  await openRaw(fixture.port, '/listen', from('192.0.2.2'))
  gate.resolve()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([403, 403])
  await openRaw(fixture.port, '/listen', from('192.0.2.1'))
})

test('handshakes of one address are bounded by time, however short its sessions; nobody else is', async () => {
  await start({ handshakesPerMinute: 6 })
  for (let i = 0; i < 6; i++) {
    const client = await openRaw(fixture.port, '/listen', from('2001:db8:1:2::1'))
    client.tcp.resetAndDestroy()
  }
  const { status, headers, body } = await knock('/listen', from('2001:db8:1:2::2'))
  expect(status).toBe(429)
  expect(headers['retry-after']).toBe('10')
  expect(body).toBe('your address may open 6 sessions a minute\n')
  expect(fixture.refused).toEqual([
    { bound: 'handshakes-per-minute', of: 'address', limit: 6, address: '2001:db8:1:2::2' },
  ])
  await openRaw(fixture.port, '/listen', from('2001:db8:1:3::1'))
  fixture.clock.advance(10_000)
  await openRaw(fixture.port, '/listen', from('2001:db8:1:2::1'))
  expect((await knock('/listen', from('2001:db8:1:2::1'))).status).toBe(429)
})

test('a handshake that comes too often reaches no app, and leaves no place taken', async () => {
  const asked: string[] = []
  await start(
    { handshakesPerMinute: 1, sockets: 1, handshakesPerAddress: 1 },
    {
      mount: (app) => {
        app.use((c, next) => {
          asked.push(c.req.path)
          return next()
        })
      },
    },
  )
  expect((await knock('/nowhere', from('192.0.2.1'))).status).toBe(404)
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await knock('/listen', from('192.0.2.1'))
    expect([status, headers['retry-after']]).toEqual([429, '60'])
  }
  expect(asked).toEqual(['/nowhere'])
  await openRaw(fixture.port, '/listen', from('192.0.2.2'))
})

test('plain requests of one address are bounded by time; nobody else’s are, and no handshakes', async () => {
  const asked: string[] = []
  await start(
    { requestsPerMinute: 3 },
    {
      mount: (app, { edge }) => {
        app.use(edge.requestRate(plainAnswer))
        app.get('/page', (c) => {
          asked.push(c.req.header('x-forwarded-for') ?? '')
          return c.text('here')
        })
      },
    },
  )
  const ask = async (address: string): Promise<RawResponse> => {
    const client = await connectRaw(fixture.port)
    client.write(`GET /page HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${address}\r\n\r\n`)
    return client.response()
  }
  for (let i = 0; i < 3; i++) expect((await ask('2001:db8:1:2::1')).status).toBe(200)
  const { status, headers, body } = await ask('2001:db8:1:2::2')
  expect([status, headers['retry-after']]).toEqual([429, '20'])
  expect(body).toBe('your address may make 3 requests a minute\n')
  expect(fixture.refused).toEqual([
    { bound: 'requests-per-minute', of: 'address', limit: 3, address: '2001:db8:1:2::2' },
  ])
  for (let i = 0; i < 5; i++) await openRaw(fixture.port, '/listen', from('2001:db8:1:2::1'))
  expect((await ask('192.0.2.1')).status).toBe(200)
  expect(asked).toHaveLength(4)
  fixture.clock.advance(20_000)
  expect((await ask('2001:db8:1:2::1')).status).toBe(200)
  expect((await ask('2001:db8:1:2::1')).status).toBe(429)
})

test('connections fill their limit, sessions included; one more is refused', async () => {
  await start({ connections: 2 })
  await openRaw(fixture.port, '/listen')
  const second = await connectRaw(fixture.port)
  const third = await connectRaw(fixture.port)
  expect((await third.response()).body).toBe('the server has 2 connections, which is the limit\n')
  await third.ended()
  second.tcp.destroy()
  await until(() => expect(fixture.refused).toHaveLength(1))
  for (;;) {
    const again = await connectRaw(fixture.port)
    again.write(handshakeRequest('/listen'))
    if ((await again.response()).status === 101) break // the second has gone
  }
})

test('refusals that nobody takes are bounded: beyond them, connections are dropped', async () => {
  await start({ connections: 0 })
  const clients = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const client = await connectRaw(fixture.port)
      client.tcp.end = () => client.tcp // it keeps its half
      return client
    }),
  )
  const said = await Promise.all(clients.map((client) => client.ended()))
  expect(said.filter((bytes) => bytes.length > 0)).toHaveLength(256)
  expect(fixture.refused).toHaveLength(300)
  for (const { tcp } of clients) tcp.destroy()
})
