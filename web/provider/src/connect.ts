import { parseDocName } from '@quire/shared'
import type { Connected, ConnectOptions, TransportName } from './api.ts'
import { platform } from './environment.ts'
import { Hub } from './hub.ts'
import { Provider } from './provider.ts'
import { lazyTransport } from './transports/lazy.ts'
import type { Transport } from './transports/transport.ts'
import { webSocketTransport } from './transports/web-socket.ts'

/** Looked up for each request: an application may put another one in its place. */
const requests = { ...platform, fetch: (url: string, init: RequestInit) => fetch(url, init) }
const byRequests = () => import('./transports/event-stream.ts')
const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  websocket: webSocketTransport,
  'event-stream': lazyTransport(async () => (await byRequests()).eventStreamTransport(requests)),
  polling: lazyTransport(async () => (await byRequests()).pollingTransport(requests)),
}
const ALL = ['websocket', 'event-stream', 'polling'] as const

/** One connection for all documents of a server in this page, for each choice of ways to reach it. */
const hubs = new Map<string, Hub>()

/**
 * Keeps a document in step with a server: it connects at once, and again whenever that is lost. All documents
 * of one `url` share one connection. Throws a `TypeError` where the address, the name or a transport is none.
 */
export const connect = ({
  url,
  transports = ALL,
  document,
  doc,
  token = () => null,
  offline,
  presence,
}: ConnectOptions): Connected => {
  const address = { url: addressOf(url), ...waysOf(transports) }
  const name = parseDocName(document)
  if (!name.ok) throw new TypeError(`connect: ${name.error.message}`)
  return new Provider({
    document,
    doc,
    token,
    presence: presence ?? true,
    offline: offline ?? null,
    hub: () => hubOf(address),
    environment: platform,
  })
}

/** A server, and ways to reach it. */
interface Address {
  readonly url: string
  readonly names: string
  readonly transports: readonly [Transport, ...(readonly Transport[])]
}

const hubOf = ({ url, names, transports }: Address): Hub => {
  const key = `${names} ${url}`
  const known = hubs.get(key)
  if (known !== undefined) return known
  const hub = new Hub({ url, transports, environment: platform, onEmpty: () => hubs.delete(key) })
  hubs.set(key, hub)
  return hub
}

const waysOf = (names: readonly TransportName[]): Omit<Address, 'url'> => {
  const [first, ...others] = names.map((name) => {
    if (Object.hasOwn(TRANSPORTS, name)) return TRANSPORTS[name]
    throw new TypeError(`connect: ${JSON.stringify(name)} is no transport (${ALL.join(', ')})`)
  })
  if (first === undefined) throw new TypeError('connect: no transport')
  return { names: names.join(), transports: [first, ...others] }
}

const addressOf = (url: string): string => {
  const address = URL.parse(url)
  if (address === null || !/^(https?|wss?):$/.test(address.protocol))
    throw new TypeError(
      `connect: ${JSON.stringify(url)} is no address of a server (http, https, ws, wss)`,
    )
  address.hash = ''
  return address.href
}
