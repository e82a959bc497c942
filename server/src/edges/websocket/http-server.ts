import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../ports/clock.ts'
import { offersWebSocket } from './handshake.ts'
import type { EdgeLimits } from './limits.ts'
import { answer, refusal, refusalResponse, type Refusal } from './refusal.ts'
import { targetProblem } from './request-target.ts'

/*
 * The HTTP/1.1 server under the edge, with bounds on the request head and an answer to everything:
 * Node answers a request that does not parse without Content-Length, drops CONNECT without a word,
 * and lets odd targets reach code that throws on them.
 */

/** How often Node looks for heads that are late, at most; it is late by up to this much itself. */
const LATE_HEADS_MS = 1_000

/** Node's default for a whole request with its body. */
const REQUEST_MS = 300_000

/** What `createHttpServer` needs. */
export interface HttpSetting {
  readonly limits: EdgeLimits
  readonly clock: Clock
  /** Told of each upgrade; `head` are the first bytes behind the request. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Puts itself in front of the reading of connections. */
  readonly guard: (server: Server) => void
}

/** Creates a server that gives `listener` only requests whose target and Host are sound. */
export const createHttpServer = (
  { limits, clock, upgrade, guard }: HttpSetting,
  listener: RequestListener,
): Server => {
  const lingering = { clock, closeMs: limits.closeMs }
  const answering = new WeakMap<Duplex, ServerResponse>()

  const vetted: RequestListener = (request, response) => {
    answering.set(request.socket, response)
    if (!refusesTarget(request, response)) listener(request, response)
  }

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.handshakeMs,
      requestTimeout: Math.max(REQUEST_MS, limits.handshakeMs),
      connectionsCheckingInterval: Math.min(LATE_HEADS_MS, limits.handshakeMs),
      requireHostHeader: false, // `targetProblem` says what is wrong, Node would not
      // RFC 9110 §7.8: other protocols are ignored, such as curl's h2c. Node before 24.9 has no such
      // option; there `handshakeProblem` refuses them.
      shouldUpgradeCallback: (request: IncomingMessage) => offersWebSocket(request),
    },
    vetted,
  )
  guard(server)
  server.maxHeadersCount = 0 // bytes bound them; Node drops those over a count, a second Host too
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const earlier = answering.get(socket)
    if (earlier === undefined || earlier.writableFinished) return upgrade(request, socket, head)
    // a 101 now would land inside the earlier answer (RFC 9112 §9.3.2): let that one finish first
    socket.on('error', () => socket.destroy()) // Node took its own listener away
    earlier.once('close', () => answer(socket, refusalResponse(tooEarly), lingering))
  })
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy()) // Node took its own listener away
    answer(socket, refusalResponse(noTunnel(request.url)), lingering)
  })
  server.on('clientError', (error: ParseFailure, socket: Duplex) => {
    if (socket.writableEnded) return // answered; what follows is dropped until the peer hangs up
    // bytes of a response are out: an answer in the middle of it would be read as its body
    if (answering.get(socket)?.headersSent && !answering.get(socket)?.writableFinished)
      socket.destroy()
    else if (error.code === 'ECONNRESET') socket.destroy()
    else answer(socket, refusalResponse(parseRefusal(error, limits)), lingering)
  })
  return server
}

/** Answers a request whose target or Host is not sound; false where they are, and nothing was done. */
export const refusesTarget = (request: IncomingMessage, response: ServerResponse): boolean => {
  const problem = targetProblem(request)
  if (problem === null) return false
  const { status, headers, body } = refusalResponse(refusal(400, problem))
  response.setHeaders(new Map(headers))
  response.writeHead(status, { Connection: 'close', 'Content-Length': body.length }).end(body)
  return true
}

/** What Node's parser reports; `reason` is llhttp's own sentence. */
interface ParseFailure extends Error {
  readonly code?: string
  readonly reason?: string
}

const parseRefusal = (error: ParseFailure, limits: EdgeLimits): Refusal => {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return refusal(431, `the request head is over ${limits.headerBytes} bytes`)
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal(408, `the request took too long, its head may take ${limits.handshakeMs} ms`)
    case undefined:
    default:
      return refusal(400, `the request is not HTTP/1.1: ${error.reason ?? error.message}`)
  }
}

const tooEarly = refusal(400, 'a WebSocket handshake must wait for the answers before it')

const noTunnel = (target: string | undefined): Refusal =>
  refusal(400, `CONNECT ${target ?? ''} asks for a tunnel, and this is not a proxy`)
