/*
 * The HTTP side of y-sweet (npm @y-sweet/sdk, @y-sweet/client 0.9): an application server makes documents
 * and tokens for its users, who then open a WebSocket with them.
 *
 *   POST /doc/new            {docId?}                                    → {docId}
 *   POST /doc/{id}/auth      {authorization?, userId?, validForSeconds?} → {url, baseUrl, docId, token?, authorization}
 *   GET  /d/{id}/as-update                                               → the document as one update
 *   POST /d/{id}/update      an update                                   → once it is on disk
 *   GET  /d/{id}/ws/{id}     WebSocket; also /doc/ws/{id}
 *   GET  /check_store, /ready; the first one by POST, too
 */
import { finished } from 'node:stream'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import {
  millis,
  ok,
  readUpdate,
  type DocName,
  type PresenceLimits,
  type Result,
} from '@quire/shared'
import { ySweet } from '../dialects/y-sweet.ts'
import type { EdgeBindings, WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Content } from '../ports/content.ts'
import type { Observe } from '../ports/observe.ts'
import type { Undo } from '../ports/undo.ts'
import { openDocument, writeDocument } from '../runtime/direct.ts'
import type { Documents, NoRoom } from '../runtime/documents.ts'
import { WholeDocuments } from '../runtime/whole-documents.ts'
import { ByteBudget, sharedBytes } from './byte-budget.ts'
import { originProblem } from './origin.ts'
import { pacedAnswer } from './paced-answer.ts'
import { readBody, type BodyBounds, type BodyProblem, type RequestBody } from './request-body.ts'
import { tokenOf } from './token.ts'
import { documentOfId, readAuthRequest, readNewRequest } from './y-sweet-requests.ts'

/** What the routes of y-sweet are made of. */
export interface YSweetRoutes {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly clock: Clock
  readonly content: Content
  readonly observe: Observe
  readonly presence: PresenceLimits
  readonly allowedOrigins: readonly string[]
  /** Largest update that a request may bring, bytes. */
  readonly maxUpdateBytes: number
  /** Bytes of all updates that requests bring. */
  readonly maxBodyBytes: number
  /** Bytes of all documents that have been asked for and not read yet. */
  readonly maxAnswerBytes: number
  /** Time for 2 MiB of a body or an answer, or its end, milliseconds. */
  readonly readMs: number
  /** Time for a document to answer, milliseconds. */
  readonly answerMs: number
  /** Why the server takes no clients at this moment, or null. */
  readonly notReady: () => string | null
}

interface Env {
  Bindings: EdgeBindings
  Variables: { document: DocName; grant: Grant }
}

/**
 * Bodies of requests for documents and tokens, bytes: as long as a request's head. Like heads they are bounded by
 * the places of connections, and not together with updates: whoever fills the room of those stops no login.
 */
const MAX_REQUEST_BYTES = 16 * 1024

const uncounted = (): Result<Undo, never> => ok(() => undefined)

/** When to come back where there is no room, seconds. */
const RETRY_SECONDS = '5'

const NO_SOCKET = 'this resource is no WebSocket: ask without Upgrade'

const STATUS = {
  unauthorized: 401,
  forbidden: 403,
  badName: 400,
  badFrame: 400,
  internalError: 500,
} as const satisfies Partial<Record<NoRoom['close'], number>>

