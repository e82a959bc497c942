/*
 * Event streams as requests look (PROTOCOL.md P30 to P36), on the path that they are mounted on:
 *
 *   GET     Quire-Protocol: quire.v1                            → 200, an event stream that begins with its name
 *   GET     Quire-Stream: name, Last-Event-ID: position         → 200, from there on; 410 where that is not kept
 *   POST    Quire-Stream: name, Quire-From and -Read: positions → 204 once it was heard; 409 where bytes are missing before it;
 *                                                               503 where another request has brought the same
 *   DELETE  Quire-Stream: name                                  → 204, the client leaves
 *
 * `Prefer: wait=n` (RFC 7240 §4.3) has a GET end as soon as it has told something, at the latest after n seconds: for
 * clients behind whom an answer is handed on only when it has ended.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono, type Context } from 'hono'
import { parsePosition, QUIRE_SUBPROTOCOL, streamFields } from '@quire/shared'
import type { EventStreamEdge } from '../edges/event-stream/event-stream-edge.ts'
import { speakMs, type EventStream } from '../edges/event-stream/event-stream.ts'
import type { Heard } from '../edges/event-stream/up-stream.ts'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import { plainAnswer, type WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Clock } from '../ports/clock.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import { ByteBudget, sharedBytes } from './byte-budget.ts'
import { crossSite, pageProblem } from './cross-site.ts'
import type { PageRules } from './origin.ts'
import { bodyStatus, readBody, type BodyProblem } from './request-body.ts'

type Bindings = { Bindings: EdgeBindings }

/** What the routes are made of. */
export interface EventStreamRoutes extends PageRules {
  readonly edge: WebSocketEdge
  readonly streams: EventStreamEdge
  readonly clock: Clock
  /** Bytes of all requests that bring something, and of messages that have come in part. */
  readonly maxBodyBytes: number
  /** Time for 2 MiB of a body, or its end, milliseconds. */
  readonly readMs: number
  /** Who owns the socket of a new stream. */
  readonly open: (socket: Socket, c: Context<Bindings>) => SocketListener
}

const FIELDS = [...Object.values(streamFields), 'Authorization', 'Content-Type', 'Prefer']

const HEARD_STATUS = {
  taken: 204,
  gap: 409,
  superseded: 503, // the stream goes on: whoever is told may say it again
  over: 410,
} as const satisfies Record<Heard, number>

const HEARD_WORDS = {
  gap: 'bytes are missing before these',
  superseded: 'a newer request has brought the same',
  over: 'the stream has ended',
} as const satisfies Record<Exclude<Heard, 'taken'>, string>

