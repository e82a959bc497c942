import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { requestId } from 'hono/request-id'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import { plainAnswer } from '../edges/websocket/web-socket-edge.ts'
import type { Documents } from '../runtime/documents.ts'
import { apiAccess } from './api-access.ts'
import { API_PATH, apiRoutes, type ApiOptions } from './api/api.ts'
import { answerProblem, Problem } from './api/problem.ts'
import { crossSite } from './cross-site.ts'
import { editorRoutes } from './editor.ts'
import type { PartFacts } from '../runtime/health-watch.ts'
import { OWN_PATHS } from './own-paths.ts'
import { answerFields } from './page-fields.ts'
import { healthRoutes, notReady, type HealthSource } from './health.ts'
import { metricsRoute, type MetricsRoute } from './metrics.ts'
import { quireRoutes, socketRoutes, type SocketRoutes } from './sockets.ts'
import { OPERATIONS_PATH, operationsPageRoutes } from './operations-page.ts'
import { CROSS_SITE_FIELDS, CROSS_SITE_PATHS, ySweetRoutes, type YSweetRoutes } from './y-sweet.ts'

/** What the routes are made of. */
export interface AppOptions
  extends SocketRoutes, Omit<YSweetRoutes, 'notReady'>, ApiOptions, Pick<MetricsRoute, 'metrics'> {
  /** Which parts of the server are ill, and since when. */
  readonly parts: () => readonly PartFacts[]
  /** Directory of the built editor; null: no page of it is served, and only what is a route's is touched. */
  readonly editorRoot: string | null
  /** Directory of the built page of operations; null: there is none, and nothing that it follows. */
  readonly operationsRoot: string | null
  /** The documents of the server that pages of operations follow. */
  readonly live: Documents
}

/** Longest id that a client may give its request; of letters, digits, `-`, `_` and `=`. Another one is not taken. */
const REQUEST_ID_LENGTH = 64

/** All routes of the server, without the base path that they are mounted on. */
export const createApp = (options: AppOptions): Hono<{ Bindings: EdgeBindings }> => {
  const { documents, edge, editorRoot, operationsRoot, live, basePath, isTls } = options
  const app = new Hono<{ Bindings: EdgeBindings }>()
  app.route('/', socketRoutes(options))
  if (operationsRoot !== null)
    app.route(OPERATIONS_PATH, quireRoutes({ ...options, documents: live }))
  const operationsPaths = operationsRoot === null ? [] : [`${OPERATIONS_PATH}/*`]
  const touched = editorRoot === null ? [...OWN_PATHS, ...operationsPaths] : ['*']
  // on a 101 they mean nothing, and would cost each handshake
  const named = [requestId({ limitLength: REQUEST_ID_LENGTH }), answerFields(isTls)]
  for (const path of touched)
    for (const fields of named)
      app.use(path, (c, next) => (c.env.outgoing === undefined ? next() : fields(c, next)))
  const health: HealthSource = {
    get isDraining() {
      return documents.isDraining
    },
    figures: () => documents.figures(),
    memory: () => documents.memory(),
    refusing: () => edge.full() ?? documents.refusing(),
  }
  app.route('/health', healthRoutes(health, options.parts))
  app.route('/metrics', metricsRoute(options))
  // a browser that asks whether it may ask is not counted: the answer costs no more than a refusal
  for (const path of CROSS_SITE_PATHS)
    app.use(path, crossSite(options.allowedOrigins, { fields: CROSS_SITE_FIELDS }))
  app.route(API_PATH, apiAccess(options))
  for (const path of touched) app.use(path, rated(options)) // not of who asks how the server is
  app.route('/', ySweetRoutes({ ...options, notReady: () => notReady(health) }))
  app.route(API_PATH, apiRoutes(options))
  if (operationsRoot !== null) app.route('/', operationsPageRoutes(operationsRoot, basePath, isTls))
  if (editorRoot !== null) app.route('/', editorRoutes(editorRoot, isTls))
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    options.observe.event({ kind: 'bug', document: null, error })
    return c.json({ error: 'the server failed to answer' }, 500)
  })
  app.notFound((c) => c.text(`There is nothing at ${c.req.path}\n`, 404))
  return app
}

/** Counts the requests of an address; what is too many is refused in the words of who was asked. */
const rated = ({ edge, basePath }: AppOptions): MiddlewareHandler<{ Bindings: EdgeBindings }> =>
  edge.requestRate((refusal, c) => {
    if (!c.req.path.startsWith(`${basePath}${API_PATH}/`)) return plainAnswer(refusal)
    c.header('Cache-Control', 'no-store')
    const [, seconds] = refusal.headers.find(([name]) => name === 'Retry-After') ?? []
    const retry = seconds === undefined ? {} : { retrySeconds: Number(seconds) }
    return answerProblem(new Problem('too-many', refusal.sentence, retry), c)
  })
