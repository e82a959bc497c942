/*
 * Who may ask /api/v1 from where: programs, pages of this server, and pages of the sites that are listed. Of what
 * others ask nothing is done.
 */
import { Hono } from 'hono'
import { answerProblem, Problem } from './api/problem.ts'
import { crossSite, sameSite } from './cross-site.ts'
import type { PageRules } from './origin.ts'

/** What pages of other sites may do with it, where they are listed. */
const API_CROSS_SITE = {
  methods: ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'],
  fields: [
    'Authorization',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'Idempotency-Key',
    'X-Request-Id',
  ],
  exposed: ['ETag', 'Location', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy', 'Retry-After'],
} as const

/** Stands before the routes of /api/v1; the refusal is a problem as RFC 9457 has it. */
export const apiAccess = (rules: PageRules): Hono => {
  const routes = new Hono()
  routes.use(crossSite(rules.allowedOrigins, API_CROSS_SITE))
  routes.use(
    sameSite(rules, (c, problem) => {
      // the option has another name where the server is embedded
      const detail = problem.replaceAll('QUIRE_ALLOWED_ORIGINS', 'the list of allowed origins')
      c.header('Cache-Control', 'no-store')
      return answerProblem(new Problem('forbidden', detail), c)
    }),
  )
  return routes
}
