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
import { Doc } from 'yjs'
import type { Client, ClientOptions, Family } from './family.ts'

/** The part of the provider, and of its socket, that every major has. */
interface Provider {
  readonly awareness: Awareness | null
  readonly isSynced: boolean
  readonly unsyncedChanges: number
  /** Needed from version 3 on where it does not make its own socket. */
  attach(): void
  connect(): unknown
  disconnect(): void
  destroy(): void
}

interface Socket {
  destroy(): void
}

interface Configuration {
  readonly name: string
  readonly document: Doc
  readonly token: (() => string | null) | null
  readonly onAuthenticationFailed: (told: { reason: string }) => void
  readonly onStatus: (told: { status: string }) => void
  readonly onClose: (told: { event: { code: number; reason: string } }) => void
  /** Version 2 speaks to other tabs of the process, past the server. */
  readonly broadcast: boolean
  /** Version 2 ends its socket with a document otherwise. */
  readonly preserveConnection: boolean
  /** Several sessions of one document on a socket, from version 4 on. */
  readonly sessionAwareness: boolean
}

/** Where a socket leads to, and what it is made of. */
interface Way {
  readonly url: string
  readonly WebSocketPolyfill: typeof WebSocket
}

interface OwnSocket extends Way {
  readonly autoConnect: boolean
  /** Version 2's word for the same. */
  readonly connect: boolean
}

/** The constructors of one major. */
interface Major {
  readonly version: string
  readonly Provider: new (
    configuration: Configuration & (OwnSocket | { readonly websocketProvider: Socket }),
  ) => Provider
  readonly Socket: new (configuration: Way & Partial<OwnSocket>) => Socket
}

/**
 * A socket whose listeners may throw, as in a browser, where that ends nothing: version 2 does on messages that it
 * does not know, and Node would end the process for it.
 */
class PageSocket extends WebSocket {
  readonly #guarded = new Map<unknown, EventListener>()

  override addEventListener(type: string, listener: unknown): void {
    const guarded = (event: Event): void => {
      try {
        ;(listener as EventListener)(event) // providers add functions only
      } catch (error) {
        console.warn(`a provider threw: ${String(error)}`)
      }
    }
    this.#guarded.set(listener, guarded)
    super.addEventListener(type, guarded)
  }

  override removeEventListener(type: string, listener: unknown): void {
    const guarded = this.#guarded.get(listener)
    if (guarded !== undefined) super.removeEventListener(type, guarded)
  }
}

/** Makes a client around a provider. */
const clientOf = (
  { version }: Major,
  { document, doc = new Doc(), token = () => null, isTab = false }: ClientOptions,
  make: (configuration: Configuration) => Provider,
  { isShared = false, isSession = false } = {},
): Client => {
  const refusals: string[] = []
  const statuses: string[] = []
  const provider = make({
    name: document,
    document: doc,
    // version 2 throws where the function has none
    token: token() === null ? null : token,
    onAuthenticationFailed: ({ reason }) => refusals.push(reason),
    onStatus: ({ status }) => statuses.push(status),
    onClose: ({ event }) => {
      if (event.code === 1000 && event.reason !== '') refusals.push(event.reason)
    },
    broadcast: isTab,
    preserveConnection: isShared,
    sessionAwareness: isSession,
  })
  const { awareness } = provider
  if (awareness === null) throw new Error('the provider has made no awareness')
  return {
    family: `@hocuspocus/provider ${version}`,
    doc,
    awareness,
    isSynced: () => provider.isSynced,
    isSaved: () => provider.isSynced && provider.unsyncedChanges === 0,
    detail: () => `unsyncedChanges ${provider.unsyncedChanges}`,
    refusals,
    statuses,
    canLeave: version !== '2.15.3',
    connect: () => void provider.connect(),
    disconnect: () => provider.disconnect(),
    destroy: () => provider.destroy(),
  }
}

const family = (major: Major, path: string): Family => {
  const isOld = major.version.startsWith('2.')
  const wayTo = (port: number): Way => ({
    url: `ws://127.0.0.1:${port}${path}`,
    WebSocketPolyfill: PageSocket,
  })
  return {
    name: `@hocuspocus/provider ${major.version}`,
    kind: 'hocuspocus',
    savedBy: 'unsyncedChanges',
    renews: isOld ? 'never' : 'in place',
    names: null,
    hasSessions: major.version.startsWith('4.'),
    open: ({ port }, options) => {
      const { isConnected = true } = options
      const way = { ...wayTo(port), autoConnect: isConnected, connect: isConnected }
      if (!isOld) return clientOf(major, options, (more) => new major.Provider({ ...more, ...way }))
      // which would not hand `WebSocketPolyfill` on to a socket that it makes itself
      const socket = new major.Socket(way)
      const client = clientOf(
        major,
        options,
        (more) => new major.Provider({ ...more, websocketProvider: socket }),
      )
      const destroy = (): void => {
        client.destroy()
        socket.destroy()
      }
      return { ...client, destroy }
    },
    share: ({ port }) => {
      const socket = new major.Socket(wayTo(port))
      return {
        open: ({ isSession = false, ...options }) =>
          clientOf(
            major,
            options,
            (configuration) => {
              const provider = new major.Provider({ ...configuration, websocketProvider: socket })
              if (!isOld) provider.attach()
              return provider
            },
            { isShared: true, isSession },
          ),
        destroy: () => socket.destroy(),
      }
    },
  }
}

/** Hocuspocus' providers 2 to 4; `path` is where their socket is. */
export const hocuspocusFamilies = (path: string): readonly Family[] =>
  [
    // as far as `Provider` and `Socket` go
    { version: '2.15.3', Provider: Provider2, Socket: Socket2 } as unknown as Major,
    { version: '3.4.4', Provider: Provider3, Socket: Socket3 } as unknown as Major,
    { version: '4.8.0', Provider: Provider4, Socket: Socket4 } as unknown as Major,
  ].map((major) => family(major, path))
