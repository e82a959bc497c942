/* A server that stops sends its clients away in batches, and tells those who listen when to come back. */
import { connect } from '@quire/provider'
import { decodeNotice, encodeChannelRequest, encodeConnectionRequest } from '@quire/shared'
import { afterEach, expect, test } from 'vitest'
import { Doc } from 'yjs'
import { openRaw, type RawClient } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const CLIENTS = 2_000
/** What `QUIRE_MAX_DRAIN_MS` is by default, of which half of what is left for the disk is used for sending away. */
const DRAIN_MS = 8_000
const SENDING_MS = 3_000
/** How much later than it was told to a client may come back: the provider's own pause after less than 10 s on a line. */
const OWN_PAUSE_MS = 2_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const start = async (): Promise<ServerProcess> => {
  const server = await startServer()
  cleanups.push(server.remove)
  return server
}

const openMany = async <T>(count: number, open: (i: number) => Promise<T>): Promise<T[]> => {
  const opened: T[] = []
  for (let i = 0; i < count; i += 100)
    opened.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(100, count - i) }, (_, j) => open(i + j)),
      )),
    )
  return opened
}

test('two thousand sockets are closed over the time that there is for it, and the end is 0', async () => {
  const server = await start()
  const ends: { readonly ms: number; readonly code: number }[] = []
  const people = await openMany(CLIENTS, async (i) => {
    // half of them are at one document
    const person = await openRaw(`${server.yjsUrl}/${i % 2 === 0 ? 'all' : `few ${i % 200}`}`)
    person.socket.on('close', (code) => ends.push({ ms: performance.now(), code }))
    return person
  })
  cleanups.push(() => people.forEach(({ socket }) => socket.terminate()))
  const doc = new Doc()
  const writer = connect({ url: server.url, document: 'written', doc })
  cleanups.push(() => writer.close())
  await until('the writer is live', () => writer.state.kind === 'live')

  const stoppedAt = performance.now()
  doc.getText('body').insert(0, 'the last words')
  const code = await server.end('SIGTERM')
  const tookMs = performance.now() - stoppedAt
  await until('everybody has heard of it', () => ends.length === CLIENTS)

  expect(code).toBe(0)
  expect(tookMs).toBeLessThan(DRAIN_MS)
  expect(new Set(ends.map((end) => end.code))).toEqual(new Set([1012]))
  // at no time more than a fair part of them, however busy the machine is
  const tenths = ends.map(({ ms }) => Math.floor((10 * (ms - stoppedAt)) / SENDING_MS))
  const most = Math.max(
    ...[...new Set(tenths)].map((one) => tenths.filter((tenth) => tenth === one).length),
  )
  expect(new Set(tenths).size).toBeGreaterThan(5)
  expect(most).toBeLessThan(CLIENTS / 2)

  await server.restart()
  const fresh = new Doc()
  const reader = connect({ url: server.url, document: 'written', doc: fresh })
  cleanups.push(() => reader.close())
  await until(
    'what was written is there',
    () => fresh.getText('body').toJSON() === 'the last words',
  )
})

const hello = encodeConnectionRequest({ kind: 'hello', revision: 1, agent: 'test' })

/** A bare client of quire.v1 with a document open; remembers the pause that it is told. */
const openListener = async (server: ServerProcess, pauses: number[]): Promise<RawClient> => {
  const hear = (frame: Buffer): void => {
    const notice = decodeNotice(frame)
    if (notice.ok && notice.value.message.kind === 'farewell')
      pauses.push(notice.value.message.waitMs)
  }
  const url = `${server.url.replace('http', 'ws')}/sync`
  const client = await openRaw(url, hear, ['quire.v1'])
  client.socket.send(hello)
  client.socket.send(encodeChannelRequest(1, { kind: 'open', document: 'notes', token: null }))
  return client
}

test.each(['websocket', 'event-stream'] as const)(
  'whoever listens is told a pause of its own, and a provider by %s keeps it',
  async (transport) => {
    const server = await start()
    const pauses: number[] = []
    const crowd = 300
    const spreadMs = ((crowd + 1) / 150) * 1_000 // with the provider
    const people = await openMany(crowd, () => openListener(server, pauses))
    cleanups.push(() => people.forEach(({ socket }) => socket.terminate()))
    const doc = new Doc()
    const options = { url: server.url, document: 'notes', doc, transports: [transport] } as const
    const provider = connect(options)
    cleanups.push(() => provider.close())
    await until('it is live', () => provider.state.kind === 'live')
    let waitsUntil = 0
    let toldAt = 0
    provider.subscribe(() => {
      if (provider.state.kind !== 'waiting' || waitsUntil > 0) return
      toldAt = Date.now()
      waitsUntil = provider.state.until
      expect(provider.state.reason).toBe('the server restarts')
    })

    expect(await server.end('SIGTERM')).toBe(0)
    await server.restart()
    await until('it was told', () => waitsUntil > 0)
    expect(waitsUntil - toldAt).toBeLessThanOrEqual(spreadMs + OWN_PAUSE_MS + 50)
    await until('it is back', () => provider.state.kind === 'live')
    expect(Date.now()).toBeGreaterThanOrEqual(waitsUntil - 50)

    await until('all were told', () => pauses.length === crowd)
    const quarters = pauses.map((ms) => Math.floor((4 * ms) / spreadMs))
    const sizes = [0, 1, 2, 3].map((quarter) => quarters.filter((q) => q === quarter).length)
    // of 300 in quarters 75 are expected, and 30 or less have a chance under 10^-9
    expect(Math.min(...sizes)).toBeGreaterThan(30)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(crowd)
  },
)
