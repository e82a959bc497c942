import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import type { Context, Env, MiddlewareHandler } from 'hono'
import type { createServer, IncomingMessage, RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import { ok } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Socket, SocketListener } from '../../ports/socket.ts'
import type { EdgeBindings } from './edge-bindings.ts'
import { fieldOf, guardArrivals, type ArrivalGuard, type RefusedNewcomer } from './arrivals.ts'
import {
  runSocket,
  type Owner,
  type RunningSocket,
  type TextListener,
  type TextSocket,
} from './edge-socket.ts'
import { upgradeRequired, wrongMethod } from './handshake.ts'
import { fieldsOf, handshakeGuard } from './handshakes.ts'
import { createHttpServer } from './http-server.ts'
import { readsPerFrame, type EdgeLimits } from './limits.ts'
import type { Refusal } from './refusal.ts'
import { selectProtocol, type Route } from './route.ts'
import { strictWebSocket } from './strict-web-socket.ts'
import type { TlsDoor } from './tls-door.ts'
import { upgradeRequest } from './upgrade-request.ts'

export type { EdgeBindings } from './edge-bindings.ts'

/*
 * WebSockets for a Hono app on Node (RFC 6455). The upgrade request runs through the app and ws speaks
 * the protocol; this edge is stricter where ws is lenient, and bounds what it leaves open. It knows
 * sockets and listeners, not documents.
 *
 *     upgrade ─▶ handshakes.admit ─▶ handshakes.ask ─▶ app ─▶ edge.upgrade
 *                                                                   │ 200
 *     listener ◀── edge-socket ◀── ws.handleUpgrade ◀───────────────┘
 *
 * @hono/node-server has an upgrade of its own: with it each socket kept its request and context for as
 * long as it was open, and listeners that nobody needed.
 */

/** What the edge needs. */
export interface WebSocketEdgeOptions {
  readonly limits: EdgeLimits
  readonly clock: Clock
  /** Proxies, as addresses or CIDRs, whose X-Forwarded-For says whose connection it is. */
  readonly trustedProxies: readonly string[]
  /** Told of every newcomer for whom there is no place. */
  readonly onRefused: (newcomer: RefusedNewcomer) => void
  /** Told of every error that is nobody's fault but ours: a listener or the app threw. */
  readonly onBug: (error: Error) => void
}

/** What a route may choose. */
export interface UpgradeOptions {
  /** Subprotocols that the route speaks, most wanted first. Absent: none is ever selected. */
  readonly protocols?: readonly string[]
}

/** How to end all sockets. */
export interface Drain {
  /** The close code for each socket; `closeCodes` has the table. */
  readonly code: number
  readonly reason: string
  /** How long the peers may take to complete the closing handshake. */
  readonly graceMs: number
}

/** What the edge holds at this moment. */
export interface EdgeFigures {
  /** Sockets whose listener has not been told `closed`. */
  readonly sockets: number
  /** Handshakes that the app has not answered. */
  readonly handshakes: number
}

/** An app's `fetch`, as Hono has it. */
export type Fetch = (request: Request, env: EdgeBindings) => Response | Promise<Response>

