import { once } from 'node:events'
import { request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  concatBytes,
  EventReader,
  QUIRE_SUBPROTOCOL,
  streamFields,
  StreamedMessages,
  type Frame,
  type StreamEvent,
} from '@quire/shared'
import { Hono } from 'hono'
import { expect } from 'vitest'
import {
  createEventStreamEdge,
  type EventStreamEdge,
} from '../../edges/event-stream/event-stream-edge.ts'
import { defaultStreamLimits, type StreamLimits } from '../../edges/event-stream/limits.ts'
import { layOutFrame } from '../../edges/event-stream/stream-wire.ts'
import type { RefusedNewcomer } from '../../edges/websocket/arrivals.ts'
import { defaultEdgeLimits, type EdgeLimits } from '../../edges/websocket/limits.ts'
import type { Story } from '../../edges/websocket/testing/edge-fixture.ts'
import { manualClock, type ManualClock } from '../../edges/websocket/testing/manual-clock.ts'
import { until } from '../../edges/websocket/testing/until.ts'
import { createWebSocketEdge, type EdgeBindings } from '../../edges/websocket/web-socket-edge.ts'
import type { Socket } from '../../ports/socket.ts'
import { eventStreamRoutes } from '../event-stream.ts'

/** Event streams at `/stream` on a free port of this machine, whose listeners note what they are told. */
export interface StreamFixture {
  readonly port: number
  readonly server: Server
  readonly app: Hono<{ Bindings: EdgeBindings }>
  readonly streams: EventStreamEdge
  readonly clock: ManualClock
  readonly bugs: Error[]
  readonly refused: RefusedNewcomer[]
  /** One per stream, in the order they opened. */
  readonly stories: Story[]
  /** Ends it; throws what went wrong meanwhile: bugs, streams that never ended, timers that nobody took back. */
  stop(): Promise<void>
}

/** What a test may choose. */
export interface StreamFixtureOptions {
  readonly limits?: Partial<StreamLimits>
  readonly edgeLimits?: Partial<EdgeLimits>
  readonly allowedOrigins?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly maxBodyBytes?: number
  readonly readMs?: number
  /** What the owner does with a message beside noting it; absent: nothing. */
  readonly onMessage?: (message: Frame, socket: Socket) => void
  readonly onOpen?: (socket: Socket) => void
}

/** Listens. */
export const startStreams = async (options: StreamFixtureOptions = {}): Promise<StreamFixture> => {
  const clock = manualClock()
  const bugs: Error[] = []
  const refused: RefusedNewcomer[] = []
  const stories: Story[] = []
  const onBug = (error: Error): void => void bugs.push(error)
  const edge = createWebSocketEdge({
    limits: { ...defaultEdgeLimits, ...options.edgeLimits },
    clock,
    trustedProxies: options.trustedProxies ?? [],
    onRefused: (newcomer) => refused.push(newcomer),
    onBug,
  })
  const streams = createEventStreamEdge({
    limits: { ...defaultStreamLimits, ...options.limits },
    clock,
    arrivals: edge.arrivals,
    onBug,
  })
  const app = new Hono<{ Bindings: EdgeBindings }>()
  const routes = eventStreamRoutes({
    edge,
    streams,
    clock,
    allowedOrigins: options.allowedOrigins ?? [],
    maxBodyBytes: options.maxBodyBytes ?? 64 * 1024 * 1024,
    readMs: options.readMs ?? 60_000,
    open: (socket) => {
      const story: Story = { socket, messages: [], drains: 0, closed: [] }
      stories.push(story)
      options.onOpen?.(socket)
      return {
        message: (bytes) => {
          story.messages.push(bytes)
          options.onMessage?.(bytes as Frame, socket) // frames mean whatever a test means
        },
        drained: () => story.drains++,
        closed: (code, reason) => story.closed.push({ code, reason }),
      }
    },
  })
  app.route('/stream', routes)
  const server = edge.createServer(app.fetch)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  return {
    port,
    server,
    app,
    streams,
    clock,
    bugs,
    refused,
    stories,
    stop: async () => {
      const ended = once(server, 'close')
      server.close()
      const drained = streams.close({ code: 1001, reason: 'the test is over', graceMs: 1 })
      clock.advance(60_000)
      server.closeAllConnections()
      await Promise.all([drained, ended])
      if (bugs.length > 0) throw new AggregateError(bugs, 'bugs were reported')
      const left = { streams: streams.figures().streams, timers: clock.pending() }
      if (left.streams + left.timers > 0) throw new Error(`left: ${JSON.stringify(left)}`)
    },
  }
}

type Fields = Readonly<Record<string, string>>

/** What was answered to one request. */
export interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Makes a request, on a connection of its own. */
export const requestStream = async (
  port: number,
  method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS',
  headers: Fields,
  body?: Uint8Array,
): Promise<Answered> => {
  const asked = request({ port, method, headers, host: '127.0.0.1', path: '/stream', agent: false })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

/** An answer that is an event stream, as far as it has come. */
export interface Streaming {
  readonly answer: IncomingMessage
  readonly events: readonly StreamEvent[]
  /** The name in its first event; waits for it. */
  readonly name: () => Promise<string>
  /** The part of the stream downwards that has come on this answer. */
  readonly bytes: () => Uint8Array
  /** All that has come, beats included. */
  readonly text: () => string
  /** True once the answer has ended, as it should or not. */
  readonly isOver: () => boolean
  /** Cuts the connection, as a proxy may. */
  cut(): void
}

const FIRST = { [streamFields.protocol]: QUIRE_SUBPROTOCOL }

/** Opens a stream, or with other fields goes on with one; throws what it is refused with. */
export const listen = async (port: number, headers: Fields = FIRST): Promise<Streaming> => {
  const asked = request({ port, headers, host: '127.0.0.1', path: '/stream', agent: false }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await text(answer)}`)
  const reader = new EventReader()
  const events: StreamEvent[] = []
  let body = ''
  let isOver = false
  answer.on('data', (chunk: Buffer) => {
    body += chunk.toString()
    const came = reader.read(chunk)
    if (!came.ok) throw new Error(came.error)
    events.push(...came.value)
  })
  answer.on('error', () => undefined)
  answer.on('close', () => (isOver = true))
  return {
    answer,
    events,
    name: async () => {
      await until(() => expect(events[0]?.kind).toBe('opened'))
      return events[0]?.kind === 'opened' ? events[0].stream : ''
    },
    bytes: () =>
      concatBytes(events.flatMap((event) => (event.kind === 'bytes' ? [event.bytes] : []))),
    text: () => body,
    isOver: () => isOver,
    cut: () => answer.destroy(),
  }
}

/** The fields of a client that comes back. */
export const comingBack = (name: string, position: number): Fields => ({
  [streamFields.stream]: name,
  [streamFields.lastEvent]: String(position),
})

/** The fields of a request that brings something. */
export const bringing = (name: string, from: number, read = 0): Fields => ({
  [streamFields.stream]: name,
  [streamFields.from]: String(from),
  [streamFields.read]: String(read),
})

/** Messages as a stream has them. */
export const laidOut = (...messages: readonly (readonly number[])[]): Uint8Array =>
  concatBytes(messages.map((message) => layOutFrame(Uint8Array.from(message) as Frame)))

/** The messages in a stream. */
export const messagesIn = (bytes: Uint8Array): Uint8Array[] => {
  const reader = new StreamedMessages(2 ** 30)
  reader.take(bytes)
  const messages: Uint8Array[] = []
  for (let next = reader.next(); next !== null; next = reader.next()) messages.push(next)
  return messages
}
