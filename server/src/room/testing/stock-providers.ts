/* Stock providers on sockets under a test's hand: nothing connects by itself. */
import { YSweetProvider } from '@y-sweet/client'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { makeHocuspocus, type HocuspocusVersion } from '../../dialects/testing/stock-hocuspocus.ts'
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

const url = 'ws://localhost'

/** npm @hocuspocus/provider. */
export const stockHocuspocus =
  (version: HocuspocusVersion) =>
  ({ Socket }: HandSockets): Stock => {
    const { provider, socket } = makeHocuspocus(
      version,
      { name: 'd', token: 'secret' },
      { isConnecting: false, WebSocketPolyfill: Socket },
    )
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