/** The edge: a server to listen with, a handler to mount, a way to end. */
export interface WebSocketEdge {
  /**
   * Creates the HTTP server for an app, not yet listening. Plain requests reach the app as usual. With a door it speaks
   * TLS and nothing else.
   */
  createServer(fetch: Fetch, door?: TlsDoor): Server
  /**
   * Takes an upgrade that another server of Node was asked for: accepts it, or answers why not. `fetch` is the app
   * that `createServer` would be given; `head` are the first bytes behind the request. What a server of this edge
   * bounds before it reads a request, another one does not: connections, and how long a head may take and be.
   */
  shakeHands(fetch: Fetch, request: IncomingMessage, socket: Duplex, head: Buffer): void
  /**
   * A handler that accepts a WebSocket handshake and gives its socket to what `open` returns; text
   * closes the socket with 1003. Other requests get 426 or 405. Middleware before it may refuse with
   * any answer, and one after it too, with any status but 200.
   */
  upgrade<E extends Env = Env>(
    open: (socket: Socket, c: Context<E>) => SocketListener,
    options?: UpgradeOptions,
  ): MiddlewareHandler<E>
  /** The same for a protocol that also speaks text. */
  upgradeWithText<E extends Env = Env>(
    open: (socket: TextSocket, c: Context<E>) => TextListener,
    options?: UpgradeOptions,
  ): MiddlewareHandler<E>
  /**
   * Middleware that refuses (429) plain requests of an address that makes too many, with the answer that is made of
   * the refusal; handshakes are counted before they reach the app.
   */
  requestRate(
    answer: (refusal: Refusal, c: Context<{ Bindings: EdgeBindings }>) => Response,
  ): MiddlewareHandler<{ Bindings: EdgeBindings }>
  /**
   * Ends all sockets and refuses new ones with 503, for good. Resolves when every listener has been
   * told `closed`, at most `graceMs` later. Safe to call twice: the second call joins the first.
   */
  close(drain: Drain): Promise<void>
  figures(): EdgeFigures
  /** Who is let in, for other transports on the same server: they share its places. */
  readonly arrivals: ArrivalGuard
  /** Whose request it is, as its socket would have it. */
  clientOf(request: IncomingMessage): Pick<Socket, 'address' | 'addressGroup'>
  /** True if the client of a request uses TLS: with this server, or with a trusted proxy that says so. */
  isSecure(request: IncomingMessage): boolean
  /** Why every newcomer is refused at this moment, or null. */
  full(): string | null
}

type Running =
  | { readonly kind: 'serving' }
  | { readonly kind: 'draining'; readonly drain: Drain; readonly drained: Promise<void> }

/** Creates an edge; nothing listens and no timer runs until a server of it does. */
export const createWebSocketEdge = (options: WebSocketEdgeOptions): WebSocketEdge => {
  const { limits, clock, onBug } = options
  const sockets = new Set<RunningSocket>()
  const empty = Promise.withResolvers<void>()
  let running: Running = { kind: 'serving' }

  const arrivals = guardArrivals(options)
  const handshakes = handshakeGuard({
    takePlace: arrivals.takeSocket,
    limits,
    clock,
    onBug,
    refuseAll: () => (running.kind === 'draining' ? drainingRefusal(running.drain) : null),
  })

  const accept = (ws: WebSocket, request: IncomingMessage): void => {
    ws.on('error', () => {}) // a breach: `StrictWebSocket.close` has answered it with a close frame
    const taken = handshakes.take(request)
    if (taken === null) return ws.terminate() // its handshake was refused as the 101 went out
    const { place, route } = taken
    const socket = runSocket({
      ws,
      tcp: request.socket,
      line: arrivals.lineOf(request.socket),
      limits,
      clock,
      client: place.client,
      open: route.open,
      onBug,
      onGone: () => {
        place.leave()
        sockets.delete(socket)
        if (running.kind === 'draining' && sockets.size === 0) empty.resolve()
      },
    })
    sockets.add(socket)
    if (running.kind === 'draining') end(socket, running.drain)
  }

  const websockets = new WebSocketServer({
    noServer: true,
    WebSocket: strictWebSocket(limits),
    maxPayload: limits.messageBytes,
    maxFragments: limits.fragments,
    maxBufferedChunks: readsPerFrame(limits.messageBytes),
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered, request) =>
      selectProtocol(handshakes.routeOf(request)?.protocols ?? [], offered),
    ...untyped,
  })

  const upgrade = async (
    fetch: Fetch,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> => {
    if (!handshakes.admit(request, socket)) return
    const answer = await handshakes.ask(request, () =>
      fetch(upgradeRequest(request), { incoming: request }),
    )
    if (answer === null) return
    const addFields = (lines: string[]): void => {
      for (const [name, value] of fieldsOf(answer))
        if (!isOfUpgrade(name)) lines.push(`${name}: ${value}`)
    }
    websockets.once('headers', addFields)
    websockets.handleUpgrade(request, socket, head, accept)
    websockets.off('headers', addFields) // the peer was gone: nothing was written
  }

  const shakeHands: WebSocketEdge['shakeHands'] = (fetch, request, socket, head) =>
    void upgrade(fetch, request, socket, head).catch((cause: unknown) => {
      onBug(new Error('a handshake failed', { cause }))
      socket.destroy()
    })

  const handler =
    <E extends Env>(
      owner: (socket: TextSocket, c: Context<E>) => Owner,
      { protocols = [] }: UpgradeOptions = {},
    ): MiddlewareHandler<E> =>
    async (c) => {
      // our bindings, and nothing where an app is called by hand
      const env: Partial<EdgeBindings> | undefined = c.env
      const request = env?.incoming
      const route: Route = { protocols, open: (socket) => owner(socket, c) }
      if (request === undefined || !handshakes.route(request, route))
        return plainAnswer(refusalOf(c.req.method))
      return c.body(null)
    }

  return {
    createServer: (fetch, door) =>
      createAdaptorServer({
        fetch: (request, env) => fetch(request, env as HttpBindings), // HTTP/1.1 is all that it speaks
        hostname: 'localhost', // the name for HTTP/1.0 requests without Host, as health checks send
        createServer: ((_: unknown, listener: RequestListener) =>
          createHttpServer(
            {
              limits,
              clock,
              upgrade: (...asked) => shakeHands(fetch, ...asked),
              guard: (server) => arrivals.guard(server, door),
            },
            listener,
          )) as typeof createServer,
      }) as Server, // what `createHttpServer` returned
    shakeHands,
    upgrade: (open, upgradeOptions) =>
      handler((socket, c) => ({ kind: 'binary', listener: open(socket, c) }), upgradeOptions),
    upgradeWithText: (open, upgradeOptions) =>
      handler((socket, c) => ({ kind: 'text', listener: open(socket, c) }), upgradeOptions),
    requestRate: (answer) => async (c, next) => {
      const { incoming, outgoing } = c.env
      const turn = outgoing === undefined ? ok(undefined) : arrivals.takeRequest(incoming)
      if (turn.ok) return next()
      return answer(turn.error, c)
    },
    close: (drain) => {
      if (running.kind === 'draining') return running.drained
      running = { kind: 'draining', drain, drained: empty.promise }
      for (const socket of sockets) end(socket, drain)
      if (sockets.size === 0) empty.resolve()
      return running.drained
    },
    clientOf: (request) => {
      const { address, group } = arrivals.clientOf(request)
      return { address, addressGroup: group }
    },
    isSecure: (request) =>
      request.socket instanceof TLSSocket ||
      (arrivals.isProxied(request) && schemeOf(request) === 'https'),
    full: arrivals.full,
    arrivals,
    figures: () => ({ sockets: sockets.size, handshakes: handshakes.count() }),
  }
}

