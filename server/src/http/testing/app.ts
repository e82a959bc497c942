import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createEventStreamEdge,
  type EventStreamEdge,
} from '../../edges/event-stream/event-stream-edge.ts'
import { defaultStreamLimits, type StreamLimits } from '../../edges/event-stream/limits.ts'
import { defaultEdgeLimits, type EdgeLimits } from '../../edges/websocket/limits.ts'
import { createWebSocketEdge } from '../../edges/websocket/web-socket-edge.ts'
import type { Auth } from '../../ports/auth.ts'
import type { Observe, QuireEvent } from '../../ports/observe.ts'
import { METRICS_TYPE } from '../../observe/metrics.ts'
import { HealthWatch } from '../../runtime/health-watch.ts'
import { systemClock } from '../../runtime/system-clock.ts'
import type { ConnectionLimits } from '../../runtime/multiplexed.ts'
import { OperationsFeed } from '../../observe/operations-feed.ts'
import { assembleOperations } from '../../operations-assembly.ts'
import {
  startTestServer,
  testLimits,
  testServerLimits,
  type TestServer,
} from '../../runtime/testing/server.ts'
import { WholeDocuments } from '../../runtime/whole-documents.ts'
import { AnswerRoom } from '../answer-room.ts'
import { createApp } from '../app.ts'
import { ByteBudget, sharedBytes } from '../byte-budget.ts'

const MIB = 1024 * 1024

/** The routes on a free port of this machine. */
export interface TestApp {
  readonly url: string
  readonly server: TestServer
  readonly streams: EventStreamEdge
  /** What the routes reported; the rooms report to `server`. */
  readonly events: readonly QuireEvent[]
  /** Connections that are open. */
  connections(): Promise<number>
  /** Asks for a path as it is written: `fetch` would tidy it up first. */
  raw(path: string): Promise<{ readonly status: number; readonly body: string }>
  stop(): Promise<void>
}

/** Bounds that no test meets by accident. */
export const testConnectionLimits: ConnectionLimits = {
  documents: 100,
  backlog: { bytes: 1024 * 1024, messages: 1_000 },
  messagesPerSecond: 1_000_000,
  bytesPerSecond: 1024 * 1024 * 1024,
  burstMs: 10_000,
  heldBackMs: 60_000,
}

/** Listens; the documents behind it are a test server's. */
export const startApp = async (options: {
  readonly editorRoot: string
  readonly allowedOrigins?: readonly string[]
  readonly connectionLimits?: ConnectionLimits
  readonly auth?: Auth
  readonly trustedProxies?: readonly string[]
  readonly edgeLimits?: Partial<EdgeLimits>
  readonly streamLimits?: Partial<StreamLimits>
  /** Time for a document to answer a request, milliseconds. */
  readonly answerMs?: number
  /** Bytes of answers that are not read yet. */
  readonly maxAnswerBytes?: number
  /** Time for a client to send or to read 2 MiB, milliseconds. */
  readonly readMs?: number
  readonly maxApiRequestsPerMinute?: number
}): Promise<TestApp> => {
  const server = startTestServer(options.auth === undefined ? {} : { auth: options.auth })
  const events: QuireEvent[] = []
  const edge = createWebSocketEdge({
    limits: { ...defaultEdgeLimits, ...options.edgeLimits },
    clock: systemClock,
    trustedProxies: options.trustedProxies ?? [],
    onRefused: (newcomer) => events.push({ kind: 'newcomer-refused', ...newcomer }),
    onBug: (error) => events.push({ kind: 'bug', document: null, error }),
  })
  const streams = createEventStreamEdge({
    limits: { ...defaultStreamLimits, ...options.streamLimits },
    clock: systemClock,
    arrivals: edge.arrivals,
    onBug: (error) => events.push({ kind: 'bug', document: null, error }),
  })
  const observe: Observe = { event: (event) => events.push(event) }
  const limitBytes = options.maxAnswerBytes ?? 4 * MIB
  const { operations, live } = assembleOperations({
    documents: server.documents,
    feed: new OperationsFeed(systemClock),
    clock: systemClock,
    observe,
    content: server.content,
    refusing: () => null,
    limits: testLimits,
    serverLimits: testServerLimits,
    lagBytes: MIB,
    readMs: 60_000,
    answerBytes: MIB,
    flushIntervalMs: () => 0,
  })
  const health = new HealthWatch(systemClock, {})
  const app = createApp({
    metrics: { type: METRICS_TYPE, read: async () => '' },
    parts: () => health.parts(),
    operationsRoot: null,
    operations,
    live,
    documents: server.documents,
    edge,
    streams,
    clock: systemClock,
    random: Math.random,
    presence: { presenceEntries: 100, presenceBytes: 16 * 1024 },
    connectionLimits: options.connectionLimits ?? testConnectionLimits,
    observe,
    content: server.content,
    maxUpdateBytes: MIB,
    maxBodyBytes: 2 * MIB,
    wholes: new WholeDocuments({
      content: server.content,
      clock: systemClock,
      observe,
      limitBytes,
    }),
    answers: new AnswerRoom(limitBytes),
    bodies: new ByteBudget(sharedBytes(2 * MIB, MIB)),
    strangersBodies: new ByteBudget(sharedBytes(MIB, MIB)),
    readMs: options.readMs ?? 60_000,
    answerMs: options.answerMs ?? 15_000,
    allowedOrigins: options.allowedOrigins ?? [],
    isOpen: options.auth === undefined,
    basePath: '',
    editorRoot: options.editorRoot,
    storage: server.weather.storage,
    webhooks: null,
    maxApiBodyBytes: MIB,
    maxApiRequestsPerMinute: options.maxApiRequestsPerMinute ?? 6_000,
    maxVersions: 3,
    maxNamedVersions: 3,
    isTls: false,
  })
  const http = edge.createServer(app.fetch)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    streams,
    events,
    connections: () =>
      new Promise((resolve, reject) =>
        http.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    raw: (path) =>
      new Promise((resolve, reject) => {
        const asked = request({ port, path, host: '127.0.0.1' }, (response) => {
          let body = ''
          response.on('data', (chunk: Buffer) => (body += chunk.toString()))
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        })
        asked.on('error', reject).end()
      }),
    stop: async () => {
      const drain = { code: 1001, reason: '', graceMs: 100 }
      await Promise.all([edge.close(drain), streams.close(drain)])
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}
