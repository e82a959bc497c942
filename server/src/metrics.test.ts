/* The figures of a server on a port, as a scraper reads them. */
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import WebSocket from 'ws'
import { createJwtAuth } from './auth/jwt.ts'
import { readConfig } from './config.ts'
import { createQuire, memoryStorage, openAuth, serve } from './index.ts'
import { Scrape } from './observe/testing/scrape.ts'
import type { Auth } from './ports/auth.ts'
import type { Storage } from './ports/storage.ts'
import { until } from './runtime/testing/server.ts'
import { createMemoryStorage } from './storage/memory.ts'
import { withWeather } from './storage/testing/weather.ts'

const SECRET = 'a secret of more than thirty-two bytes'

const tokenOf = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))

const start = async (
  parts: {
    readonly auth?: Auth
    readonly storage?: Storage
    readonly options?: Readonly<Record<string, string>>
  } = {},
) => {
  const config = readConfig({ port: '0', maxDrainMs: '1000', ...parts.options }, {})
  if (!config.ok) throw new Error(config.error.join())
  const storage = parts.storage ?? memoryStorage()
  const auth = parts.auth ?? openAuth
  const server = await serve(config.value, { auth, storage, observe: { event: () => undefined } })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(async () => void (await server.value.close()))
  const { url } = server.value
  return {
    url,
    scrape: async () => new Scrape(await (await fetch(`${url}/metrics`)).text()),
    /** Somebody with y-websocket's own client. */
    connect: (name: string, token?: string) => {
      const doc = new Y.Doc()
      const params: Record<string, string> = token === undefined ? {} : { token }
      const provider = new WebsocketProvider(`${url.replace('http', 'ws')}/yjs`, name, doc, {
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, // the same, of npm
        disableBc: true,
        params,
      })
      onTestFinished(() => provider.destroy())
      return { doc, provider, type: (text: string) => doc.getText('text').insert(0, text) }
    },
  }
}

