import { describe, expect, it } from 'vitest'
import type { Frame } from '@quire/shared'
import { until } from '../edges/websocket/testing/until.ts'
import { streamsOfTests } from './testing/event-stream.ts'
import {
  bringing,
  comingBack,
  FIRST,
  laidOut,
  listen,
  requestStream,
  type Fields,
} from './testing/stream-client.ts'

const tests = streamsOfTests()
const { start, open } = tests

describe('origins', () => {
  const listed = { Origin: 'https://app.example' }
  const foreign = { Origin: 'https://evil.example' }
  const options = { allowedOrigins: ['https://app.example'] }

  it('[P35] that are not listed are refused, and may not read why', async () => {
    await start(options)
    await expect(open(foreign)).rejects.toThrow('403: QUIRE_ALLOWED_ORIGINS does not list')
    const { name, story } = await open()
    const headers = { ...foreign, ...bringing(name, 0) }
    const answered = await requestStream(tests.fixture.port, 'POST', headers, laidOut([1]))
    expect([answered.status, answered.headers['access-control-allow-origin']]).toEqual([
      403,
      undefined,
    ])
    expect(story.messages).toEqual([])
  })

  it('[P35] a name that was pointed at this machine can open a stream, and say nothing', async () => {
    await start()
    const host = { Host: 'evil.example' }
    const { say } = await open(host) // a browser says no origin with it
    const { name } = await open(host)
    const headers = { ...host, Origin: 'http://evil.example', ...bringing(name, 0) }
    expect((await requestStream(tests.fixture.port, 'POST', headers, laidOut([1]))).status).toBe(
      403,
    )
    expect((await say(0)).status).toBe(204)
  })

  it('that are listed may read everything, refusals included', async () => {
    await start(options)
    const { down, say } = await open(listed)
    expect(down.answer.headers['access-control-allow-origin']).toBe('https://app.example')
    expect(down.answer.headers.vary).toContain('Origin')
    for (const answered of [await say(0), await say(1)])
      expect(answered.headers['access-control-allow-origin']).toBe('https://app.example')
    const lost = await requestStream(tests.fixture.port, 'GET', {
      ...listed,
      ...comingBack('x', 0),
    })
    expect([lost.status, lost.headers['access-control-allow-origin']]).toEqual([410, listed.Origin])
  })

  it('a browser that asks first is told which fields it may send, and for how long', async () => {
    await start(options)
    const { status, headers } = await requestStream(tests.fixture.port, 'OPTIONS', {
      ...listed,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'quire-stream,quire-from,quire-read',
    })
    expect(status).toBe(204)
    expect(headers['access-control-allow-headers']).toBe(
      'Quire-Protocol,Quire-Stream,Quire-From,Quire-Read,Last-Event-ID,Authorization,Content-Type,Prefer',
    )
    expect(headers['access-control-max-age']).toBe('7200')
    expect(headers['access-control-allow-methods']).toContain('DELETE')
  })
})

describe('no answer', () => {
  it('[P31] is kept by anybody, refusals and the lack of a place included', async () => {
    await start({ edgeLimits: { sockets: 1, requestsPerMinute: 1 }, trustedProxies: ['127.0.0.1'] })
    const own = { 'X-Forwarded-For': '192.0.2.1' }
    const { name, say, down } = await open()
    const ask = (method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS', headers: Fields) =>
      requestStream(tests.fixture.port, method, { ...own, ...headers })
    const answers = [
      await say(0),
      await say(9),
      await ask('GET', FIRST),
      await ask('GET', {}),
      await ask('GET', comingBack('x', 0)),
      await ask('GET', comingBack('x', 0)),
      await ask('GET', { ...comingBack(name, 0), Origin: 'https://evil.example' }),
      await ask('OPTIONS', { Origin: 'https://evil.example' }),
      await ask('DELETE', bringing(name, 0)),
    ]
    expect(answers.map(({ status }) => status)).toEqual([
      204, 409, 503, 400, 410, 429, 403, 204, 204,
    ])
    for (const { headers } of [...answers, down.answer])
      expect(headers['cache-control']).toBe('no-store, no-transform')
  })
})

describe('a first request', () => {
  it('[P22] names what it speaks', async () => {
    await start()
    for (const headers of [{}, { 'Quire-Protocol': 'quire.v9' }])
      expect(await requestStream(tests.fixture.port, 'GET', headers)).toMatchObject({
        status: 400,
        body: 'this server speaks quire.v1: say so with Quire-Protocol\n',
      })
    expect(tests.fixture.stories).toEqual([])
  })

  it('is no WebSocket handshake', async () => {
    await start()
    const { port } = tests.fixture
    const headers = {
      ...FIRST,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expect((await requestStream(port, 'GET', headers)).status).toBe(400)
    expect(tests.fixture.stories).toEqual([])
  })
})

describe('an answer that is to end', () => {
  const wait = (seconds: number) => ({ Prefer: `wait=${seconds}` })

  it('[P37] ends when it has told something', async () => {
    await start()
    const opening = await requestStream(tests.fixture.port, 'GET', { ...FIRST, ...wait(20) })
    expect(opening.body).toMatch(/^event: opened\ndata: .*\n\n$/)
    const name = /"stream":"([^"]+)"/.exec(opening.body)?.[1] ?? ''
    const polling = requestStream(tests.fixture.port, 'GET', {
      ...wait(20),
      ...comingBack(name, 0),
    })
    await until(() => expect(tests.fixture.clock.pending()).toBe(2)) // beats, and the wait
    tests.fixture.stories[0]?.socket.send(Uint8Array.of(1) as Frame)
    expect((await polling).body).toBe(':\n\nid: 2\ndata: AQE=\n\n')
    await until(() => expect(tests.fixture.clock.pending()).toBe(2)) // the time to come back
  })

  it('[P37] ends when it has waited long enough, which is not for ever', async () => {
    await start()
    const { name } = await open()
    for (const [seconds, ms] of [
      [0, 0],
      [2, 2_000],
      [99_999, 11_000],
    ] as const) {
      const line = await listen(tests.fixture.port, { ...wait(seconds), ...comingBack(name, 0) })
      await until(() => expect(tests.fixture.clock.pending()).toBe(2)) // beats, and the wait
      tests.fixture.clock.advance(Math.max(0, ms - 1))
      await new Promise((resolve) => setTimeout(resolve, 20)) // for what should not happen
      expect(line.isOver()).toBe(ms === 0)
      tests.fixture.clock.advance(1)
      await until(() => expect(line.isOver()).toBe(true))
      expect(line.text().replaceAll(':\n\n', '')).toBe('')
    }
  })

  it('[P36] says the end as well', async () => {
    await start()
    const { name, story } = await open()
    const polling = requestStream(tests.fixture.port, 'GET', {
      ...wait(20),
      ...comingBack(name, 0),
    })
    await until(() => expect(tests.fixture.clock.pending()).toBe(2))
    story.socket.close(1013, 'later')
    expect((await polling).body).toContain('event: closed')
    await until(() => expect(story.closed).toEqual([{ code: 1013, reason: 'later' }]))
  })
})
