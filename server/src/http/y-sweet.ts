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
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { millis, ok, type DocName, type PresenceLimits, type Result } from '@quire/shared'
import { ySweet } from '../dialects/y-sweet.ts'
import type { Grant } from '../ports/auth.ts'
import type { Undo } from '../ports/undo.ts'
import { openDocument } from '../runtime/direct.ts'
import { sameSite } from './cross-site.ts'
import type { PageRules } from './origin.ts'
import { requestFacts } from './request-facts.ts'
import { readBody } from './request-body.ts'
import { tokenOf } from './token.ts'
import { asked, contentRoutes, type ContentRoutes, type GrantedEnv } from './y-sweet-contents.ts'
import { answerRefusal, bodyRefusal, refusal } from './y-sweet-refusals.ts'
import { documentOfId, readAuthRequest, readNewRequest } from './y-sweet-requests.ts'

/** What the routes of y-sweet are made of. */
export interface YSweetRoutes extends ContentRoutes, PageRules {
  readonly presence: PresenceLimits
  /** Where all routes are mounted: '' or a path without a slash at its end. */
  readonly basePath: string
  /** Why the server takes no clients at this moment, or null. */
  readonly notReady: () => string | null
}

/** Where pages of other sites may ask, if they are listed. */
export const CROSS_SITE_PATHS = ['/doc/*', '/d/*', '/check_store'] as const

/** What their requests carry. */
export const CROSS_SITE_FIELDS = ['Authorization', 'Content-Type'] as const

/**
 * Bodies of requests for documents and tokens, bytes: as long as a request's head. Like heads they are bounded by
 * the places of connections, and not together with updates: whoever fills the room of those stops no login.
 */
const MAX_REQUEST_BYTES = 16 * 1024

const uncounted = (): Result<Undo, never> => ok(() => undefined)

/** The routes. */
export const ySweetRoutes = (options: YSweetRoutes): Hono<GrantedEnv> => {
  const { documents, edge, clock, readMs } = options
  const dialect = ySweet(options.presence)
  const routes = new Hono<GrantedEnv>()

  const granted = async (document: DocName, c: Context<GrantedEnv>): Promise<Grant> => {
    const request = documents.readsRequests ? requestFacts(c, edge) : undefined
    const grant = await documents.login(document, tokenOf(c), request)
    if (grant.ok) return grant.value
    documents.tellDenied({ document, family: 'y-sweet' }, grant.error)
    throw refusal(grant.error)
  }

  /** The document in the path, if the token of the request grants it. */
  const withGrant: MiddlewareHandler<GrantedEnv, '/:id'> = async (c, next) => {
    const document = documentOfId(c.req.param('id') ?? '')
    if (!document.ok) throw refusal({ close: 'badName', reason: document.error })
    c.set('document', document.value)
    c.set('grant', await granted(document.value, c))
    await next()
  }

  // a page of another site could make a browser on this machine ask; without an answer it may still write
  const ownSite = sameSite(options, (_, reason) => {
    throw refusal({ close: 'forbidden', reason })
  })
  // what is answered holds for this moment, and tokens are nobody else's
  const unstored: MiddlewareHandler<GrantedEnv> = async (c, next) => {
    c.header('Cache-Control', 'no-store')
    await next()
  }
  for (const path of CROSS_SITE_PATHS) routes.use(path, unstored, ownSite)

  const textOf = async (c: Context<GrantedEnv>): Promise<string> => {
    const bounds = { limit: MAX_REQUEST_BYTES, take: uncounted, clock, readMs }
    const body = await readBody(c.req.raw, bounds)
    if (!body.ok) throw bodyRefusal(body.error)
    return new TextDecoder().decode(body.value.bytes)
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
    c.set('document', document)
    c.set('grant', await granted(document, c))
    const opened = await openDocument(asked(options, c))
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
      {
        document,
        token: tokenOf(c),
        request: documents.readsRequests ? requestFacts(c, edge) : undefined,
      },
      { access, user: userId, expiresAt },
    )
    if (!made.ok) {
      documents.tellDenied({ document, family: 'y-sweet' }, made.error)
      throw refusal(made.error)
    }
    const token = made.value
    const { host } = new URL(c.req.url)
    const home = `${host}${options.basePath}/d/${document}`
    const isSecure = edge.isSecure(c.env.incoming)
    return c.json({
      url: `${isSecure ? 'wss' : 'ws'}://${home}/ws`,
      baseUrl: `${isSecure ? 'https' : 'http'}://${home}`,
      docId: document,
      ...(token === null ? {} : { token }),
      authorization,
    })
  })

  routes.route('/', contentRoutes(options, withGrant))

  // refused before the upgrade: the client takes every close alike, and comes back with a new token
  // after three attempts
  const open = edge.upgrade<GrantedEnv>((socket, c) =>
    documents.attach({
      document: c.get('document'),
      // as it was given: what is taken back of it may be given back
      login: { kind: 'checked', grant: documents.guard.loginOf(c.get('grant')) },
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
  routes.onError(answerRefusal)
  return routes
}
