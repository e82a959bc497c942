/*
 * Which requests are this server's, where it shares its port with another application. A request target is read as
 * it came, base path included; what is mounted by Hono's `route` or by Express says the same of it.
 */
import type { IncomingMessage } from 'node:http'

/** The first segments of all routes but those of pages. */
export const OWN_SEGMENTS = [
  'api',
  'check_store',
  'd',
  'doc',
  'health',
  'hocuspocus',
  'metrics',
  'ready',
  'sync',
  'yjs',
] as const

/** The paths below which everything is a route's, as Hono writes them; each stands for its segment, too. */
export const OWN_PATHS: readonly string[] = OWN_SEGMENTS.map((segment) => `/${segment}/*`)

const SEGMENTS: ReadonlySet<string> = new Set(OWN_SEGMENTS)

/** Before the path in the absolute form, which servers have to take (RFC 9112 §3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?]*/i

/** The target that a request came with: Express and Connect strip from `url` what they have matched. */
export const targetOf = (request: IncomingMessage): string => {
  const { originalUrl, url = '/' } = request as IncomingMessage & { readonly originalUrl?: unknown }
  return typeof originalUrl === 'string' ? originalUrl : url
}

/** True if a request target is below the base path, and names a route there. */
export const isOwnTarget = (
  target: string,
  basePath: string,
  /** First segments of pages. */
  pages: readonly string[] = [],
): boolean => {
  const [path = ''] = target.replace(AUTHORITY, '').split('?', 1)
  if (!path.startsWith(`${basePath}/`)) return false
  const [, segment = ''] = path.slice(basePath.length).split('/', 2)
  return SEGMENTS.has(segment) || pages.includes(segment)
}
