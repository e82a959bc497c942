/*
 * A WebSocket client that sends whatever bytes it is told to, and no others.
 */
import WebSocket from 'ws'
import { until } from './until.ts'

/** How a connection ended. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** A connection without a protocol of its own. */
export interface RawClient {
  readonly socket: WebSocket
  /** How it ended; null while it is open. */
  readonly closed: Closed | null
  /** How many messages came so far. */
  readonly heard: number
  /** Waits for the end. */
  whenClosed(withinMs?: number): Promise<Closed>
  /** Closes from this side. */
  close(): Promise<void>
}

/** The address of a document on a server. */
export const documentUrl = (server: { readonly yjsUrl: string }, document: string): string =>
  `${server.yjsUrl}/${encodeURIComponent(document)}`

/** Opens a connection; rejects if there is no handshake. `hear` is told every message, the very first ones too. */
export const openRaw = async (
  url: string,
  hear?: (message: Buffer) => void,
  protocols: string[] = [],
): Promise<RawClient> => {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false })
  let heard = 0
  let closed: Closed | null = null
  // at once: the first frames may come with the handshake's last bytes
  socket.on('message', (message: Buffer) => {
    heard++
    hear?.(message)
  })
  socket.on('close', (code, reason) => (closed = { code, reason: reason.toString() }))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // an abrupt end shows as `closed`
  const whenClosed: RawClient['whenClosed'] = async (withinMs) => {
    await until(`the server closes ${url}`, () => closed !== null, withinMs)
    return closed ?? { code: 0, reason: '' }
  }
  return {
    socket,
    get closed() {
      return closed
    },
    get heard() {
      return heard
    },
    whenClosed,
    async close() {
      socket.close()
      await whenClosed()
    },
  }
}
