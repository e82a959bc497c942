import { WebsocketProvider as Provider4 } from '@y/websocket'
import { applyUpdate as applyUpdate14, Doc as Doc14 } from '@y/y'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import type { Client, Family } from './family.ts'

/** The part of the provider that every major has. */
type Provider = Pick<Client, 'awareness' | 'connect' | 'disconnect' | 'destroy'> & {
  readonly synced: boolean
  readonly wsconnected: boolean
  on(name: 'connection-close', told: (event: CloseEvent | null) => void): unknown
  on(name: 'status', told: (event: { status: string }) => void): unknown
}

type Constructor = new (
  url: string,
  room: string,
  doc: unknown,
  options: {
    readonly connect: boolean
    readonly disableBc: boolean
    readonly params: Readonly<Record<string, string>>
    readonly maxBackoffTime: number
  },
) => Provider

/** One major. */
interface Major {
  readonly version: string
  readonly Provider: Constructor
  readonly renews: Family['renews']
  /** The document that its provider is given in place of Yjs 13's. */
  readonly docFor: (doc: Doc) => unknown
}

const family = ({ version, Provider, renews, docFor }: Major, path: string): Family => ({
  name: version.startsWith('4.') ? `@y/websocket ${version}` : `y-websocket ${version}`,
  kind: 'y-websocket',
  savedBy: null,
  renews,
  names: null,
  share: null,
  hasSessions: false,
  open(
    { port },
    { document, doc = new Doc(), token = () => null, isConnected = true, isTab = false },
  ) {
    const refusals: string[] = []
    const statuses: string[] = []
    const provider = new Provider(
      `ws://127.0.0.1:${port}${path}`,
      encodeURIComponent(document),
      docFor(doc),
      {
        disableBc: !isTab, // or two clients of one process would speak past the server
        connect: false,
        params: paramsOf(token),
        maxBackoffTime: 500,
      },
    )
    provider.on('connection-close', (event) => {
      if (event !== null && event.code >= 4400 && event.code < 4500) refusals.push(event.reason)
    })
    provider.on('status', ({ status }) => statuses.push(status))
    if (isConnected) provider.connect()
    return {
      family: this.name,
      doc,
      awareness: provider.awareness,
      isSynced: () => provider.wsconnected && provider.synced,
      isSaved: () => null,
      detail: () => 'it has no word for it',
      refusals,
      statuses,
      canLeave: true,
      connect: () => provider.connect(),
      disconnect: () => provider.disconnect(),
      destroy: () => provider.destroy(),
    }
  },
})

/** Asked for its token at each connection, but by version 1, which makes its URL once. */
const paramsOf = (token: () => string | null): Readonly<Record<string, string>> =>
  token() === null
    ? {}
    : {
        get token() {
          return token() ?? ''
        },
      }

/** A document of Yjs 14 that holds what one of Yjs 13 holds, and the other way round. */
const twinOf = (doc: Doc): Doc14 => {
  const twin = new Doc14()
  applyUpdate14(twin, encodeStateAsUpdate(doc), doc)
  // what one heard of the other does not go back
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== twin) applyUpdate14(twin, update, doc)
  })
  twin.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== doc) applyUpdate(doc, update, twin)
  })
  return twin
}

/**
 * y-websocket 1 to 4; `path` is where its rooms are. Version 4 is of Yjs 14, which its clients here hold
 * beside a document of Yjs 13: what they write and read goes through both.
 */
export const yWebsocketFamilies = (path: string): readonly Family[] => {
  const docFor = (doc: Doc): Doc => doc
  const renews = 'with a new connection'
  const majors = [
    { version: '1.5.4', Provider: Provider1, renews: 'never', docFor },
    { version: '2.1.0', Provider: Provider2, renews, docFor },
    { version: '3.1.0', Provider: Provider3, renews, docFor },
    { version: '4.0.0-3', Provider: Provider4, renews, docFor: twinOf },
  ] as unknown as readonly Major[] // as far as `Provider` goes
  return majors.map((major) => family(major, path))
}
