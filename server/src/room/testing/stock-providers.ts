/* The stock providers of each family, on sockets under a test's hand: nothing connects by itself. */
import {
  HocuspocusProvider as Provider4,
  HocuspocusProviderWebsocket as Socket4,
} from '@hocuspocus/provider'
import { YSweetProvider } from '@y-sweet/client'
import {
  HocuspocusProvider as Provider2,
  HocuspocusProviderWebsocket as Socket2,
} from 'hocuspocus-provider-2'
import {
  HocuspocusProvider as Provider3,
  HocuspocusProviderWebsocket as Socket3,
} from 'hocuspocus-provider-3'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { HandSockets } from './hand-socket.ts'

/** A stock provider: how it comes to a new socket, asks again, and counts. */
export interface Stock {
  readonly document: Y.Doc
  readonly awareness: Awareness
  connect(): void
  askAgain(): void
  count(): unknown
  destroy(): void
}

interface Provider {
  readonly document: Y.Doc
  readonly awareness: Awareness | null
  readonly unsyncedChanges: number
  readonly isSynced: boolean
  forceSync(): void
  destroy(): void
}

interface Connector {
  createWebSocketConnection(): Promise<unknown>
  destroy(): void
}

const stockHocuspocus = (socket: Connector, provider: Provider): Stock => {
  const { document, awareness } = provider
  if (awareness === null) throw new Error('a provider has presence')
  return {
    document,
    awareness,
    connect: () => void socket.createWebSocketConnection().catch(() => undefined), // it was cut
    askAgain: () => provider.forceSync(),
    count: () => [provider.unsyncedChanges, provider.isSynced],
    destroy: () => {
      provider.destroy()
      socket.destroy()
    },
  }
}

const settings = { name: 'd', token: 'secret' }
const url = 'ws://localhost'

/** npm @hocuspocus/provider 2. */
export const hocuspocus2 = ({ Socket }: HandSockets): Stock => {
  const options = { url, connect: false, WebSocketPolyfill: Socket }
  const socket = new Socket2(options)
  const provider = new Provider2({ ...settings, websocketProvider: socket, broadcast: false })
  return stockHocuspocus(socket, provider)
}

/** npm @hocuspocus/provider 3. */
export const hocuspocus3 = ({ Socket }: HandSockets): Stock => {
  const socket = new Socket3({ url, autoConnect: false, WebSocketPolyfill: Socket })
  const provider = new Provider3({ ...settings, websocketProvider: socket })
  provider.attach()
  return stockHocuspocus(socket, provider)
}

/** npm @hocuspocus/provider 4. */
export const hocuspocus4 = ({ Socket }: HandSockets): Stock => {
  const socket = new Socket4({ url, autoConnect: false, WebSocketPolyfill: Socket })
  const provider = new Provider4({ ...settings, websocketProvider: socket })
  provider.attach()
  return stockHocuspocus(socket, provider)
}

/** npm @y-sweet/client 0.9. */
export const ySweet09 = ({ Socket }: HandSockets): Stock => {
  const document = new Y.Doc()
  const token = { url, baseUrl: url, docId: 'd', authorization: 'full' } as const
  const provider = new YSweetProvider(() => Promise.resolve(token), 'd', document, {
    connect: false,
    initialClientToken: token,
    showDebuggerLink: false,
    WebSocketPolyfill: Socket as never, // what it uses of one
  })
  // reconnecting is for the test to do; these are private to its types only
  const inner = provider as unknown as {
    connect: () => Promise<void>
    attemptToConnect(of: unknown): Promise<boolean>
    checkSync(): void
    clearHeartbeat(): void
    clearConnectionTimeout(): void
    localVersion: number
    ackedVersion: number
  }
  inner.connect = () => Promise.resolve()
  return {
    document,
    awareness: provider.awareness,
    connect: () => void inner.attemptToConnect(token),
    askAgain: () => inner.checkSync(),
    count: () => [inner.localVersion, inner.ackedVersion],
    destroy: () => {
      inner.clearHeartbeat()
      inner.clearConnectionTimeout()
      provider.destroy()
      provider.awareness.destroy()
    },
  }
}
