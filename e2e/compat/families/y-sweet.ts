import { YSweetProvider } from '@y-sweet/client'
import { Doc } from 'yjs'
import type { Family } from './family.ts'

/** y-sweet's client, whose tokens the server itself hands out. */
export const ySweetFamily: Family = {
  name: '@y-sweet/client 0.9.1',
  kind: 'y-sweet',
  savedBy: 'hasLocalChanges',
  renews: 'with a new connection',
  names: /^[A-Za-z0-9_-]+$/,
  share: null,
  hasSessions: false,
  open: ({ port }, { document, doc = new Doc(), token = () => null, isConnected = true }) => {
    const refusals: string[] = []
    const statuses: string[] = []
    const base = `127.0.0.1:${port}/d/${document}`
    const provider = new YSweetProvider(
      async () => {
        const given = token()
        return {
          url: `ws://${base}/ws`,
          baseUrl: `http://${base}`,
          docId: document,
          ...(given === null ? {} : { token: given }),
        }
      },
      document,
      doc,
      {
        connect: isConnected,
        showDebuggerLink: false,
      },
    )
    provider.on('connection-status', (status: string) => statuses.push(status))
    // it comes back whatever ends its socket, also after `disconnect` and `destroy`
    const { connect } = provider
    const stay = (): void => {
      provider.connect = async () => undefined
    }
    return {
      family: '@y-sweet/client 0.9.1',
      doc,
      awareness: provider.awareness,
      isSynced: () => provider.status === 'connected',
      isSaved: () => !provider.hasLocalChanges,
      detail: () => `hasLocalChanges ${provider.hasLocalChanges}`,
      refusals,
      statuses,
      canLeave: true,
      connect: () => {
        provider.connect = connect
        void provider.connect()
      },
      disconnect: () => {
        stay()
        provider.disconnect()
      },
      destroy: () => {
        stay()
        provider.destroy()
      },
    }
  },
}