/** The routes, with `/` for the stream. */
export const eventStreamRoutes = (options: EventStreamRoutes): Hono<Bindings> => {
  const { edge, streams, clock, allowedOrigins, maxBodyBytes, readMs } = options
  const { postBytes, messageBytes, silenceMs } = streams.limits
  const longestWaitMs = speakMs(silenceMs) // the next request is a sign of life
  const bodies = new ByteBudget(sharedBytes(maxBodyBytes, messageBytes))
  const routes = new Hono<Bindings>()
  // a 410 is kept by caches that are not told otherwise (RFC 9111 §4.2.2), and no answer is the next one's
  routes.use((c, next) => {
    c.res.headers.set('Cache-Control', 'no-store, no-transform')
    return next()
  })
  routes.use(crossSite(allowedOrigins, { fields: FIELDS }))

  // not every GET says its origin, but everything that is said comes with a POST, which does
  routes.use(async (c, next) => {
    const problem = pageProblem(c, options)
    if (problem !== null) return c.text(`${problem}\n`, 403)
    if (c.env.outgoing === undefined)
      return c.text('this resource is no WebSocket: ask without Upgrade\n', 400)
    return next()
  })

  /** Whoever knows a stream's name is its client; everybody else is counted like any request. */
  const streamOf = (c: Context<Bindings>): EventStream | Response => {
    const stream = streams.find(c.req.header(streamFields.stream) ?? '')
    if (stream === null) {
      const turn = edge.arrivals.takeRequest(c.env.incoming)
      return turn.ok ? c.text('there is no such stream\n', 410) : plainAnswer(turn.error)
    }
    edge.arrivals.carriesSession(c.env.incoming.socket)
    const waitMs = stream.takeRequest(clock.now())
    if (waitMs === 0) return stream
    c.header('Retry-After', String(Math.ceil(waitMs / 1_000)))
    return c.text(`a stream may make ${streams.limits.requestsPerSecond} requests a second\n`, 429)
  }

  routes.get('/', (c) => {
    const { outgoing, incoming } = c.env
    if (outgoing === undefined) return c.notFound() // held off above
    const waitMs = waitOf(c.req.header('prefer'), longestWaitMs)
    const begin = (): void => beginAnswer(outgoing, c.res.headers, waitMs === null)
    if (c.req.header(streamFields.stream) !== undefined) {
      const stream = streamOf(c)
      if (stream instanceof Response) return stream
      const position = parsePosition(c.req.header(streamFields.lastEvent))
      if (position === null) return c.text(`${streamFields.lastEvent} is no position\n`, 400)
      if (!stream.resume(position, { outgoing, waitMs }, begin))
        return c.text('what comes behind this position is not kept\n', 410)
      return RESPONSE_ALREADY_SENT
    }
    if (c.req.header(streamFields.protocol) !== QUIRE_SUBPROTOCOL) {
      const spoken = `this server speaks ${QUIRE_SUBPROTOCOL}`
      return c.text(`${spoken}: say so with ${streamFields.protocol}\n`, 400)
    }
    const { addressGroup } = edge.clientOf(incoming)
    const opened = streams.open({
      incoming,
      outgoing,
      waitMs,
      begin,
      open: (socket) => options.open(socket, c),
      takeRoom: (bytes) => bodies.take(bytes, addressGroup),
    })
    return opened.ok ? RESPONSE_ALREADY_SENT : plainAnswer(opened.error)
  })

  routes.post('/', async (c) => {
    const stream = streamOf(c)
    if (stream instanceof Response) return stream
    const [read, from] = [streamFields.read, streamFields.from].map((field) =>
      parsePosition(c.req.header(field)),
    )
    if (read === null || read === undefined || !stream.acknowledge(read))
      return c.text(`${streamFields.read} is no position that the stream has come to\n`, 400)
    if (from === null || from === undefined)
      return c.text(`${streamFields.from} is no position\n`, 400)
    const isEmpty = c.req.header('content-length') === '0'
    const over = new AbortController()
    if (!isEmpty) stream.startReading(() => over.abort())
    const { addressGroup } = edge.clientOf(c.env.incoming)
    const take = (bytes: number) => bodies.take(bytes, addressGroup)
    const bounds = { limit: postBytes, take, clock, readMs, over: over.signal }
    const body = await readBody(c.req.raw, bounds)
    if (!body.ok) return bodyRefusal(c, body.error)
    try {
      const heard = await stream.hear(from, body.value.bytes)
      if (heard === 'taken') return c.body(null, HEARD_STATUS.taken)
      return c.text(`${HEARD_WORDS[heard]}\n`, HEARD_STATUS[heard])
    } finally {
      body.value.free()
    }
  })

  routes.delete('/', (c) => {
    const stream = streamOf(c)
    if (stream instanceof Response) return stream
    stream.leave()
    return c.body(null, 204)
  })

  return routes
}

const bodyRefusal = (c: Context<Bindings>, { kind, message }: BodyProblem): Response => {
  if (kind === 'no-room' || kind === 'no-share') c.header('Retry-After', '1')
  return c.text(`${message}\n`, bodyStatus[kind])
}

/** How long an answer waits for something to tell before it ends, milliseconds; null: it goes on. */
const waitOf = (prefer: string | undefined, longestMs: number): number | null => {
  const seconds = /(?:^|,)\s*wait\s*=\s*(\d{1,9})\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1]
  return seconds === undefined ? null : Math.min(Number(seconds) * 1_000, longestMs)
}

/** Writes the head of an event stream, so that nobody on its way keeps, changes or holds back what follows. */
const beginAnswer = (outgoing: ServerResponse, fields: Headers, goesOn: boolean): void => {
  const head: OutgoingHttpHeaders = {
    ...Object.fromEntries(fields),
    'Content-Type': 'text/event-stream',
    'X-Accel-Buffering': 'no', // nginx
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Origin',
  }
  // HTTP/1.1 only (RFC 9113 §8.2.2): the connection ends with the stream, and carries nothing else meanwhile
  if (goesOn && outgoing.req.httpVersionMajor === 1) head['Connection'] = 'close'
  outgoing.writeHead(200, head)
}
