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
  allowed: readonly string[],
): string | null => {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return null
  if (isOwnAddress(origin, host.toLowerCase())) return null
  return `QUIRE_ALLOWED_ORIGINS does not list ${origin}`
}

const isOwnAddress = (origin: string, host: string): boolean => {
  if (!URL.canParse(origin)) return false
  const own = new URL(origin)
  return own.host === host && ADDRESS.test(own.hostname)
}

/** IPv4 as `URL` writes it, IPv6 in brackets, and the names that never leave the machine (RFC 6761). */
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]|(.+\.)?localhost)$/
