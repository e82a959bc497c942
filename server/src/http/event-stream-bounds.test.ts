import { once } from 'node:events'
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { PATIENCE_MS, until } from '../edges/websocket/testing/until.ts'
import { streamsOfTests } from './testing/event-stream.ts'
import {
  bringing,
  comingBack,
  FIRST,
  laidOut,
  listen,
  requestStream,
} from './testing/stream-client.ts'

const tests = streamsOfTests()
const { start, open } = tests

/** A request whose body does not come to its end. */
const begin = async (name: string, at: number, part: Uint8Array) => {
  const { port } = tests.fixture
  const headers = { ...bringing(name, at), 'Content-Length': String(part.length + 1_000) }
  const asked = request({ port, method: 'POST', path: '/stream', headers, agent: false })
  asked.on('error', () => undefined)
  const status = statusOf(asked).catch(() => null)
  await new Promise((resolve) => asked.write(part, resolve))
  return { status, cut: () => asked.destroy() }
}

const statusOf = async (asked: ClientRequest): Promise<readonly [number | undefined, string]> => {
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return [answer.statusCode, await text(answer)]
}

/** Says it until it is answered so. */
const eventually = (status: number, say: () => Promise<{ readonly status: number }>) =>
  vi.waitFor(async () => expect((await say()).status).toBe(status), {
    timeout: PATIENCE_MS / 2,
    interval: 5,
  })

const from = (address: string) => ({ 'X-Forwarded-For': address })
const behindProxy = { trustedProxies: ['127.0.0.1'] } as const

describe('places', () => {
  it('are those of WebSockets: of the server, and of an address', async () => {
    await start({ ...behindProxy, edgeLimits: { sockets: 3, socketsPerAddress: 2 } })
    const one = await open(from('192.0.2.1'))
    await open(from('192.0.2.1'))
    await expect(open(from('192.0.2.1'))).rejects.toThrow('429: your address has 2 sessions')
    await open(from('192.0.2.2'))
    await expect(open(from('192.0.2.3'))).rejects.toThrow('503: the server has 3 sessions')
    expect(tests.fixture.refused.map(({ bound, of }) => [bound, of])).toEqual([
      ['sockets', 'address'],
      ['sockets', 'server'],
    ])
    one.story.socket.terminate()
    await until(() => expect(tests.fixture.streams.figures().streams).toBe(2))
    await open(from('192.0.2.3'))
  })

  it('a first request counts as a handshake, and none of the others do', async () => {
    await start({
      ...behindProxy,
      edgeLimits: { handshakesPerMinute: 2, requestsPerMinute: 1 },
    })
    const { name, say, down } = await open(from('192.0.2.1'))
    for (let i = 0; i < 5; i++) {
      expect((await say(0)).status).toBe(204)
      await listen(tests.fixture.port, { ...from('192.0.2.1'), ...comingBack(name, 0) })
    }
    await until(() => expect(down.isOver()).toBe(true))
    await open(from('192.0.2.1'))
    await expect(open(from('192.0.2.1'))).rejects.toThrow('429: your address may open 2 sessions')
  })

  it('whoever does not know a name is counted as one who asks for anything', async () => {
    await start({ ...behindProxy, edgeLimits: { requestsPerMinute: 2 } })
    const guess = async (method: 'GET' | 'POST' | 'DELETE') =>
      (
        await requestStream(tests.fixture.port, method, {
          ...from('192.0.2.1'),
          ...bringing('x', 0),
        })
      ).status
    expect([await guess('GET'), await guess('POST'), await guess('DELETE')]).toEqual([
      410, 410, 429,
    ])
  })

  it('what a session says comes over connections that are no newcomers any more', async () => {
    await start({ edgeLimits: { handshakes: 1, sockets: 2 } })
    const { name, say } = await open()
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true }))
    const sayOver = async (agent: Agent, stream: string): Promise<number | undefined> => {
      const headers = { ...bringing(stream, 0), 'Content-Length': '0' }
      const { port } = tests.fixture
      const asked = request({ port, method: 'POST', path: '/stream', headers, agent }).end()
      return (await statusOf(asked))[0]
    }
    for (const agent of agents) expect(await sayOver(agent, name)).toBe(204)
    // two for each socket, of which one hears; the fourth is a newcomer, and takes the only place of one
    expect((await say(0)).status).toBe(503)
    for (const agent of agents) agent.destroy()
    await eventually(204, () => say(0))
  })

  it('a connection that outlives the streams it has opened counts as long as it is there', async () => {
    await start({ edgeLimits: { handshakes: 3, sockets: 1 } })
    let answering = 0
    tests.fixture.server.on('request', (_, outgoing) => {
      answering++
      outgoing.once('close', () => answering--)
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const agents = [agent]
    const openOver = async (own: Agent): Promise<number | undefined> => {
      const headers = { ...FIRST, Prefer: 'wait=0' }
      const asked = request({
        port: tests.fixture.port,
        path: '/stream',
        headers,
        agent: own,
      }).end()
      const [status] = await statusOf(asked)
      if (status !== 200) return status
      await until(() => expect(answering).toBe(0)) // or its connection ends with the stream
      tests.fixture.stories.at(-1)?.socket.terminate()
      await until(() => expect(tests.fixture.streams.figures().streams).toBe(0))
      return status
    }
    for (let i = 0; i < 10; i++) expect(await openOver(agent)).toBe(200)
    // two that carry a session, and three that do not
    for (let i = 1; i < 5; i++) {
      const another = new Agent({ keepAlive: true })
      agents.push(another)
      expect(await openOver(another)).toBe(200)
    }
    expect(await openOver(new Agent())).toBe(503)
    expect(tests.fixture.refused.map(({ bound, of }) => [bound, of])).toEqual([
      ['handshakes', 'server'],
    ])
    for (const one of agents) one.destroy()
  })

  it('a stream makes no more than so many requests a second', async () => {
    await start({ limits: { requestsPerSecond: 5 } })
    const { say, story } = await open()
    for (let i = 0; i < 10; i++) expect((await say(0)).status).toBe(204)
    const refused = await say(0, laidOut([1]))
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(story.messages).toEqual([])
    tests.fixture.clock.advance(1_000)
    expect((await say(0, laidOut([1]))).status).toBe(204)
  })
})

