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
  presence,
}: ConnectOptions): Connected => {
  const address = addressOf(url)
  const name = parseDocName(document)
  if (!name.ok) throw new TypeError(`connect: ${name.error.message}`)
  let hub = hubs.get(address)
  if (hub === undefined) {
    hub = new Hub({
      url: address,
      transports: [webSocketTransport],
      environment: platform,
      onEmpty: () => hubs.delete(address),
    })
    hubs.set(address, hub)
  }
  return new Provider({
    document,
    doc,
    token,
    presence: presence ?? true,
    hub,
    environment: platform,
  })
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
