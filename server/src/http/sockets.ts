import { Hono, type Context } from 'hono'
import type { PresenceLimits } from '@quire/shared'
import { yWebsocket } from '../dialects/y-websocket.ts'
import type { EdgeBindings, WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { Documents, NoRoom } from '../runtime/documents.ts'
import { multiplex, type ConnectionLimits } from '../runtime/multiplexed.ts'
import { documentInPath } from './document-path.ts'
import { originProblem } from './origin.ts'
import { tokenOf } from './token.ts'

/** What the routes of the client families are made of. */
export interface SocketRoutes {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly clock: Clock
  readonly observe: Observe
  /** Bounds on one presence message. */
  readonly presence: PresenceLimits
  /** Bounds of a connection with several documents. */
  readonly connectionLimits: ConnectionLimits
  readonly allowedOrigins: readonly string[]
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

/** The WebSocket routes: which dialect is spoken, the route says and never the bytes. */
export const socketRoutes = (options: SocketRoutes): Hono<Bindings> => {
  const { documents, edge, clock, observe, presence, connectionLimits, allowedOrigins } = options
  const yWebsocketDialect = yWebsocket(presence)
  const turnAway = (socket: Socket, why: NoRoom, what: string): SocketListener => {
    documents.turnAway(socket, why, what)
    return DEAF
  }
  const foreign = (c: Context<Bindings>): string | null => {
    const { host } = new URL(c.req.url) // of the target where it names one, of Host otherwise
    return originProblem(c.req.header('origin'), host, allowedOrigins)
  }
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
      const document = documentInPath(target, '/yjs/')
      if (!document.ok)
        return turnAway(socket, { close: 'badName', reason: document.error }, pathIn(target))
      const login = { kind: 'given', token: tokenOf(c) } as const
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
      return multiplex({
        socket,
        token: tokenOf(c),
        documents,
        presence,
        limits: connectionLimits,
        clock,
        observe,
      })
    }),
  )
  return routes
}
