import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Frame } from '@quire/shared'
import { Hono } from 'hono'
import { afterEach } from 'vitest'
import {
  createEventStreamEdge,
  type EventStreamEdge,
} from '../../edges/event-stream/event-stream-edge.ts'
import { defaultStreamLimits, type StreamLimits } from '../../edges/event-stream/limits.ts'
import type { RefusedNewcomer } from '../../edges/websocket/arrivals.ts'
import { defaultEdgeLimits, type EdgeLimits } from '../../edges/websocket/limits.ts'
import type { Story } from '../../edges/websocket/testing/edge-fixture.ts'
import { manualClock, type ManualClock } from '../../edges/websocket/testing/manual-clock.ts'
import type { EdgeBindings } from '../../edges/websocket/edge-bindings.ts'
import { createWebSocketEdge } from '../../edges/websocket/web-socket-edge.ts'
import type { Socket } from '../../ports/socket.ts'
import { eventStreamRoutes } from '../event-stream.ts'
import { bringing, FIRST, listen, requestStream, type Fields } from './stream-client.ts'

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
    isTls: false,
    isOpen: false,
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

/** Opens one more stream; what it is refused with is thrown. */
export const openStream = async ({ port, stories }: StreamFixture, fields: Fields = {}) => {
  const down = await listen(port, { ...FIRST, ...fields })
  const name = await down.name()
  const story = stories.at(-1)
  if (story === undefined) throw new Error('no stream was opened')
  const say = (from: number, body: Uint8Array = new Uint8Array(), read = 0) =>
    requestStream(port, 'POST', { ...fields, ...bringing(name, from, read) }, body)
  return { down, name, story, say }
}

/** The streams of a file's tests, each of which starts its own; they are ended behind it. */
export const streamsOfTests = () => {
  let fixture: StreamFixture | null = null
  const started = (): StreamFixture => {
    if (fixture === null) throw new Error('this test has started no streams')
    return fixture
  }
  afterEach(async () => {
    await started().stop()
    fixture = null
  })
  return {
    start: async (options: StreamFixtureOptions = {}): Promise<StreamFixture> => {
      fixture = await startStreams(options)
      return fixture
    },
    open: (fields: Fields = {}) => openStream(started(), fields),
    get fixture() {
      return started()
    },
  }
}
