/* Quire's own client where WebSockets do not get through: what stands between may be worse than that. */
import { connect, type Connected } from '@quire/provider'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { Doc } from 'yjs'
import { startHttpProxy, type HttpProxyOptions } from '../harness/http-proxy.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { TEXT } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'

const PATIENCE_MS = 60_000
const LARGE = 3 * 1024 * 1024

let server: ServerProcess
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.remove())

let documents = 0

/** Two clients of one document: one behind the proxy, one beside it. */
const meet = async ({ onTestFinished }: TestContext, options: HttpProxyOptions) => {
  const proxy = await startHttpProxy(server.port, options)
  onTestFinished(() => proxy.close())
  const document = `blocked ${documents++}`
  const open = (url: string): Connected => {
    const provider = connect({ url, document, doc: new Doc() })
    onTestFinished(() => provider.close())
    return provider
  }
  const [behind, beside] = [open(proxy.url), open(server.url)]
  await until(
    'both are live',
    () => [behind, beside].every(({ state }) => state.kind === 'live'),
    PATIENCE_MS,
  )
  return { proxy, behind, beside }
}
const textOf = ({ doc }: Connected): string => doc.getText(TEXT).toJSON()
const type = ({ doc }: Connected, text: string): void => doc.getText(TEXT).insert(0, text)
const same = (one: Connected, other: Connected): Promise<void> =>
  until('both have the same', () => textOf(one) === textOf(other), PATIENCE_MS)

/** What has to work whatever stands between. */
const writeTogether = async ({ behind, beside }: { behind: Connected; beside: Connected }) => {
  for (let i = 0; i < 50; i++) {
    type(behind, 'a')
    type(beside, 'b')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await same(behind, beside)
  behind.presence?.setLocalState({ name: 'ann' })
  await until('she is seen', () =>
    [...(beside.presence?.getStates().values() ?? [])].some((state) => state['name'] === 'ann'),
  )
  expect(await behind.flush()).toEqual({ ok: true })
  expect(textOf(beside).length).toBe(100)
}

const blocked: readonly (readonly [string, HttpProxyOptions])[] = [
  ['refuses WebSockets', { webSockets: 'refuse' }],
  ['lets WebSockets hang', { webSockets: 'hang' }],
  ['speaks HTTP/2 behind itself', { webSockets: 'refuse', usesHttp2: true }],
  ['hands requests on when they are whole', { webSockets: 'refuse', buffersRequests: true }],
  ['cuts every answer after a second', { webSockets: 'refuse', cutAfterMs: 1_000 }],
  [
    'cuts every answer after a second, over HTTP/2',
    { webSockets: 'refuse', cutAfterMs: 1_000, usesHttp2: true },
  ],
  ['takes no bodies over 10,000 bytes', { webSockets: 'refuse', bodyBytes: 10_000 }],
  ['hands answers on when they are whole', { webSockets: 'refuse', buffersAnswers: true }],
]

// most of their time they wait for what stands between
describe.concurrent.each(blocked)('behind a proxy that %s', (_, options) => {
  it(
    'two write together, see each other, and know what is saved',
    { timeout: 180_000 },
    async (test) => {
      const { proxy, behind, beside } = await meet(test, options)
      await writeTogether({ behind, beside })
      type(behind, 'x'.repeat(LARGE))
      await same(behind, beside)
      type(beside, 'y'.repeat(LARGE))
      await same(behind, beside)
      expect(await behind.flush()).toEqual({ ok: true })
      expect(textOf(behind).length).toBe(100 + 2 * LARGE)
      expect(proxy.asked.handshakes).toBeGreaterThan(0)
      expect(proxy.asked.posts).toBeGreaterThan(0)
      // what is cut goes on; only where nothing comes before the end another way is tried
      expect(proxy.asked.openings).toBeLessThanOrEqual(options.buffersAnswers === true ? 3 : 1)
    },
  )
})

it('behind a proxy that cuts what is open, goes where that does not hurt', async (test) => {
  const met = await meet(test, { webSockets: 'cut', cutAfterMs: 1_000 })
  const { proxy, behind } = met
  await until('it speaks by requests', () => proxy.asked.posts > 0, PATIENCE_MS)
  expect(proxy.asked.handshakes).toBe(3)
  await until('it is live', () => behind.state.kind === 'live', PATIENCE_MS)
  await writeTogether(met)
})

it('goes back to a WebSocket once it gets through, with nothing lost', async (test) => {
  const { proxy, behind, beside } = await meet(test, { webSockets: 'refuse' })
  type(behind, 'over requests ')
  await same(behind, beside)
  expect(proxy.webSockets.size).toBe(0)
  proxy.setWebSockets('pass')
  let typed = 0
  await until(
    'it is on a WebSocket, and has said what it was told meanwhile',
    () => {
      type(behind, `${typed++} `)
      return proxy.webSockets.size === 1 && behind.state.kind === 'live'
    },
    PATIENCE_MS,
  )
  expect(await behind.flush()).toEqual({ ok: true })
  await same(behind, beside)
  expect(proxy.webSockets.size).toBe(1)
  const { posts } = proxy.asked
  type(behind, 'over the WebSocket ')
  expect(await behind.flush()).toEqual({ ok: true })
  await same(behind, beside)
  expect(proxy.asked.posts).toBe(posts)
})

it('a client may be told which ways to use', async ({ onTestFinished }) => {
  const proxy = await startHttpProxy(server.port, { webSockets: 'pass' })
  onTestFinished(() => proxy.close())
  const plan = { url: proxy.url, document: 'chosen', doc: new Doc() }
  for (const transport of ['event-stream', 'polling'] as const) {
    const provider = connect({ ...plan, transports: [transport] })
    await until('it is live', () => provider.state.kind === 'live')
    provider.close()
  }
  expect(proxy.asked.handshakes).toBe(0)
  const wrong = ['telegraph'] as unknown as readonly ['polling']
  expect(() => connect({ ...plan, transports: wrong })).toThrow('"telegraph" is no transport')
  const none = [] as unknown as readonly ['polling']
  expect(() => connect({ ...plan, transports: none })).toThrow('no transport')
})
