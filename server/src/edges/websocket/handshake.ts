import type { IncomingMessage } from 'node:http'
import { refusal, type Refusal } from './refusal.ts'
import { targetProblem } from './request-target.ts'

/*
 * The opening handshake as the server reads it (RFC 6455 §4.2.1), stricter than the library: ws also
 * takes version 8, answers 400 where §4.4 wants 426, and looks at neither HTTP version nor Host.
 */

/** The facts about an upgrade request; an `IncomingMessage` has them. */
export type HandshakeFacts = Pick<
  IncomingMessage,
  'method' | 'url' | 'httpVersion' | 'headersDistinct'
>

/** Why this is not a handshake for the server to accept, or null. */
export const handshakeProblem = (facts: HandshakeFacts): Refusal | null => {
  const header = fieldReader(facts)
  if (facts.httpVersion !== '1.1')
    return refusal(400, `a WebSocket handshake is HTTP/1.1, this is ${facts.httpVersion}`)
  const target = targetProblem(facts)
  if (target !== null) return refusal(400, target)
  if (facts.method !== 'GET') return wrongMethod(facts.method ?? '')
  if (!offersWebSocket(facts)) return refusal(400, 'Upgrade does not name websocket')
  if (!tokens(header('connection')).includes('upgrade'))
    return refusal(400, 'Connection does not name upgrade')
  if (header('transfer-encoding') !== '' || !/^0*$/.test(header('content-length')))
    return refusal(400, 'a WebSocket handshake has no body') // its bytes would be read as frames
  if (header('sec-websocket-version') !== '13') return wrongVersion(header('sec-websocket-version'))
  return keyProblem(header('sec-websocket-key')) ?? offerProblem(header)
}

/** True if the Upgrade field lists `websocket`, in any case (RFC 6455 §4.2.1, 3). */
export const offersWebSocket = (facts: Pick<HandshakeFacts, 'headersDistinct'>): boolean =>
  tokens(fieldReader(facts)('upgrade')).includes('websocket')

/** The answer to a plain request for a WebSocket resource (RFC 9110 §15.5.22). */
export const upgradeRequired: Refusal = {
  status: 426,
  sentence: 'this is a WebSocket resource: ask with Upgrade: websocket',
  headers: [
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
  ],
}

/** The answer to a method other than GET (RFC 6455 §4.1, 2). */
export const wrongMethod = (method: string): Refusal => ({
  status: 405,
  sentence: `a WebSocket handshake is a GET, this is ${method}`,
  headers: [['Allow', 'GET']],
})

/** RFC 6455 §4.4: the answer to another version names the versions that are spoken. */
const wrongVersion = (version: string): Refusal => ({
  ...upgradeRequired,
  sentence:
    version === ''
      ? 'Sec-WebSocket-Version is missing, 13 is spoken'
      : `Sec-WebSocket-Version is ${version}, 13 is spoken`,
})

/** Reads a field as one comma list, as RFC 9110 §5.3 combines repeated lines; '' if absent. */
type FieldReader = (name: string) => string

const fieldReader =
  ({ headersDistinct }: Pick<HandshakeFacts, 'headersDistinct'>): FieldReader =>
  (name) =>
    (headersDistinct[name] ?? []).join(', ').trim()

const tokens = (list: string): string[] =>
  list.split(',').map((token) => token.trim().toLowerCase())

const keyProblem = (key: string): Refusal | null => {
  if (key === '') return refusal(400, 'Sec-WebSocket-Key is missing')
  if (/^[A-Za-z0-9+/]{22}==$/.test(key)) return null // 16 bytes; two keys would hold a comma
  return refusal(400, 'Sec-WebSocket-Key is not 16 bytes of base64, once')
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const protocolToken = new RegExp(`^${token}$`)
/** RFC 6455 §9.1: extension-token *( ";" token [ "=" ( token / quoted token ) ] ) */
const extension = new RegExp(
  `^${token}(?:[ \\t]*;[ \\t]*${token}(?:[ \\t]*=[ \\t]*(?:${token}|"${token}"))?)*$`,
)

const offerProblem = (header: FieldReader): Refusal | null => {
  const protocols = members(header('sec-websocket-protocol'))
  if (!protocols.every((name) => protocolToken.test(name)))
    return refusal(400, 'Sec-WebSocket-Protocol is not a list of tokens')
  if (new Set(protocols).size !== protocols.length)
    return refusal(400, 'Sec-WebSocket-Protocol names a protocol twice') // §4.1, 10
  if (!members(header('sec-websocket-extensions')).every((offer) => extension.test(offer)))
    return refusal(400, 'Sec-WebSocket-Extensions is not a list of extensions') // §9.1
  return null
}

const members = (list: string): string[] =>
  list === '' ? [] : list.split(',').map((member) => member.trim())
