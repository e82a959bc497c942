import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { Doc } from 'yjs'
import type { Family } from './family.ts'

/** The part of the provider that every major has. */
type Provider = Pick<
  Provider3,
  'awareness' | 'synced' | 'wsconnected' | 'connect' | 'disconnect' | 'destroy'
> & { on(name: 'connection-close', told: (event: CloseEvent | null) => void): unknown }

type Constructor = new (
  url: string,
  room: string,
  doc: Doc,
  options: ConstructorParameters<typeof Provider3>[3],
) => Provider

const family = (version: string, Provider: Constructor, path: string): Family => ({
  name: `y-websocket ${version}`,
  savedBy: null,
  open: ({ port }, { document, doc = new Doc(), token = () => null, isConnected = true }) => {
    const refusals: string[] = []
    const given = token()
    const provider = new Provider(
      `ws://127.0.0.1:${port}${path}`,
      encodeURIComponent(document),
      doc,
      {
        disableBc: true, // or two clients of one process would speak past the server
        connect: false,
        params: given === null ? {} : { token: given },
        maxBackoffTime: 500,
      },
    )
    provider.on('connection-close', (event) => {
      if (event !== null && event.code >= 4400 && event.code < 4500) refusals.push(event.reason)
    })
    if (isConnected) provider.connect()
    return {
      family: `y-websocket ${version}`,
      doc,
      awareness: provider.awareness,
      isSynced: () => provider.wsconnected && provider.synced,
      isSaved: () => null,
      detail: () => 'it has no word for it',
      refusals,
      canLeave: true,
      connect: () => provider.connect(),
      disconnect: () => provider.disconnect(),
      destroy: () => provider.destroy(),
    }
  },
})

/** y-websocket 1 to 3; `path` is where its rooms are. */
export const yWebsocketFamilies = (path: string): readonly Family[] => [
  family('1.5.4', Provider1, path),
  family('2.1.0', Provider2, path),
  family('3.1.0', Provider3, path),
]
