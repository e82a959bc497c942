import { parseDocName } from '@quire/shared'
import type { Connected, ConnectOptions } from './api.ts'
import { platform } from './environment.ts'
import { Hub } from './hub.ts'
import { Provider } from './provider.ts'
import { webSocketTransport } from './transports/web-socket.ts'

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
  offline,
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
    offline: offline ?? null,
    hub: () => hubOf(address),
    environment: platform,
  })
}

const hubOf = (url: string): Hub => {
  const known = hubs.get(url)
  if (known !== undefined) return known
  const hub = new Hub({
    url,
    transports: [webSocketTransport],
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
