import { parseDocName } from '@quire/shared'
import type { Connected, ConnectOptions } from './api.ts'
import { platform } from './environment.ts'
import { Hub } from './hub.ts'
import { Provider } from './provider.ts'
import { eventStreamTransport, pollingTransport } from './transports/event-stream.ts'
import { webSocketTransport } from './transports/web-socket.ts'

/** Looked up for each request: an application may put another one in its place. */
const requests = { ...platform, fetch: (url: string, init: RequestInit) => fetch(url, init) }
const transports = [
  webSocketTransport,
  eventStreamTransport(requests),
  pollingTransport(requests),
] as const

/** One connection for all documents of a server in this page. */
const hubs = new Map<string, Hub>()

/**
 * Keeps a document in step with a server: it connects at once, and again whenever that is lost. All documents
 * of one `url` share one connection. Throws a `TypeError` where the address or the name is none.
 */
export const connect = ({
  url,
  document,
  doc,
  token = () => null,
  presence,
}: ConnectOptions): Connected => {
  const address = addressOf(url)
  const name = parseDocName(document)
  if (!name.ok) throw new TypeError(`connect: ${name.error.message}`)
  return new Provider({
    document,
    doc,
    token,
    presence: presence ?? true,
    hub: () => hubOf(address),
    environment: platform,
  })
}

const hubOf = (url: string): Hub => {
  const known = hubs.get(url)
  if (known !== undefined) return known
  const hub = new Hub({
    url,
    transports,
    environment: platform,
    onEmpty: () => hubs.delete(url),
  })
  hubs.set(url, hub)
  return hub
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
