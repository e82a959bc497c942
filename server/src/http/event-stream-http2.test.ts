import { once } from 'node:events'
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createAdaptorServer } from '@hono/node-server'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EventReader, type Frame, type StreamEvent } from '@quire/shared'
import { until } from '../edges/websocket/testing/until.ts'
import { startStreams, type StreamFixture } from './testing/event-stream.ts'
import { bringing, comingBack, FIRST, laidOut, type Fields } from './testing/stream-client.ts'

/* The routes on an HTTP/2 server of an embedder: requests and answers of Node that are other classes. */

let fixture: StreamFixture
let server: ReturnType<typeof createAdaptorServer>
let session: ClientHttp2Session
beforeEach(async () => {
  fixture = await startStreams({
    onMessage: (message, socket) => socket.send(message),
    trustedProxies: ['127.0.0.1'],
  })
  const { app } = fixture
  server = createAdaptorServer({ fetch: app.fetch, createServer, overrideGlobalObjects: false })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  session = connect(`http://127.0.0.1:${port}`)
})
afterEach(async () => {
  const stopped = fixture.stop()
  session.close()
  server.close()
  await stopped
})

const ask = (method: string, fields: Fields): ClientHttp2Stream =>
  session.request({ ':path': '/stream', ':method': method, ...fields })

const listen = async (fields: Fields) => {
  const stream = ask('GET', fields)
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  const reader = new EventReader()
  const events: StreamEvent[] = []
  stream.on('data', (chunk: Buffer) => {
    const came = reader.read(chunk)
    if (came.ok) events.push(...came.value)
  })
  return { stream, headers, events }
}

const say = async (name: string, from: number, body: Uint8Array): Promise<number> => {
  const stream = ask('POST', bringing(name, from))
  stream.end(body)
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  await text(stream)
  return Number(headers[':status'])
}

it('[P31] [P32] [P33] goes both ways, is cut, and goes on', async () => {
  const fields = { ...FIRST, 'x-forwarded-for': '192.0.2.7' }
  const { stream, headers, events } = await listen(fields)
  expect([headers[':status'], headers['connection']]).toEqual([200, undefined])
  await until(() => expect(events.length).toBe(1))
  const name = events[0]?.kind === 'opened' ? events[0].stream : ''
  expect(fixture.stories[0]?.socket.address).toBe('192.0.2.7')
  expect(await say(name, 0, laidOut([1], [2]))).toBe(204)
  expect(await say(name, 5, laidOut([3]))).toBe(409)
  await until(() => expect(events.at(-1)).toMatchObject({ kind: 'bytes', end: 4 }))
  stream.close(constants.NGHTTP2_CANCEL)
  await until(() => expect(fixture.clock.pending()).toBe(2)) // beats, and the time to come back
  const again = await listen(comingBack(name, 2))
  await until(() =>
    expect(again.events).toEqual([{ kind: 'bytes', end: 4, bytes: Uint8Array.of(1, 2) }]),
  )
  fixture.stories[0]?.socket.close(4403, 'over')
  await until(() => expect(again.events.at(-1)).toMatchObject({ kind: 'closed', code: 4403 }))
  await until(() => expect(fixture.stories[0]?.closed).toEqual([{ code: 4403, reason: 'over' }]))
})

it('a reader that does not read is noticed', async () => {
  const { stream, events } = await listen(FIRST)
  await until(() => expect(events.length).toBe(1))
  const socket = fixture.stories[0]?.socket
  stream.pause()
  for (let i = 0; i < 4; i++) socket?.send(new Uint8Array(1024 * 1024) as Frame)
  await until(() => expect(socket?.queuedBytes()).toBeGreaterThan(2 * 1024 * 1024))
  stream.resume()
  await until(() => expect(events.at(-1)).toMatchObject({ end: 4 * (1024 * 1024 + 3) }))
})
