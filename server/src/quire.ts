/*
 * Quire inside of another program: routes and sockets for a server that the program has, and the documents in its
 * hands. Nothing listens here and nothing is global: two of them in one process know nothing of each other.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { parseDocName } from '@quire/shared'
import { assemble } from './assembly.ts'
import { createClusterHub } from './cluster/single.ts'
import {
  createAuthorizeAuth,
  withOperations,
  type Authorize,
  type AuthorizeOperations,
} from './auth/authorize.ts'
import type { Config } from './config.ts'
import type { ContentOptions } from './content/threaded.ts'
import { refusesTarget } from './edges/websocket/http-server.ts'
import type { EdgeBindings } from './edges/websocket/edge-bindings.ts'
import type { Fetch } from './edges/websocket/web-socket-edge.ts'
import { createDocumentHandle } from './embedded/create-document-handle.ts'
import type { DocumentHandle } from './embedded/document-handle.ts'
import { authAfter, Loading } from './embedded/loading.ts'
import { readOptions, type QuireLimits } from './embedded/options.ts'
import { QuireError } from './embedded/quire-error.ts'
import type { QuireWebhooks } from './embedded/webhooks.ts'
import { isOwnTarget, OWN_PATHS, targetOf } from './http/own-paths.ts'
import { OPERATIONS_PATH, OPERATIONS_ROOT } from './http/operations-page.ts'
import { watched } from './observe/watched.ts'
import { redactedError } from './observe/redacted.ts'
import type { Auth } from './ports/auth.ts'
import type { Cluster } from './ports/cluster.ts'
import type { Observe } from './ports/observe.ts'
import type { Stateless } from './ports/stateless.ts'
import type { Storage } from './ports/storage.ts'
import { systemClock } from './runtime/system-clock.ts'

/**
 * What a Quire is made of.
 *
 * @example
 * ```ts
 * import { createQuire, jwtAuth, sqliteStorage, type QuireOptions } from '@quire/server'
 *
 * const options: QuireOptions = {
 *   storage: await sqliteStorage({ dataDir: './documents' }),
 *   authorize: jwtAuth({ jwksUrl: 'https://login.example.org/.well-known/jwks.json' }),
 *   allowedOrigins: ['https://example.org'],
 * }
 *
 * export const quire = createQuire(options)
 * ```
 */
export interface QuireOptions {
  /** Where documents are kept; opened (`sqliteStorage`, `memoryStorage`). Quire closes it when it is closed. */
  readonly storage: Storage
  /**
   * Decides who may open what: a function that is asked for each login, or `jwtAuth`. There is no default: `openAuth`
   * lets everybody write everything.
   */
  readonly authorize: Authorize | Auth
  /**
   * Decides who may see the server's figures (`/metrics`) and run it. Absent: what `authorize` says of that, where it is an
   * `Auth` (`jwtAuth`: the claim `operations`; `openAuth`: everybody), and else nobody.
   */
  readonly authorizeOperations?: AuthorizeOperations
  /** Hears what happens. Absent: only what is Quire's own fault is told, as a warning of the process. */
  readonly observe?: Observe
  /** Hears what Hocuspocus clients say beside their documents. Absent: nobody does. */
  readonly stateless?: Stateless
  /** Carries hints between processes that serve one log. Absent: this is the only one. */
  readonly cluster?: Cluster
  /** How content is kept. */
  readonly content?: Partial<ContentOptions>
  /** Bounds that are not to be the default ones (OPTIONS.md), in the units that stand there. */
  readonly limits?: QuireLimits
  /** When others see a change: at once (`ack`, the default), or only after it is on disk (`relay`). */
  readonly durability?: Config['durability']
  /** The path that Quire is mounted at, such as `/collab`: no slash at its end. Absent: the root. */
  readonly basePath?: string
  /**
   * Origins of the pages that may connect, such as `https://example.org`, or `*`. Absent: only pages of the host
   * itself, and those only where it is an address or localhost. Where nobody needs a login (`openAuth`), requests to
   * a name that no origin here has are refused, too.
   */
  readonly allowedOrigins?: readonly string[]
  /** Addresses or CIDRs of proxies in front of the host whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies?: readonly string[]
  /** Who is told of documents by HTTP. Absent: nobody, and it costs nothing. */
  readonly webhooks?: QuireWebhooks
  /** The directory of the built editor page, to be served at the root; false, the default: no page is served. */
  readonly editor?: string | false
  /**
   * True: the page of operations is served at `/admin` below the base path, and what it follows below that. Who may see it
   * and act, `authorizeOperations` says. Absent: it is not, and `/admin` is the host's.
   */
  readonly operations?: boolean
}

