import type { IncomingMessage } from 'node:http'

/*
 * Which request targets and Host fields the server takes (RFC 9112 §3.2), for plain requests and
 * upgrades alike. Everything that passes here parses as a URL, so nothing behind it can throw.
 *
 *   origin-form     /path?query     taken. Not `//…`: URL parsers read an authority into it.
 *   absolute-form   http://host/p   taken, as RFC 9112 §3.2.2 and RFC 6455 §4.2.1 (2) demand; its
 *                                   authority replaces Host. Not with user information (§4.2.4 of
 *                                   RFC 9110), which `new Request` would throw on.
 *   authority-form  host:443        400: only for CONNECT, and this is not a proxy.
 *   asterisk-form   *               400: there is nothing to say about the server as a whole.
 *
 * Stricter than the library: broken percent-encoding, `#` and anything but visible ASCII are
 * refused. Looser than RFC 3986: browsers send `|`, `[`, `^`, `{` unencoded, so those pass.
 */

/** The facts about a request that its target is judged by; an `IncomingMessage` has them. */
export type TargetFacts = Pick<IncomingMessage, 'url' | 'httpVersion' | 'headersDistinct'>

/** What is wrong with the target or Host of a request, as a sentence, or null. */
export const targetProblem = (facts: TargetFacts): string | null => {
  const hosts = facts.headersDistinct['host'] ?? []
  if (hosts.length > 1) return 'the request has more than one Host (RFC 9112 §3.2)'
  if (hosts.length === 0 && facts.httpVersion !== '1.0')
    return 'the request has no Host (RFC 9112 §3.2)'
  const target = facts.url ?? ''
  return spellingProblem(target) ?? formProblem(target) ?? hostProblem(hosts[0])
}

const spellingProblem = (target: string): string | null => {
  const bad = /[^\x21-\x7e]|#/.exec(target)
  if (bad) return `the request target holds ${codePoint(bad[0])}, which must be percent-encoded`
  const percent = /%(?![0-9a-f]{2})/i.exec(target)
  if (percent)
    return `the request target holds a broken percent-encoding at character ${percent.index + 1}`
  if (/^[^?]*\\/.test(target)) return 'the request target holds a backslash in its path'
  return null
}

const codePoint = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

const formProblem = (target: string): string | null => {
  if (target === '*') return 'the request target is *, which names no resource here'
  if (target.startsWith('//')) return 'the request target starts with //, which reads as a host'
  if (target.startsWith('/')) return null
  return absoluteProblem(target)
}

const absoluteProblem = (target: string): string | null => {
  const absolute = /^https?:\/\/([^/?]+)/.exec(target) // lower case: node-server reads no other
  if (!absolute) return 'the request target is neither a path nor an http URL (RFC 9112 §3.2)'
  if (absolute[1]?.includes('@'))
    return 'the request target holds user information (RFC 9110 §4.2.4)'
  if (!URL.canParse(target)) return 'the request target is not a URL'
  return null
}

const hostProblem = (host: string | undefined): string | null => {
  if (host === undefined) return null // HTTP/1.0 knew no Host; the server's default name stands in
  const shape = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::\d{1,5})?$/i.exec(host)
  const url = shape && URL.parse(`http://${host}/`)
  // a name that the parser rewrites (127.1, 0x7f.1, [0::1]) is one that two readers read differently
  if (url?.hostname !== shape?.[1]?.toLowerCase() || !url) return 'the Host is not a host name'
  return null
}
