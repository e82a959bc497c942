import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { requestProblem, type PageRules } from './origin.ts'

/** How long a browser may remember what it was told of another site's requests, seconds; Chromium takes no more. */
const REMEMBERED_SECONDS = 7_200

/** What pages of other sites may do where they are listed. */
export interface CrossSite {
  /** Fields that their requests carry. */
  readonly fields: readonly string[]
  /** Methods of their requests; absent: those that Fetch lets through, and PUT, DELETE and PATCH. */
  readonly methods?: readonly string[]
  /** Fields of answers that they may read beside those that Fetch lets through. */
  readonly exposed?: readonly string[]
}

/**
 * Lets pages of these origins make requests with these fields and read what they are answered, refusals included: it has
 * to stand before what refuses.
 */
export const crossSite = (
  origins: readonly string[],
  { fields, methods, exposed = [] }: CrossSite,
): MiddlewareHandler =>
  cors({
    origin: (origin) => (origins.includes('*') || origins.includes(origin) ? origin : null),
    allowHeaders: [...fields],
    ...(methods === undefined ? {} : { allowMethods: [...methods] }),
    exposeHeaders: [...exposed],
    maxAge: REMEMBERED_SECONDS,
  })

/**
 * Refuses requests of pages of other sites that are not listed: such a page cannot read the answer, but without this it
 * could have the browser of somebody on this machine, or with a cookie, change something.
 */
export const sameSite =
  (
    rules: PageRules,
    refuse: (c: Context, problem: string) => Response | Promise<Response>,
  ): MiddlewareHandler =>
  async (c, next) => {
    const problem = pageProblem(c, rules)
    return problem === null ? next() : refuse(c, problem)
  }

/** Why a request may not be made by the page that made it, or null if it may. */
export const pageProblem = (c: Context, rules: PageRules): string | null => {
  const { host } = new URL(c.req.url) // of the target where it names one, of Host otherwise
  const [origin, site, mode, dest] = [
    c.req.header('origin'),
    c.req.header('sec-fetch-site'),
    c.req.header('sec-fetch-mode'),
    c.req.header('sec-fetch-dest'),
  ]
  return requestProblem({ method: c.req.method, host, origin, site, mode, dest }, rules)
}
