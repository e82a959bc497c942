import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { closeCodes, type CloseName } from '@quire/shared'
import type { Dialect } from '../dialects/dialect.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Observe } from '../ports/observe.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { Documents } from '../runtime/documents.ts'
import { documentInPath } from './document-path.ts'
import { editorRoutes } from './editor.ts'
import { healthRoutes } from './health.ts'
import { originProblem } from './origin.ts'

/** What the routes are made of. */
export interface AppOptions {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly yWebsocket: Dialect
  readonly observe: Observe
  readonly allowedOrigins: readonly string[]
  /** Directory of the built editor. */
  readonly editorRoot: string
}

/** Hears nothing: for a socket that is closed as soon as it is open. */
const DEAF: SocketListener = {
  message: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
}

/** All routes of the server. */
export const createApp = (options: AppOptions): Hono<{ Bindings: HttpBindings }> => {
  const { documents, edge, yWebsocket, observe, allowedOrigins, editorRoot } = options
  const refuse = (socket: Socket, close: CloseName, reason: string): SocketListener => {
    observe.event({ kind: 'session-closed', document: null, close, reason })
    socket.close(closeCodes[close].code, reason)
    return DEAF
  }
  const app = new Hono<{ Bindings: HttpBindings }>()
  // before the fields below, which mean nothing on a 101 and would cost each handshake
  app.get(
    '/yjs/*',
    // Refused after the upgrade: y-websocket 3.1 and later stop at a 44xx, but retry an HTTP error for
    // ever. What it does not hear of an HTTP refusal it reads in the close reason.
    edge.upgrade<{ Bindings: HttpBindings }>((socket, c) => {
      const { host } = new URL(c.req.url) // of the target where it names one, of Host otherwise
      const foreign = originProblem(c.req.header('origin'), host, allowedOrigins)
      if (foreign !== null) return refuse(socket, 'forbidden', foreign)
      const document = documentInPath(c.env.incoming.url ?? '', '/yjs/')
      if (!document.ok) return refuse(socket, 'badName', document.error)
      const token = c.req.query('token') ?? bearer(c.req.header('authorization'))
      return documents.attach({ document: document.value, token, dialect: yWebsocket, socket })
    }),
  )
  app.use(
    secureHeaders({
      strictTransportSecurity: false, // whoever ends TLS in front of this server decides that
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"], // the editor sets colours and table widths
        imgSrc: ['*', 'data:'], // images by URL are part of documents
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'self'"],
      },
    }),
  )
  app.route(
    '/health',
    healthRoutes({
      get isDraining() {
        return documents.isDraining
      },
      figures: () => documents.figures(),
      memory: () => documents.memory(),
      refusing: () => edge.full() ?? documents.refusing(),
    }),
  )
  app.route('/', editorRoutes(editorRoot))
  app.notFound((c) => c.text(`There is nothing at ${c.req.path}\n`, 404))
  return app
}

const bearer = (header: string | undefined): string | null =>
  header?.match(/^bearer +(\S+)$/i)?.[1] ?? null