/** The routes. */
export const ySweetRoutes = (options: YSweetRoutes): Hono<Env> => {
  const { documents, edge, clock, allowedOrigins, answerMs } = options
  const dialect = ySweet(options.presence)
  const routes = new Hono<Env>()

  const granted = async (document: DocName, token: string | null): Promise<Grant> => {
    const grant = await documents.login(document, token)
    if (!grant.ok) throw refusal(grant.error)
    return grant.value
  }

  /** The document in the path, if the token of the request grants it. */
  const withGrant: MiddlewareHandler<Env, '/:id'> = async (c, next) => {
    const document = documentOfId(c.req.param('id') ?? '')
    if (!document.ok) throw refusal({ close: 'badName', reason: document.error })
    c.set('document', document.value)
    c.set('grant', await granted(document.value, tokenOf(c)))
    await next()
  }

  const asked = (c: Context<Env>, grant = c.get('grant')) => ({
    documents,
    clock,
    document: c.get('document'),
    grant,
    client: edge.clientOf(c.env.incoming),
    withinMs: answerMs,
  })

  // a page of another site could make a browser on this machine ask; without an answer it may still write
  const sameSite: MiddlewareHandler<Env> = async (c, next) => {
    const { host } = new URL(c.req.url)
    const problem = originProblem(c.req.header('origin'), host, allowedOrigins)
    if (problem !== null) throw refusal({ close: 'forbidden', reason: problem })
    await next()
  }
  const allowed = cors({
    origin: (origin) =>
      allowedOrigins.includes('*') || allowedOrigins.includes(origin) ? origin : null,
    allowHeaders: ['Authorization', 'Content-Type'],
  })
  // what is answered holds for this moment, and tokens are nobody else's
  const unstored: MiddlewareHandler<Env> = async (c, next) => {
    c.header('Cache-Control', 'no-store')
    await next()
  }
  for (const path of ['/doc/*', '/d/*', '/check_store'])
    routes.use(path, unstored, allowed, sameSite)

  const updates = new ByteBudget(sharedBytes(options.maxBodyBytes, options.maxUpdateBytes))
  // of one address; all together hold fewer bytes, as they share them
  const unread = new ByteBudget({ ...sharedBytes(options.maxAnswerBytes, 0), total: Infinity })
  const wholes = new WholeDocuments({ ...options, limitBytes: options.maxAnswerBytes })
  const bodyOf = async (
    c: Context<Env>,
    bounds: Pick<BodyBounds, 'limit' | 'take'>,
  ): Promise<RequestBody> => {
    const body = await readBody(c.req.raw, { ...bounds, clock, readMs: options.readMs })
    if (!body.ok) throw bodyRefusal(body.error)
    return body.value
  }
  const updateIn = (c: Context<Env>): Promise<RequestBody> => {
    const { addressGroup } = edge.clientOf(c.env.incoming)
    const take = (bytes: number) => updates.take(bytes, addressGroup)
    return bodyOf(c, { limit: options.maxUpdateBytes, take })
  }
  const textOf = async (c: Context<Env>): Promise<string> => {
    const { bytes } = await bodyOf(c, { limit: MAX_REQUEST_BYTES, take: uncounted })
    return new TextDecoder().decode(bytes)
  }

  routes.get('/ready', (c) => {
    const problem = options.notReady()
    return problem === null ? c.json({ ok: true }) : c.json({ ok: false, error: problem }, 503)
  })
  routes.on(['GET', 'POST'], '/check_store', (c) => {
    const problem = options.notReady()
    return c.json(problem === null ? { ok: true } : { ok: false, error: problem })
  })

  routes.post('/doc/new', async (c) => {
    const request = readNewRequest(await textOf(c), () => crypto.randomUUID())
    if (!request.ok) throw refusal({ close: 'badFrame', reason: request.error })
    const document = request.value
    const grant = await granted(document, tokenOf(c))
    c.set('document', document)
    const opened = await openDocument(asked(c, grant))
    if (!opened.ok) throw refusal(opened.error)
    return c.json({ docId: document })
  })

  routes.post('/doc/:id/auth', withGrant, async (c) => {
    const request = readAuthRequest(await textOf(c))
    if (!request.ok) throw refusal({ close: 'badFrame', reason: request.error })
    const { authorization, userId, validForSeconds } = request.value
    const [document, grant] = [c.get('document'), c.get('grant')]
    const access = authorization === 'full' ? 'write' : 'read'
    if (access === 'write' && grant.access !== 'write')
      throw refusal({ close: 'forbidden', reason: 'the token grants no full authorization' })
    const ownMs = millis(clock.wall() + validForSeconds * 1000)
    const expiresAt = grant.expiresAt === null ? ownMs : millis(Math.min(ownMs, grant.expiresAt))
    const made = await documents.issue(
      { document, token: tokenOf(c) },
      { access, user: userId, expiresAt },
    )
    if (!made.ok) throw refusal(made.error)
    const token = made.value
    const { host } = new URL(c.req.url)
    const isSecure = edge.isSecure(c.env.incoming)
    return c.json({
      url: `${isSecure ? 'wss' : 'ws'}://${host}/d/${document}/ws`,
      baseUrl: `${isSecure ? 'https' : 'http'}://${host}/d/${document}`,
      docId: document,
      ...(token === null ? {} : { token }),
      authorization,
    })
  })

  routes.get('/d/:id/as-update', withGrant, async (c) => {
    const { outgoing } = c.env
    if (outgoing === undefined) throw new HTTPException(400, { message: NO_SOCKET })
    const whole = await wholes.read(asked(c), () => !outgoing.destroyed)
    if (!whole.ok) throw refusal(whole.error)
    const { update, read } = whole.value
    const share = unread.take(update.length, edge.clientOf(c.env.incoming).addressGroup)
    finished(outgoing, () => {
      read()
      if (share.ok) share.value()
    }) // also where it is closed already
    if (!share.ok) {
      const message = `answers to your address hold ${share.error.limit} bytes, which is its share`
      throw new HTTPException(429, { message })
    }
    return c.body(pacedAnswer(update, { outgoing, clock, readMs: options.readMs }), 200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(update.length),
    })
  })

  routes.post('/d/:id/update', withGrant, async (c) => {
    // before any of the body is kept: who may only read fills no room of those who may write
    if (c.get('grant').access !== 'write')
      throw refusal({ close: 'forbidden', reason: 'this login may not change the document' })
    const { bytes, free } = await updateIn(c)
    try {
      const contents = readUpdate(bytes)
      if (!contents.ok)
        throw refusal({ close: 'badFrame', reason: `update: ${contents.error.message}` })
      const written = await writeDocument(asked(c), contents.value)
      if (!written.ok) throw refusal(written.error)
    } finally {
      free()
    }
    return c.body(null, 200)
  })

  // refused before the upgrade: the client takes every close alike, and comes back with a new token
  // after three attempts
  const open = edge.upgrade<Env>((socket, c) =>
    documents.attach({
      document: c.get('document'),
      login: { kind: 'checked', grant: c.get('grant') },
      dialect,
      socket,
    }),
  )
  routes.get(
    '/d/:id/ws/:again',
    async (c, next) => {
      if (c.req.param('id') !== c.req.param('again'))
        throw refusal({ close: 'badName', reason: 'the two document ids of the path differ' })
      await next()
    },
    withGrant,
    open,
  )
  routes.get('/doc/ws/:id', withGrant, open)
  routes.onError((error, c) => {
    if (!(error instanceof HTTPException)) throw error // the app's to report
    if (error.status === 503 || error.status === 429) c.header('Retry-After', RETRY_SECONDS)
    return c.json({ error: error.message }, error.status)
  })
  return routes
}

const refusal = ({ close, reason }: NoRoom): HTTPException => {
  const status = Object.hasOwn(STATUS, close) ? STATUS[close as keyof typeof STATUS] : 503
  return new HTTPException(status, { message: reason })
}

const BODY_STATUS = {
  'too-long': 413,
  'too-slow': 408,
  'no-room': 503,
  'no-share': 429,
  cut: 400,
} as const

const bodyRefusal = ({ kind, message }: BodyProblem): HTTPException =>
  new HTTPException(BODY_STATUS[kind], { message })
