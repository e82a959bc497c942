/*
 * `GET /metrics`: the server's figures in Prometheus' text format, for whoever may see how it is. It counts to no rate, so
 * that a busy server goes on being seen; however many ask at once, the figures are written once. As nothing else bounds
 * who asks without a login, few of them are judged at a time: they share places with all who log in.
 */
import { Hono } from 'hono'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Documents } from '../runtime/documents.ts'
import { Places } from '../runtime/places.ts'
import { answerProblem, Problem, roomProblem } from './api/problem.ts'
import { sameSite } from './cross-site.ts'
import type { PageRules } from './origin.ts'
import { requestFacts } from './request-facts.ts'
import { tokenOf } from './token.ts'

/** What the route is made of. */
export interface MetricsRoute extends PageRules {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  /** The figures of this moment. */
  readonly metrics: { readonly type: string; read(): Promise<string> }
}

/** Whose login is judged at a time, of all and of one address: two scrapers each ask once in a few seconds. */
const JUDGED = { total: 16, perGroup: 4 }

const BUSY = { close: 'tryAgainLater', reason: 'others are asking for the figures' } as const

/** The route. */
export const metricsRoute = (options: MetricsRoute): Hono<{ Bindings: EdgeBindings }> => {
  const { documents, edge, metrics } = options
  const routes = new Hono<{ Bindings: EdgeBindings }>()
  routes.use(
    '/',
    sameSite(options, (c, problem) => {
      const detail = problem.replaceAll('QUIRE_ALLOWED_ORIGINS', 'the list of allowed origins')
      c.header('Cache-Control', 'no-store')
      return answerProblem(new Problem('forbidden', detail), c)
    }),
  )
  const judged = new Places(JUDGED)
  routes.get('/', async (c) => {
    c.header('Cache-Control', 'no-store')
    const place = judged.take(edge.clientOf(c.env.incoming).addressGroup)
    if (!place.ok) return answerProblem(roomProblem(BUSY), c)
    const grant = await documents
      .loginOperations(tokenOf(c), requestFacts(c, edge))
      .finally(place.value)
    if (!grant.ok) {
      documents.tellDenied({ document: null, family: 'api' }, grant.error)
      return answerProblem(roomProblem(grant.error), c)
    }
    return c.body(await metrics.read(), 200, { 'Content-Type': metrics.type })
  })
  return routes
}