/**
 * How to end.
 *
 * @example
 * ```ts
 * import type { CloseOptions, Quire } from '@quire/server'
 *
 * const soon: CloseOptions = { graceMs: 3_000 }
 *
 * export const stop = (quire: Quire): Promise<void> => quire.close(soon)
 * ```
 */
export interface CloseOptions {
  /** Time for all of it, milliseconds, 100 to 600,000; 8,000 where it is absent. */
  readonly graceMs?: number
}

/**
 * Quire in a program's hands.
 *
 * @example
 * ```ts
 * import type { Server } from 'node:http'
 * import type { Quire } from '@quire/server'
 *
 * // ends a server and what is mounted in it: nobody new, then all is saved
 * export const stop = async (server: Server, quire: Quire): Promise<void> => {
 *   server.close()
 *   await quire.close()
 * }
 * ```
 */
export interface Quire {
  /** All routes, for a Hono app on @hono/node-server: `host.route('/collab', quire.app)`. */
  readonly app: Hono<{ Bindings: EdgeBindings }>
  /**
   * Answers a request of node:http, Express or Fastify if its path is Quire's; false where it is not, and then nothing
   * was done with it. What has read a request's body before leaves nothing to read here.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /**
   * For the host server's `upgrade` event: takes the connection if the path is Quire's; false where it is not, and then
   * nothing was done with it: another WebSocket server may take it.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** A document by its name. Throws a `QuireError` (`badName`) where that is none. */
  document(name: string): DocumentHandle
  /**
   * Says a text to everybody who has a document open with a Hocuspocus client; false where nobody has. It is not
   * stored.
   */
  broadcastStateless(document: string, text: string): boolean
  /**
   * Sends everybody away, saves everything, closes the storage; the host's server is left alone. Throws where not all
   * could be saved in time. Safe to call twice: the second call joins the first.
   */
  close(options?: CloseOptions): Promise<void>
}

const DEAF: Stateless = { received: () => undefined }

const ONLY_BUGS: Observe = {
  event: (event) => {
    if (event.kind === 'bug') process.emitWarning(redactedError(event.error))
  },
}

/** A path without a slash at its end, of characters that no two readers of URLs spell differently (RFC 3986 §2.3). */
const BASE_PATH = /^(\/[A-Za-z0-9._~-]+)*$/

/**
 * Creates a Quire, which takes clients at once. It listens on no port: what it answers is given to it by `app`,
 * `handle` and `upgrade`. Throws an error that says what is wrong with the options.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createQuire, openAuth, sqliteStorage } from '@quire/server'
 *
 * const quire = createQuire({
 *   storage: await sqliteStorage({ dataDir: './documents' }),
 *   authorize: openAuth,
 *   basePath: '/collab',
 * })
 * const server = createServer((request, response) => {
 *   if (!quire.handle(request, response)) response.end('my own page\n')
 * })
 * server.on('upgrade', (request, socket, head) => {
 *   if (!quire.upgrade(request, socket, head)) socket.destroy()
 * })
 * server.listen(4400, '127.0.0.1') // openAuth: nobody else's business
 *
 * await quire.document('notes').edit((doc) => doc.getText('body').insert(0, 'Hello'))
 * ```
 */
