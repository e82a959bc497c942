import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

/** How long a browser may remember what it was told of another site's requests, seconds; Chromium takes no more. */
const REMEMBERED_SECONDS = 7_200

/**
 * Lets pages of these origins make requests with these fields and read what they are answered, refusals included: it has
 * to stand before what refuses.
 */
export const crossSite = (
  origins: readonly string[],
  fields: readonly string[],
): MiddlewareHandler =>
  cors({
    origin: (origin) => (origins.includes('*') || origins.includes(origin) ? origin : null),
    allowHeaders: [...fields],
    maxAge: REMEMBERED_SECONDS,
  })
