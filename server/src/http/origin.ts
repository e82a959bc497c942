/** What a server holds pages to. */
export interface PageRules {
  /** Origins of pages that may ask for everything, or `*`. */
  readonly allowedOrigins: readonly string[]
  /** True where this server itself speaks TLS: its own pages come by https then. */
  readonly isTls: boolean
  /** True where nobody needs a login, and nobody said that the network may do everything: the name it is called by counts. */
  readonly isOpen: boolean
}

/** What a browser says of a page's request: Host, Origin, and Fetch Metadata (W3C), which it sends by https and to this machine. */
export interface PageRequest {
  readonly method: string
  /** Name or address, and port. */
  readonly host: string
  readonly origin: string | undefined
  readonly site: string | undefined
  readonly mode: string | undefined
  readonly dest: string | undefined
}

type OriginRules = Pick<PageRules, 'allowedOrigins' | 'isTls'>

/**
 * Why a page of this origin may not connect to this host, or null if it may. Browsers send `Origin` with every
 * WebSocket handshake and nothing else protects a socket from other sites' pages (RFC 6455 §10.2);
 * programs send none and are not the threat.
 *
 * A page of the server's own host may, where that is an address or localhost. Another name has to be
 * listed: whoever owns a name can point it at this machine, also at its loopback, and the browser then
 * takes his page for the server's own (DNS rebinding).
 */
export const originProblem = (
  origin: string | undefined,
  host: string,
  { allowedOrigins, isTls }: OriginRules,
): string | null => {
  if (origin === undefined || allowedOrigins.includes('*') || allowedOrigins.includes(origin))
    return null
  if (isOwnAddress(origin, host.toLowerCase(), isTls)) return null
  return `QUIRE_ALLOWED_ORIGINS does not list ${origin}`
}

/**
 * Why a request may not be made, or null if it may. Browsers send no `Origin` with a GET of a page of the same origin,
 * nor with one for an image or a script of another site. The former may come from a name that somebody has pointed
 * here: where a login is needed that page has none, and where none is, the name has to be one that nobody can point.
 */
export const requestProblem = (request: PageRequest, rules: PageRules): string | null => {
  const { origin, host } = request
  if (origin !== undefined) return originProblem(origin, host, rules)
  if (rules.allowedOrigins.includes('*')) return null
  if (isOfAnotherSite(request)) return ANOTHER_SITE
  if (!rules.isOpen || isKnownHost(host, rules.allowedOrigins)) return null
  return `this server needs no login, and QUIRE_ALLOWED_ORIGINS lists no origin of the host ${host}`
}

const ANOTHER_SITE =
  'a page of another site asked for this, and said no origin that QUIRE_ALLOWED_ORIGINS lists'

/** A page that somebody goes to is asked for in the name of the one with the link; that one cannot read it. */
const isOfAnotherSite = ({ method, site, mode, dest }: PageRequest): boolean => {
  if (site !== 'cross-site' && site !== 'same-site') return false
  const isVisit = mode === 'navigate' && dest === 'document'
  return !isVisit || (method !== 'GET' && method !== 'HEAD')
}

const isOwnAddress = (origin: string, host: string, isTls: boolean): boolean => {
  const own = URL.parse(origin)
  if (own === null) return false
  // others, such as those of browsers' extensions, have hosts that are no hosts
  if (own.protocol !== 'https:' && (isTls || own.protocol !== 'http:')) return false
  return own.host === host && ADDRESS.test(own.hostname)
}

/** By whatever port: it is the name that somebody points here. */
const isKnownHost = (host: string, allowedOrigins: readonly string[]): boolean => {
  const hostname = hostnameOf(`http://${host}`)
  if (hostname === null) return false
  return ADDRESS.test(hostname) || allowedOrigins.some((origin) => hostnameOf(origin) === hostname)
}

const hostnameOf = (url: string): string | null => URL.parse(url)?.hostname ?? null

/** IPv4 as `URL` writes it, IPv6 in brackets, and the names that never leave the machine (RFC 6761). */
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]|(.+\.)?localhost)$/