export const createQuire = (options: QuireOptions): Quire => {
  const { storage, stateless = DEAF, basePath = '' } = options
  const problem = problemOf(options)
  if (problem !== null) throw new TypeError(`createQuire: ${problem}`)
  const config = readOptions(options)
  if (!config.ok) throw new RangeError(`createQuire: ${config.error}`)
  const watching = watched(options.observe ?? ONLY_BUGS, systemClock)
  const { observe } = watching
  const loading = new Loading(() => assembly.load())
  const assembly = assemble(config.value, {
    storage,
    auth: authAfter(loading, authOf(options, observe, config.value)),
    watched: watching,
    stateless,
    cluster: options.cluster ?? createClusterHub().node(),
    content: { collectGarbage: true, ...options.content },
    basePath,
    editorRoot: options.editor || null,
    operationsRoot: options.operations === true ? OPERATIONS_ROOT : null,
    isTls: false, // what else is asked for at this host is not known here
  })
  const { clock, content, documents, edge, wholes } = assembly
  const { maxLoadMs, maxMessageBytes } = config.value

  const app = new Hono<{ Bindings: EdgeBindings }>()
  const pages = options.operations === true ? [OPERATIONS_PATH.slice(1)] : []
  for (const path of [...OWN_PATHS, ...pages.map((page) => `/${page}/*`)]) app.use(path, needsNode)
  app.route('/', assembly.app)
  const mounted = new Hono<{ Bindings: EdgeBindings }>().route(
    basePath === '' ? '/' : basePath,
    app,
  )
  mounted.notFound((c) => c.text(`There is nothing at ${c.req.path}\n`, 404))
  const fetch: Fetch = (request, env) => mounted.fetch(request, env)
  const listener = getRequestListener(
    (request, env) => fetch(request, env as EdgeBindings), // whatever speaks HTTP/1.1 or its likeness
    { hostname: 'localhost', overrideGlobalObjects: false }, // Request and Response are the host's
  )
  const isOwn = (target: string): boolean => isOwnTarget(target, basePath, pages)
  const hasEditor = options.editor !== undefined && options.editor !== false

  assembly.start()
  void loading.done() // whoever comes first need not wait for it
  return {
    app,
    handle(request, response) {
      const target = targetOf(request)
      if (!hasEditor && !isOwn(target)) return false
      request.url = target // the routes are mounted at the whole path
      if (request.httpVersionMajor === 1 && refusesTarget(request, response)) return true
      if (hasLostBody(request)) {
        observe.event({ kind: 'bug', document: null, error: new Error(LOST_BODY) })
        response.writeHead(500).end(`${LOST_BODY}\n`)
        return true
      }
      listener(request, response).catch((cause: unknown) => {
        observe.event({
          kind: 'bug',
          document: null,
          error: new Error('a request failed', { cause }),
        })
        response.destroy()
      })
      return true
    },
    upgrade(request, socket, head) {
      if (!isOwn(request.url ?? '')) return false
      edge.shakeHands(fetch, request, socket, head)
      return true
    },
    document: (name) =>
      createDocumentHandle(docNameOf(name), {
        documents,
        wholes,
        content,
        storage,
        loading,
        clock,
        observe,
        answerMs: maxLoadMs,
        maxUpdateBytes: maxMessageBytes,
      }),
    broadcastStateless: (name, text) => documents.broadcastStateless(docNameOf(name), text),
    async close({ graceMs } = {}) {
      const checked = readOptions({ graceMs })
      if (!checked.ok) throw new RangeError(`close: ${checked.error}`)
      const closed = await assembly.close({
        graceMs: checked.value.maxDrainMs,
        onLeft: () => undefined, // other connections are the host's
      })
      if (!closed.ok) throw new QuireError('internalError', closed.error)
    },
  }
}

const LOST_BODY =
  'the body of a request was read before quire.handle was given it: mount Quire before what reads bodies'

/** True where somebody has read, or begun to read, what a request brings: nobody could read it again. */
const hasLostBody = (request: IncomingMessage): boolean =>
  request.readableDidRead &&
  (request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) > 0)

/** What is wrong with options that are no rows of the table; programs in JavaScript have no compiler that says it. */
const problemOf = ({
  storage,
  authorize,
  authorizeOperations,
  basePath = '',
  editor = false,
  webhooks,
}: QuireOptions) => {
  if (typeof storage?.open !== 'function')
    return 'storage is missing: give an opened one, such as await sqliteStorage({ dataDir })'
  if (typeof authorize !== 'function' && typeof authorize?.authorize !== 'function')
    return 'authorize is missing: say who may open what; openAuth lets everybody write everything'
  if (authorizeOperations !== undefined && typeof authorizeOperations !== 'function')
    return 'authorizeOperations is not a function: say who may see and run the server, or leave it out'
  if (webhooks !== undefined && !Array.isArray(webhooks.urls))
    return 'webhooks.urls is missing: say who is to be told, or leave webhooks out'
  if (!BASE_PATH.test(basePath))
    return `basePath must be '' or a path such as /collab, without a slash at its end, not ${JSON.stringify(basePath)}`
  if (editor !== false && basePath !== '')
    return `the editor's page is made for the root of its host: leave out basePath ${basePath}, or the editor`
  return null
}

const authOf = (
  { authorize, authorizeOperations }: QuireOptions,
  observe: Observe,
  { maxLoginMs }: Config,
): Auth => {
  const options = { clock: systemClock, observe, deadlineMs: maxLoginMs }
  const auth = typeof authorize === 'function' ? createAuthorizeAuth(authorize, options) : authorize
  return authorizeOperations === undefined
    ? auth
    : withOperations(auth, authorizeOperations, options)
}

const docNameOf = (name: string) => {
  const parsed = parseDocName(name)
  if (parsed.ok) return parsed.value
  throw new QuireError('badName', parsed.error.message)
}

/** Adapters other than Node's give an app nothing to write a stream to. */
const needsNode = async (
  c: { readonly env: Partial<EdgeBindings> | undefined },
  next: () => Promise<void>,
): Promise<void> => {
  if (c.env?.incoming === undefined)
    throw new Error('quire.app answers requests of @hono/node-server, and was given another one')
  await next()
}
