/* The proxies that Quire ships configurations for, as Debian has them, in front of a real server. */
import { networkInterfaces } from 'node:os'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { connect, type ConnectOptions } from '@quire/provider'
import { optionRows } from '@quire/server'
import WebSocket from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Doc } from 'yjs'
import { selfSigned } from '../../server/src/edges/websocket/testing/self-signed.ts'
import { missingFrom } from '../harness/contents.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { openRaw } from '../harness/raw-client.ts'
import {
  hasProxy,
  startProxy,
  type ProxyKind,
  type ReverseProxy,
} from '../harness/reverse-proxy.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openClient, TEXT } from '../harness/stock-client.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const KINDS: readonly ProxyKind[] = ['nginx', 'caddy']
const TEN_MB = 10_000_000
/** Quire pings four times in this, milliseconds; the proxy's own patience is no longer. */
const SILENCE_MS = 2_000
const HANDSHAKES = 5
const SECRET = 'eyJhbGciOiJIUzI1NiJ9.secret'

/** An address of this machine that is not loopback: whoever comes from it is counted. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

// one for all: of two authorities of one name only the first is looked at
const certificate = selfSigned('localhost')
setDefaultCACertificates([...getCACertificates(), certificate.cert])

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

for (const kind of KINDS)
  describe.skipIf(!hasProxy(kind))(`behind ${kind}`, () => {
    let server: ServerProcess
    let proxy: ReverseProxy

    beforeAll(async () => {
      server = await startServer({
        env: {
          QUIRE_TRUSTED_PROXIES: '127.0.0.1,::1',
          QUIRE_MAX_SILENCE_MS: String(SILENCE_MS),
          QUIRE_MAX_HANDSHAKES_PER_MINUTE: String(HANDSHAKES),
        },
      })
      const idleSeconds = SILENCE_MS / 1_000
      proxy = await startProxy(kind, { quirePort: server.port, certificate, idleSeconds })
    })
    afterAll(async () => {
      await proxy?.remove()
      await server?.remove()
    })

    const provide = (document: string, options: Partial<ConnectOptions> = {}) => {
      const doc = new Doc()
      const provider = connect({ url: proxy.url, document, doc, ...options })
      cleanups.push(() => provider.close())
      return { doc, text: doc.getText(TEXT), provider }
    }
    const stock = (document: string) => {
      const client = openClient(proxy, document)
      cleanups.push(client.close)
      return client
    }

    test('clients of all kinds write in one document, also 10 MB in one message', async () => {
      const webSocket = provide('kinds', { transports: ['websocket'] })
      const stream = provide('kinds', { transports: ['event-stream'] })
      const stockClient = stock('kinds')
      const people = [webSocket, stream, stockClient]
      await stockClient.synced()
      await until('all are live', () =>
        [webSocket, stream].every(({ provider }) => provider.state.kind === 'live'),
      )
      for (const [i, { text }] of [stockClient, stream].entries()) {
        text.insert(0, String(i).repeat(TEN_MB))
        const length = (i + 1) * TEN_MB
        await until(
          `10 MB of one have reached everybody`,
          () => people.every((person) => person.text.length === length),
          60_000,
        )
      }
      await until('it is saved', () => stream.provider.state.saved)
      expect(webSocket.text.toJSON() === stockClient.text.toJSON()).toBe(true)
    })

    test('a line on which nobody says anything outlives the patience of the proxy', async () => {
      const { socket, close } = await openRaw(`${proxy.yjsUrl}/idle`)
      cleanups.push(close)
      let pings = 0
      socket.on('ping', () => pings++)
      const openedAt = performance.now()
      await until('it was pinged for twice as long', () => pings >= 10)
      expect(performance.now() - openedAt).toBeGreaterThan(2 * SILENCE_MS)
      expect(socket.readyState).toBe(WebSocket.OPEN)
    })

    test(`a reload of the proxy and a restart of the server lose nothing, E2E_SEED=${seed}`, async () => {
      const people = [stock('reload'), stock('reload')]
      const own = provide('reload')
      const stream = provide('reload', { transports: ['event-stream'] })
      await Promise.all(people.map((person) => person.synced()))
      const random = randomFrom(seed)
      const typists = people.map((person) => typeInto(person, { random, pauseMs: 5 }))
      const typed = (strokes: number) => () => typists.every((typist) => typist.strokes >= strokes)
      await until('all type', typed(100))
      await proxy.reload()
      await until('all type on', typed(300))
      expect((await fetch(`${proxy.url}/health/ready`)).status).toBe(200)

      expect(await server.end('SIGTERM')).toBe(0)
      const meanwhile = await fetch(`${proxy.url}/yjs/logged?token=${SECRET}`)
      expect(meanwhile.status).toBe(502)
      const told = people.flatMap(({ wire }) => wire.closes.map(({ code }) => code))
      expect(told).toContain(1012)
      await until('all type without it', typed(350))
      await server.restart()
      await until('all type on with it', typed(500))
      for (const typist of typists) typist.stop()
      own.text.insert(0, 'Q')
      await until(
        'all have the same',
        () => {
          const texts = [...people, own, stream].map(({ text }) => text.toJSON())
          return texts[0]?.includes('Q') === true && texts.every((text) => text === texts[0])
        },
        60_000,
      )
      for (const { wire } of people) expect(missingFrom(own.doc, wire.acknowledged)).toBe(0)
      // what went wrong is logged, and not with what only its client may know
      await until('the proxy has logged it', () => proxy.log().includes('/yjs/logged'))
      expect(proxy.log()).not.toContain(SECRET)
    })

    test.runIf(ownAddress !== undefined)(
      'a client is known by its own address, whatever it says of others',
      async () => {
        const answers: number[] = []
        for (let i = 0; i <= HANDSHAKES; i++) {
          const socket = new WebSocket(`wss://${ownAddress}:${proxy.port}/yjs/who`, {
            rejectUnauthorized: false,
            headers: {
              'X-Forwarded-For': `203.0.113.${i}`,
              Forwarded: `for=203.0.113.${i}`,
              'X-Real-IP': `203.0.113.${i}`,
            },
          })
          cleanups.push(() => socket.terminate())
          answers.push(
            await new Promise((resolve) => {
              socket.once('open', () => resolve(101))
              socket.once('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode))
              socket.once('error', () => resolve(0))
            }),
          )
        }
        expect(answers).toEqual([...Array(HANDSHAKES).fill(101), 429])
        const told = `"address":"${ownAddress}"`
        await until('the log tells of it', () => server.log().includes(told))
        expect(server.log()).not.toContain('203.0.113.')
      },
    )

    test('a body as large as Quire takes passes, and no larger one', async () => {
      const { fallback } = optionRows.find(({ key }) => key === 'maxApiBodyBytes') ?? {
        fallback: '',
      }
      const post = async (bytes: number): Promise<number> => {
        const response = await fetch(`${proxy.url}/api/v1/documents`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ name: `of ${bytes} bytes` }).padEnd(bytes),
        })
        await response.arrayBuffer()
        return response.status
      }
      const largest = Number(fallback)
      expect(await post(largest)).toBe(201)
      expect(await post(largest + 1)).toBe(413)
    })
  })