describe('what comes up', () => {
  it('is refused where a request brings too much at once', async () => {
    await start({ limits: { postBytes: 10 } })
    const { say, story } = await open()
    expect((await say(0, new Uint8Array(11))).status).toBe(413)
    expect((await say(0, laidOut([1, 2, 3]))).status).toBe(204)
    expect(story.messages.length).toBe(1)
  })

  it('[P30] ends the stream with a message that is over the limit', async () => {
    await start({ limits: { messageBytes: 10 } })
    const { say, down, story } = await open()
    expect((await say(0, laidOut(Array.from({ length: 11 }, () => 1)))).status).toBe(410)
    await until(() => expect(story.closed[0]?.code).toBe(1009))
    await until(() => expect(down.isOver()).toBe(true))
    expect(down.events.at(-1)).toEqual({
      kind: 'closed',
      code: 1009,
      reason: 'a message of 11 bytes or more, limit 10',
    })
  })

  it('finds room in what all requests together may hold', async () => {
    await start({ maxBodyBytes: 2_000, limits: { messageBytes: 1_000 } })
    const one = await open()
    const other = await open()
    const held = await begin(one.name, 0, laidOut(Array.from({ length: 900 }, () => 1)))
    const heldToo = await begin(other.name, 0, laidOut(Array.from({ length: 900 }, () => 1)))
    const third = await open()
    const say = () => third.say(0, laidOut(Array.from({ length: 800 }, () => 1)))
    await eventually(503, say)
    held.cut()
    heldToo.cut()
    await eventually(204, say)
    expect(third.story.messages.length).toBe(1)
  })

  it('takes room for a message that has come in part, until the rest has come', async () => {
    await start({ maxBodyBytes: 14_000, limits: { messageBytes: 10_000, postBytes: 7_000 } })
    const large = laidOut(Array.from({ length: 9_000 }, () => 1))
    const one = await open()
    expect((await one.say(0, large.subarray(0, 4_000))).status).toBe(204)
    const other = await open()
    expect((await other.say(0, large.subarray(0, 6_500))).status).toBe(503)
    expect((await other.say(0, laidOut([1]))).status).toBe(204)
    expect((await one.say(4_000, large.subarray(4_000, 8_500))).status).toBe(204)
    expect((await one.say(8_500, large.subarray(8_500))).status).toBe(204)
    expect((await other.say(2, large.subarray(0, 4_000))).status).toBe(204)
    expect([one, other].map(({ story }) => story.messages.length)).toEqual([1, 1])
  })

  it('ends a stream for whose message there is no room', async () => {
    await start({ maxBodyBytes: 10_000, limits: { messageBytes: 20_000, postBytes: 5_000 } })
    const large = laidOut(Array.from({ length: 19_000 }, () => 1))
    const one = await open()
    for (let at = 0; at < 8_000; at += 4_000) await one.say(at, large.subarray(at, at + 4_000))
    await one.say(8_000, large.subarray(8_000, 12_000))
    const other = await open()
    await other.say(0, laidOut([1]))
    await until(() => expect([one.story.closed[0]?.code, other.story.closed]).toEqual([1013, []]))
  })

  it('has a least pace: of a request, and of a message over requests', async () => {
    await start({ readMs: 3_000, limits: { readMs: 8_000 } })
    const { name, say, story, down } = await open()
    const slow = await begin(name, 0, laidOut([1, 2, 3]).subarray(0, 2))
    await until(() => expect(tests.fixture.clock.pending()).toBe(2))
    tests.fixture.clock.advance(3_000)
    expect(await slow.status).toEqual([408, expect.stringContaining('3000 ms')])
    expect((await say(0, laidOut([1, 2, 3]).subarray(0, 2))).status).toBe(204)
    for (let i = 0; i < 3; i++) {
      expect((await say(2)).status).toBe(204)
      tests.fixture.clock.advance(5_500)
    }
    await until(() => expect(down.isOver()).toBe(true))
    expect(story.closed).toEqual([{ code: 1013, reason: 'a message took over 8000 ms' }])
  })

  it('[P32] a newer request ends one that does not come to its end', async () => {
    await start()
    const { name, say, story } = await open()
    const body = laidOut([1, 2, 3], [4])
    const hanging = await begin(name, 0, body.subarray(0, 2))
    await until(() => expect(tests.fixture.clock.pending()).toBe(2))
    expect((await say(0, body)).status).toBe(204)
    expect(await hanging.status).toEqual([503, 'this body is not needed any more\n'])
    expect(story.messages.length).toBe(2)
  })

  it('a request that ends early says nothing', async () => {
    await start()
    const { name, say, story } = await open()
    const hanging = await begin(name, 0, laidOut([1], [2]))
    await until(() => expect(tests.fixture.clock.pending()).toBe(2))
    hanging.cut()
    await until(() => expect(tests.fixture.clock.pending()).toBe(1))
    expect(story.messages).toEqual([])
    expect((await say(0, laidOut([1], [2]))).status).toBe(204)
    expect(story.messages.length).toBe(2)
  })

  it.each([
    [{ 'Quire-From': '0' }, 'Quire-Read is no position that the stream has come to\n'],
    [
      { 'Quire-From': '0', 'Quire-Read': '1' },
      'Quire-Read is no position that the stream has come to\n',
    ],
    [{ 'Quire-Read': '0' }, 'Quire-From is no position\n'],
    [{ 'Quire-From': '-1', 'Quire-Read': '0' }, 'Quire-From is no position\n'],
  ])('is refused with %j', async (fields, problem) => {
    await start()
    const { name, story } = await open()
    const headers = { 'Quire-Stream': name, ...fields }
    const answered = await requestStream(tests.fixture.port, 'POST', headers, laidOut([1]))
    expect([answered.status, answered.body]).toEqual([400, problem])
    expect(story.messages).toEqual([])
  })
})
