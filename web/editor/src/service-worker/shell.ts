/*
 * Which requests the worker answers, and with what. All others are none of its business: they go to the
 * network as if there were no worker.
 *
 *   navigation to / or /p/…   the network; the kept page where that is away, or says nothing for a while
 *   /assets/…                 what is kept of any build, for the name says the content; else the network
 *   other files of the build  as the page; what is kept at once for a page that came from what is kept
 */

/** A file of a build. */
export interface ShellFile {
  /** The path that it is served at. */
  readonly path: string
  /** What its bytes are (W3C Subresource Integrity). */
  readonly integrity: string
}

/** All that a page without a network needs, of one build. */
export interface Shell {
  /** Another for each content. */
  readonly version: string
  readonly files: readonly ShellFile[]
}

/** What the worker does with a request. */
export type Handling = 'pass' | 'page' | 'asset' | 'file'

/** The path of the page, which is the same for all documents. */
export const pagePath = '/'

/** The part of a request that the worker looks at. */
export type Asked = Pick<Request, 'method' | 'mode' | 'url'>

/** What is to be done with a request to `origin`, or elsewhere. */
export function handlingOf({ method, mode, url }: Asked, origin: string, shell: Shell): Handling {
  const asked = new URL(url)
  if (method !== 'GET' || asked.origin !== origin) return 'pass'
  const { pathname } = asked
  if (mode === 'navigate')
    return pathname === pagePath || pathname.startsWith('/p/') ? 'page' : 'pass'
  if (isHashed(pathname)) return 'asset'
  return pathname !== pagePath && shell.files.some(({ path }) => path === pathname)
    ? 'file'
    : 'pass'
}

/** Whether a path says what its content is: it is the same in all builds that have it. */
export const isHashed = (path: string): boolean => path.startsWith('/assets/')

/** Whether an answer is a gateway's that does not reach the server (RFC 9110 §15.6.3 to 15.6.5). */
export const isAway = (status: number): boolean => status >= 502 && status <= 504