describe('a scrape', () => {
  it('says what people wrote, and where it is', async () => {
    const { scrape, connect } = await start()
    const [ann, ben] = [connect('notes'), connect('notes')]
    await until('both are in', () => ann.provider.synced && ben.provider.synced)
    let bytes = 0
    ann.doc.on('update', (update: Uint8Array) => (bytes += update.length))
    for (const text of ['one', 'two', 'three', 'four', 'five']) ann.type(text)
    await until('it has arrived', () => ben.doc.getText('text').length === 19)
    let figures = await scrape()
    while (figures.value('quire_committed_updates_total') < 5) figures = await scrape()
    const family = 'y-websocket'
    expect(figures.value('quire_updates_total', { family })).toBe(5)
    expect(figures.value('quire_update_bytes_total')).toBe(bytes)
    expect(figures.value('quire_committed_bytes_total')).toBe(bytes)
    expect(figures.value('quire_delivered_bytes_total')).toBe(bytes) // to one
    expect(figures.value('quire_relay_seconds')).toBe(figures.value('quire_deliveries_total'))
    expect(figures.value('quire_commit_seconds')).toBeGreaterThan(0)
    expect(figures.value('quire_sessions', { family, transport: 'websocket' })).toBe(2)
    expect(figures.value('quire_connections', { transport: 'websocket' })).toBe(2)
    expect(figures.value('quire_open_documents')).toBe(1)
    expect(figures.value('quire_unsaved_bytes')).toBe(0)
    expect(figures.value('quire_oldest_unsaved_seconds')).toBe(0)
    expect(figures.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
    expect(figures.value('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0)
    ann.provider.destroy()
    ben.provider.destroy()
    while (figures.value('quire_sessions') > 0) figures = await scrape()
    expect(figures.value('quire_joins_total')).toBe(2)
  })

  it('says what fails, how much waits and since when', async () => {
    const weather = withWeather(createMemoryStorage())
    const { scrape, connect, url } = await start({ storage: weather.storage })
    const ann = connect('notes')
    await until('she is in', () => ann.provider.synced)
    const before = Date.now()
    weather.fail('append', { kind: 'full', message: 'the disk is full' }, Infinity)
    ann.type('kept')
    let figures = await scrape()
    while (figures.value('quire_failing_documents') === 0) figures = await scrape()
    expect(figures.value('quire_storage_errors_total', { operation: 'append' })).toBeGreaterThan(0)
    expect(figures.value('quire_unsaved_bytes')).toBeGreaterThan(0)
    const age = figures.value('quire_oldest_unsaved_seconds')
    expect(age).toBeGreaterThan(0)
    expect(age).toBeLessThanOrEqual((Date.now() - before + 1) / 1000)

    const ready = await fetch(`${url}/health/ready`)
    const { reason, parts } = (await ready.json()) as { reason: string; parts: { since: string }[] }
    expect([ready.status, reason]).toEqual([
      503,
      expect.stringContaining('writes of 1 document fail'),
    ])
    expect(parts).toEqual([
      { part: 'storage', status: 'ill', since: expect.any(String) as unknown, reason },
      { part: 'documents', status: 'well' },
      { part: 'places', status: 'well' },
      { part: 'login-keys', status: 'well' },
    ])
    const since = Date.parse(parts[0]?.since ?? '')
    expect(since).toBeGreaterThanOrEqual(before)
    expect(since).toBeLessThanOrEqual(Date.now())

    weather.heal('append')
    while (figures.value('quire_unsaved_bytes') > 0) figures = await scrape()
    expect(figures.value('quire_failing_documents')).toBe(0)
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      status: 'ready',
      parts: [{ part: 'storage', status: 'well' }, {}, {}, {}],
    })
  })

  it('has all others log in, however many ask whose login takes long to judge', async () => {
    let judged = 0
    const slow: Auth = {
      ...openAuth,
      authorizeOperations: () => {
        judged++
        return new Promise(() => undefined)
      },
    }
    const { url } = await start({ auth: slow, options: { maxLogins: '20' } })
    const over = new AbortController()
    onTestFinished(() => over.abort())
    const asking = Array.from({ length: 40 }, async () => {
      const { status } = await fetch(`${url}/metrics`, { signal: over.signal })
      return status
    })
    expect(await Promise.race(asking)).toBe(503)
    expect((await fetch(`${url}/api/v1/documents`)).status).toBe(200)
    expect(judged).toBeGreaterThan(0)
    over.abort()
    await Promise.allSettled(asking)
  })

  it('counts who was not let in, by family and reason, and names nobody', async () => {
    const auth = createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') })
    const { url, connect } = await start({ auth })
    connect('secret-notes', 'no-token-at-all')
    connect('secret-notes', await tokenOf({ sub: 'mallory', docs: [] }))
    const token = await tokenOf({ operations: 'read' })
    const text = async () =>
      (await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${token}` } })).text()
    let scraped = await text()
    const count = (denial: string) => {
      const figures = new Scrape(scraped)
      const has = figures.families.get('quire_denials_total')?.metrics.length !== 0
      return has ? figures.value('quire_denials_total', { family: 'y-websocket', denial }) : 0
    }
    while (count('unauthorized') === 0 || count('forbidden') === 0) scraped = await text()
    expect(scraped).not.toMatch(/secret-notes|mallory/)
  })

  it('names each figure with its unit, and says what it is', async () => {
    const { scrape } = await start()
    const { families } = await scrape()
    const UNIT = /_(total|seconds|bytes|documents|sessions|connections|entries|servers|info)$/
    const own = [...families.values()].filter(({ name }) => name.startsWith('quire_'))
    expect(own.length).toBeGreaterThan(30)
    for (const { name, help, type } of own) {
      expect(name).toMatch(UNIT)
      expect(help).toMatch(/^[A-Z0-9].{10,}\.$/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'COUNTER'])
    }
  })

  it('is of one server alone, of two in a process', async () => {
    const [one, other] = [await start(), await start()]
    const ann = one.connect('notes')
    await until('she is in', () => ann.provider.synced)
    expect((await one.scrape()).value('quire_sessions')).toBe(1)
    const figures = await other.scrape()
    expect(figures.value('quire_open_documents')).toBe(0)
    expect(figures.families.get('quire_sessions')?.metrics ?? []).toEqual([])
  })
})

describe('who may scrape', () => {
  const jwt = createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') })
  const docs = [{ name: '*', access: 'write' }]

  it.each([
    ['nobody without a token', undefined, 401],
    ['nobody with a token of documents', { docs }, 403],
    ['who may read', { operations: 'read' }, 200],
    ['who may write', { sub: 'ann', operations: 'write' }, 200],
    ['nobody by a claim of another kind', { operations: true }, 401],
  ])('%s', async (_, claims, status) => {
    const { url } = await start({ auth: jwt })
    const token = claims === undefined ? null : await tokenOf(claims)
    const headers: Record<string, string> =
      token === null ? {} : { Authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/metrics`, { headers })
    const type = status === 200 ? /^text\/plain; version=0\.0\.4/ : /^application\/problem\+json/
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      expect.stringMatching(type),
    ])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    if (token === null) return
    const inQuery = await fetch(`${url}/metrics?token=${token}`)
    expect(inQuery.status).toBe(status)
  })

  it('of an open server whoever reaches it by an address, and no page of another site', async () => {
    const { url } = await start()
    const ask = async (headers: Record<string, string>) => {
      const asked = request(`${url}/metrics`, { headers }).end()
      const [answer] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }]
      answer.resume()
      return answer.statusCode
    }
    expect(await ask({})).toBe(200)
    expect(await ask({ Host: 'evil.example' })).toBe(403)
    expect(await ask({ Origin: 'https://evil.example' })).toBe(403)
  })

  it('is not held to the rate of requests', async () => {
    const { url } = await start()
    for (let i = 0; i < 20; i++) expect((await fetch(`${url}/metrics`)).status).toBe(200)
    expect((await fetch(`${url}/metrics`)).headers.get('ratelimit')).toBeNull()
  })

  it('embedded, below the base path, whom a function of the program lets', async () => {
    const quire = createQuire({
      storage: memoryStorage(),
      authorize: () => ({ access: 'write', user: 'ann' }),
      authorizeOperations: ({ token, request: asked }) =>
        token === 'scraper' && asked?.address === '127.0.0.1'
          ? { access: 'read', user: null }
          : { deny: 'forbidden', message: 'not you' },
      basePath: '/collab',
    })
    const server = createServer((asked, answer) => {
      if (!quire.handle(asked, answer)) answer.writeHead(404).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(async () => {
      await quire.close()
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo // TCP: not a pipe
    const url = `http://127.0.0.1:${port}`
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    expect((await fetch(`${url}/collab/metrics`)).status).toBe(403)
    const scraped = await fetch(`${url}/collab/metrics?token=scraper`)
    expect(new Scrape(await scraped.text()).value('quire_open_documents')).toBe(0)
  })
})