/** What proxies say of the client's own hop: the first of a list, in any case (RFC 3986 §3.1). */
const schemeOf = (request: IncomingMessage): string => {
  const [first = ''] = fieldOf(request, 'x-forwarded-proto')[0]?.split(',') ?? []
  return first.trim().toLowerCase()
}

const end = (socket: RunningSocket, { code, reason, graceMs }: Drain): void =>
  socket.close({ code }, reason, graceMs)

/** The refusal of every newcomer to a server that ends. */
export const drainingRefusal = ({ graceMs }: Drain): Refusal => ({
  status: 503,
  sentence: 'the server is stopping',
  headers: [['Retry-After', String(Math.max(1, Math.ceil(graceMs / 1000)))]],
})

/** Why a plain request has no place on a WebSocket route. */
const refusalOf = (method: string): Refusal =>
  method === 'GET' || method === 'HEAD' ? upgradeRequired : wrongMethod(method)

/** A refusal as an app answers it. */
export const plainAnswer = ({ status, sentence, headers }: Refusal): Response => {
  const response = new Response(`${sentence}\n`, { status })
  for (const [name, value] of headers) response.headers.set(name, value)
  // RFC 9110 §7.8: who sends Upgrade names it in Connection too
  if (status === upgradeRequired.status) response.headers.set('Connection', 'Upgrade')
  return response
}

/** Fields of a 101 that are the handshake's (RFC 6455 §4.2.2). */
const isOfUpgrade = (name: string): boolean =>
  name === 'upgrade' || name.startsWith('sec-websocket-')

/** Options of ws 8.23 that @types/ws 8.18 does not know. */
const untyped = {
  autoPong: false, // `answerPings` is bounded without ending the connection
  closeTimeout: 2 ** 31 - 1, // never: the deadline is the clock's, in `runSocket`
}
