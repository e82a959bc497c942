/* Hocuspocus' own providers of each major version, as far as they are alike. */
import {
  HocuspocusProvider as Provider4,
  HocuspocusProviderWebsocket as Socket4,
} from '@hocuspocus/provider'
import {
  HocuspocusProvider as Provider2,
  HocuspocusProviderWebsocket as Socket2,
} from 'hocuspocus-provider-2'
import {
  HocuspocusProvider as Provider3,
  HocuspocusProviderWebsocket as Socket3,
} from 'hocuspocus-provider-3'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'

/** The versions, oldest first. */
export const hocuspocusVersions = ['2.15.3', '3.4.4', '4.8.0'] as const

/** One of the versions. */
export type HocuspocusVersion = (typeof hocuspocusVersions)[number]

/** What the tests need of a provider. */
export interface StockProvider {
  readonly document: Y.Doc
  readonly awareness: Awareness | null
  unsyncedChanges: number
  isSynced: boolean
  isAuthenticated: boolean
  authorizedScope: string | undefined
  onOpen(event: unknown): Promise<void>
  onMessage(event: unknown): void
  sendStateless(text: string): void
  forceSync(): void
  on(name: string, told: (value: never) => void): unknown
  /** Needed from version 3 on, which has it. */
  attach?: () => void
  destroy(): void
}

/** What the tests need of the socket that a provider is on. */
export interface StockSocket {
  send: (frame: Uint8Array) => void
  onMessage: (event: never) => void
  createWebSocketConnection(): Promise<unknown>
  destroy(): void
}

/** How a provider is made. */
export interface ProviderSettings {
  readonly name: string
  readonly token: string | null | (() => Promise<string>)
  /** The address has a session id in it: version 4 alone can do that. */
  readonly sessionAwareness?: boolean
}

/** How its socket is made. */
export interface SocketSettings {
  /** Whether it connects by itself. */
  readonly isConnecting: boolean
  /** What it connects with; absent: what Node has. */
  readonly WebSocketPolyfill?: object
  /** Pauses before it comes back, milliseconds. */
  readonly delay?: number
  readonly minDelay?: number
}

interface Major {
  readonly Provider: new (
    settings: ProviderSettings & {
      readonly websocketProvider: StockSocket
      /** Version 2 speaks to other tabs of the process, past the server. */
      readonly broadcast: false
    },
  ) => StockProvider
  readonly Socket: new (
    settings: Omit<SocketSettings, 'isConnecting'> & {
      readonly url: string
      readonly autoConnect: boolean
      /** Version 2's word for the same. */
      readonly connect: boolean
    },
  ) => StockSocket
}

const majors = {
  '2.15.3': { Provider: Provider2, Socket: Socket2 },
  '3.4.4': { Provider: Provider3, Socket: Socket3 },
  '4.8.0': { Provider: Provider4, Socket: Socket4 },
} as unknown as Readonly<Record<HocuspocusVersion, Major>> // as far as `Major` goes

/** Makes a provider and the socket that it is on. */
export const makeHocuspocus = (
  version: HocuspocusVersion,
  settings: ProviderSettings,
  { isConnecting, ...rest }: SocketSettings,
): { readonly provider: StockProvider; readonly socket: StockSocket } => {
  const { Provider, Socket } = majors[version]
  const way = { ...rest, url: 'ws://localhost', autoConnect: isConnecting, connect: isConnecting }
  const socket = new Socket(way)
  const provider = new Provider({ ...settings, websocketProvider: socket, broadcast: false })
  provider.attach?.()
  return { provider, socket }
}
