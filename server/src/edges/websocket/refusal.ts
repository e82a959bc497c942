import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../ports/clock.ts'

/*
 * Answers written onto a bare TCP connection: after `upgrade`, `connect` and `clientError` Node has
 * no ServerResponse any more. Each is a complete HTTP/1.1 response that ends the connection.
 */

/** Why a request is turned away: a status, one sentence for a person, and what the status demands. */
export interface Refusal {
  readonly status: number
  readonly sentence: string
  readonly headers: ReadonlyArray<readonly [string, string]>
}

/** A refusal without extra header fields. */
export const refusal = (status: number, sentence: string): Refusal => ({
  status,
  sentence,
  headers: [],
})

/** A response that `answer` writes; `headers` carries neither Content-Length nor Connection. */
export interface BareResponse {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: Uint8Array
}

/** A refusal as a response: its sentence as plain text. */
export const refusalResponse = ({ status, sentence, headers }: Refusal): BareResponse => ({
  status,
  headers: [['Content-Type', 'text/plain; charset=utf-8'], ...headers],
  body: Buffer.from(`${sentence}\n`),
})

/** What `answer` needs besides the response. */
export interface Lingering {
  readonly clock: Clock
  /** How long the peer may take to read the answer and hang up. */
  readonly closeMs: number
}

/**
 * Writes `response` and closes the connection: our half at once, the whole after the peer's half or
 * `closeMs`. What the peer still sends is read and dropped meanwhile, because a close with unread
 * bytes is a TCP reset, which may take the answer with it (RFC 9112 §9.6).
 */
export const answer = (socket: Duplex, response: BareResponse, lingering: Lingering): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const undo = lingering.clock.after(lingering.closeMs, () => socket.destroy())
  socket.once('close', undo)
  socket.end(encodeResponse(response))
  socket.resume()
}

const EMPTY = new Uint8Array()

/** The bytes of a complete response, `Connection: close` and `Content-Length` included. */
const encodeResponse = ({ status, headers, body }: BareResponse): Buffer => {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`]
  // RFC 9110 §7.8: who sends Upgrade names it in Connection too, so that no proxy forwards it
  const upgrade = headers.some(([name]) => name.toLowerCase() === 'upgrade')
  lines.push(`Connection: ${upgrade ? 'close, Upgrade' : 'close'}`)
  const bodiless = status === 204 || status === 304 // RFC 9110 §8.6: those have no Content-Length
  if (!bodiless) lines.push(`Content-Length: ${body.byteLength}`)
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    bodiless ? EMPTY : body,
  ])
}
