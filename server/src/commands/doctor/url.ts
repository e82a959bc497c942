/* A server as clients reach it: what stands before it must let through upgrades, streams and large messages. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { encodeConnectionRequest, QUIRE_REVISION, QUIRE_SUBPROTOCOL } from '@quire/shared'
import { messageOf } from '../message-of.ts'
import { type Check, good, toChange } from './check.ts'
import { askerCheck } from './asker.ts'

const ANSWER_MS = 10_000
/** A stream says its name at once; a proxy that buffers holds it back. */
const STREAM_MS = 3_000
const LARGE_BYTES = 2 * 1024 * 1024
const TOLERANCE_MS = 30_000
/** What a WebSocket is closed with that was cut off without a close frame (RFC 6455 §7.4.1). */
const CUT_OFF = 1006

const at = (url: URL, path: string): URL =>
  new URL(`${url.pathname.replace(/\/+$/, '')}${path}`, url)

const reach = async (url: URL): Promise<readonly Check[]> => {
  const startedAt = Date.now()
  const answer = await fetch(at(url, '/health/ready'), {
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: 'manual', // a WebSocket follows none
  })
  if (answer.status >= 300 && answer.status < 400)
    return [
      toChange(
        'server',
        `${url.href} answers ${answer.status} and leads to ${answer.headers.get('location') ?? 'nowhere'}`,
        'give that address: WebSockets follow no redirect, so clients have to be told it, too',
      ),
    ]
  const text = await answer.text()
  const isQuire = text.includes('"status"') && text.includes('ready')
  if (!isQuire)
    return [
      toChange(
        'server',
        `${url.href} answers ${answer.status}, and not as a Quire does`,
        'see that the proxy passes all paths on, /health, /sync and /api among them',
      ),
    ]
  const ready = answer.ok
    ? good('server', `${url.href} is ready`)
    : toChange('server', `${url.href} is not ready: ${text}`, 'see to the reason that it gives')
  const date = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(date)) return [ready]
  const apart = date - startedAt
  const says = `that of the server is ${Math.round(apart / 1000)} s from this one`
  return [
    ready,
    Math.abs(apart) > TOLERANCE_MS
      ? toChange(
          'clocks',
          says,
          'set both (NTP): tokens are taken for expired or for not issued yet',
        )
      : good('clocks', says),
  ]
}

const openSocket = async (url: URL): Promise<WebSocket> => {
  const sync = at(url, '/sync')
  sync.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(sync, QUIRE_SUBPROTOCOL, { handshakeTimeout: ANSWER_MS })
  await once(socket, 'open') // rejects on `error`
  socket.on('error', () => undefined) // told with the close
  return socket
}

/** What is no message of the protocol closes a connection: by the server with its own code, by a proxy without one. */
const largeMessage = async (socket: WebSocket): Promise<Check> => {
  const hello = { kind: 'hello', revision: QUIRE_REVISION, agent: 'quire doctor' } as const
  socket.send(encodeConnectionRequest(hello))
  socket.send(Buffer.alloc(LARGE_BYTES, 0xff))
  const late = setTimeout(() => socket.terminate(), ANSWER_MS)
  const [code] = (await once(socket, 'close')) as [number] // ws
  clearTimeout(late)
  const says = `of ${LARGE_BYTES} bytes`
  return code === CUT_OFF
    ? toChange(
        'large WebSocket message',
        `${says} was cut off before the server answered`,
        'lift the proxy’s limit of WebSocket messages to QUIRE_MAX_MESSAGE_BYTES',
      )
    : good('large WebSocket message', `${says} reaches the server`)
}

const upgrade = async (url: URL): Promise<readonly Check[]> => {
  let socket: WebSocket
  try {
    socket = await openSocket(url)
  } catch (thrown) {
    return [
      toChange(
        'WebSocket',
        `the upgrade does not pass: ${messageOf(thrown)}`,
        'have the proxy pass it on: proxy_http_version 1.1, Upgrade and Connection of nginx; Caddy does by itself',
      ),
    ]
  }
  try {
    return [good('WebSocket', 'the upgrade passes'), await largeMessage(socket)]
  } finally {
    socket.terminate()
  }
}

const stream = async (url: URL): Promise<Check> => {
  const name = 'event stream'
  const buffered =
    'switch buffering off for /sync/stream: proxy_buffering off of nginx, flush_interval -1 of Caddy'
  const end = new AbortController()
  const late = setTimeout(() => end.abort(), STREAM_MS)
  try {
    const answer = await fetch(at(url, '/sync/stream'), {
      headers: { 'Quire-Protocol': QUIRE_SUBPROTOCOL },
      signal: end.signal,
    })
    if (!answer.ok || answer.body === null)
      return toChange(
        name,
        `is answered ${answer.status}`,
        'have the proxy pass /sync/stream on as it is',
      )
    const read = await answer.body.getReader().read()
    return read.done
      ? toChange(name, 'ends before it has begun', 'have the proxy pass /sync/stream on as it is')
      : good(name, 'arrives as it is sent')
  } catch (thrown) {
    return end.signal.aborted
      ? toChange(name, `nothing of it has arrived within ${STREAM_MS / 1000} s`, buffered)
      : toChange(name, messageOf(thrown), 'have the proxy pass /sync/stream on as it is')
  } finally {
    clearTimeout(late)
    end.abort()
  }
}

/** The server refuses it, be it with 401: but it is the server that does, which its problem’s type tells. */
const largeBody = async (url: URL): Promise<Check> => {
  const name = 'large request'
  const answer = await fetch(at(url, '/api/v1/documents'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `"${'x'.repeat(LARGE_BYTES)}"`,
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  await answer.body?.cancel()
  const isOurs = answer.headers.get('content-type')?.includes('problem+json') === true
  const says = `of ${LARGE_BYTES} bytes is answered ${answer.status} by`
  return isOurs
    ? good(name, `${says} the server`)
    : toChange(
        name,
        `${says} something before the server`,
        'lift its limit to QUIRE_MAX_API_BODY_BYTES: client_max_body_size of nginx',
      )
}

const attempt = async (
  name: string,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> => {
  try {
    return await look()
  } catch (thrown) {
    const cause =
      thrown instanceof Error && thrown.cause !== undefined ? `: ${messageOf(thrown.cause)}` : ''
    return [
      toChange(
        name,
        `${messageOf(thrown)}${cause}`,
        'see that the address is right, and that something answers there',
      ),
    ]
  }
}

/** Looks at a server by its address; `token`: of who may see its operations. */
export const urlChecks = async (url: URL, token: string | null): Promise<readonly Check[]> => {
  const reached = await attempt('server', () => reach(url))
  if (reached.some(({ name, state }) => name === 'server' && state === 'change')) return reached
  return [
    ...reached,
    ...(await attempt('WebSocket', () => upgrade(url))),
    ...(await attempt('event stream', async () => [await stream(url)])),
    ...(await attempt('large request', async () => [await largeBody(url)])),
    ...(await attempt('client address', async () => [
      await askerCheck(at(url, '/api/v1/operations'), token),
    ])),
  ]
}
