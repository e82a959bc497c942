import { Hono, type Context } from 'hono'
import { closeCodes, QUIRE_SUBPROTOCOL, type PresenceLimits } from '@quire/shared'
import type { SharedFamily } from '../dialects/connection.ts'
import { hocuspocusFamily } from '../dialects/hocuspocus-family.ts'
import { quireFamily, type Comeback } from '../dialects/quire-connection.ts'
import { yWebsocket } from '../dialects/y-websocket.ts'
import type { EventStreamEdge } from '../edges/event-stream/event-stream-edge.ts'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { Documents, GivenOnTheWay, NoRoom } from '../runtime/documents.ts'
import { multiplex, type ConnectionLimits } from '../runtime/multiplexed.ts'
import { COMEBACKS_PER_SECOND } from '../runtime/sending-away.ts'
import { documentInPath } from './document-path.ts'
import { eventStreamRoutes } from './event-stream.ts'
import { originProblem, type PageRules } from './origin.ts'
import { requestFacts } from './request-facts.ts'
import { tokenOf } from './token.ts'

/** What the routes of the client families are made of. */
export interface SocketRoutes extends PageRules {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly streams: EventStreamEdge
  readonly clock: Clock
  /** From 0 to 1, 1 not included. */
  readonly random: () => number
  readonly observe: Observe
  /** Bounds on one presence message. */
  readonly presence: PresenceLimits
  /** Bounds of a connection with several documents. */
  readonly connectionLimits: ConnectionLimits
  /** Largest message that the edge takes, bytes. */
  readonly maxUpdateBytes: number
  /** Bytes of all that is sent by requests and not heard yet. */
  readonly maxBodyBytes: number
  /** Time for 2 MiB of a request's body, or its end, milliseconds. */
  readonly readMs: number
  /** Where all routes are mounted: '' or a path without a slash at its end. */
  readonly basePath: string
}

type Bindings = { Bindings: EdgeBindings }

/** Hears nothing: for a socket that is closed as soon as it is open. */
const DEAF: SocketListener = {
  message: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
}

/** What is remembered of a refused target, UTF-16 units: no more than the longest name, and no token. */
const REMEMBERED_LENGTH = 1_024

const pathIn = (target: string): string => target.replace(/\?.*/, '').slice(0, REMEMBERED_LENGTH)

/** Grows with the clients; in a drain it stays what it was, however many have gone before. */
const comebackOf = ({ documents, edge, streams, random }: SocketRoutes): Comeback => {
  let drainingMs: number | null = null
  const spreadMs = (): number => {
    const clients = edge.figures().sockets + streams.figures().streams
    const nowMs = Math.ceil((clients / COMEBACKS_PER_SECOND) * 1_000)
    if (!documents.isDraining) return nowMs
    return (drainingMs ??= nowMs)
  }
  return { spreadMs, pauseMs: () => Math.floor(spreadMs() * random()) }
}

/** The WebSocket routes: which dialect is spoken, the route says and never the bytes. */
export const socketRoutes = (options: SocketRoutes): Hono<Bindings> => {
  const { documents, edge, presence, connectionLimits } = options
  const yWebsocketDialect = yWebsocket(presence)
  const { turnAway, given, share, foreign } = arrivingAt(options)
  const routes = new Hono<Bindings>()
  routes.get(
    '/yjs/*',
    // Refused after the upgrade: y-websocket 3.1 stops at a 44xx, but retries an HTTP error for ever.
    // What it does not hear of an HTTP refusal it reads in the close reason.
    edge.upgrade<Bindings>((socket, c) => {
      const target = c.env.incoming.url ?? ''
      const problem = foreign(c)
      if (problem !== null)
        return turnAway(socket, { close: 'forbidden', reason: problem }, pathIn(target))
      const document = documentInPath(target, `${options.basePath}/yjs/`)
      if (!document.ok)
        return turnAway(socket, { close: 'badName', reason: document.error }, pathIn(target))
      const login = { kind: 'given', ...given(c) } as const
      return documents.attach({
        document: document.value,
        login,
        dialect: yWebsocketDialect,
        socket,
      })
    }),
  )
  routes.get(
    '/hocuspocus',
    edge.upgrade<Bindings>((socket, c) => {
      const problem = foreign(c)
      if (problem !== null)
        return turnAway(socket, { close: 'forbidden', reason: problem }, '/hocuspocus')
      return share(hocuspocusFamily(connectionLimits.documents, presence), socket, c)
    }),
  )
  routes.route('/', quireRoutes(options))
  return routes
}

/** The routes of Quire's own dialect, `/sync` and below, by WebSocket and by event stream. */
export const quireRoutes = (options: SocketRoutes): Hono<Bindings> => {
  const { edge, presence, connectionLimits } = options
  const { turnAway, share, foreign } = arrivingAt(options)
  const quireLimits = {
    messageBytes: options.maxUpdateBytes,
    documents: connectionLimits.documents,
  }
  const comeback = comebackOf(options)
  const routes = new Hono<Bindings>()
  const speakQuire = (socket: Socket, c: Context<Bindings>): SocketListener => {
    const family = quireFamily(quireLimits, presence, comeback)
    const problem = foreign(c)
    if (problem === null) return share(family, socket, c)
    // after the upgrade: no page can read why an HTTP request for one was refused
    const farewell = family.connection.farewell(closeCodes.forbidden.code, problem)
    for (const frame of [...family.greeting, ...farewell]) socket.send(frame)
    return turnAway(socket, { close: 'forbidden', reason: problem }, '/sync')
  }
  routes.route('/sync/stream', eventStreamRoutes({ ...options, open: speakQuire }))
  routes.get(
    '/sync',
    // refused before the upgrade: a client whose subprotocol is not spoken fails by itself (RFC 6455 §4.1)
    async (c, next) => {
      const offered = (c.req.header('sec-websocket-protocol') ?? '').split(',')
      if (c.req.header('upgrade') === undefined) return next() // what the edge has to say of that
      if (offered.some((name) => name.trim() === QUIRE_SUBPROTOCOL)) return next()
      return c.text(`this server speaks the subprotocol ${QUIRE_SUBPROTOCOL}\n`, 400)
    },
    edge.upgrade<Bindings>(speakQuire, { protocols: [QUIRE_SUBPROTOCOL] }),
  )
  return routes
}

/** What the routes do with whoever arrives. */
const arrivingAt = (options: SocketRoutes) => {
  const { documents, edge, clock, observe, connectionLimits } = options
  const turnAway = (socket: Socket, why: NoRoom, what: string): SocketListener => {
    documents.turnAway(socket, why, what)
    return DEAF
  }
  const given = (c: Context<Bindings>): GivenOnTheWay => ({
    token: tokenOf(c),
    request: documents.readsRequests ? requestFacts(c, edge) : undefined,
  })
  const share = <P>(
    family: SharedFamily<P>,
    socket: Socket,
    c: Context<Bindings>,
  ): SocketListener => {
    const limits = connectionLimits
    return multiplex({ family, socket, ...given(c), documents, limits, clock, observe })
  }
  const foreign = (c: Context<Bindings>): string | null => {
    const { host } = new URL(c.req.url) // of the target where it names one, of Host otherwise
    return originProblem(c.req.header('origin'), host, options)
  }
  return { turnAway, given, share, foreign }
}
