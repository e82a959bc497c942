import { HocuspocusProvider as Provider4 } from '@hocuspocus/provider'
import { HocuspocusProvider as Provider2 } from 'hocuspocus-provider-2'
import { HocuspocusProvider as Provider3 } from 'hocuspocus-provider-3'
import type { Awareness } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import type { Family } from './family.ts'

/** The part of the provider, and of its socket, that every major has. */
interface Provider {
  readonly awareness: Awareness | null
  readonly isSynced: boolean
  readonly unsyncedChanges: number
  connect(): unknown
  disconnect(): void
  destroy(): void
}

interface Configuration {
  readonly url: string
  readonly name: string
  readonly document: Doc
  readonly token: (() => string | null) | null
  readonly onAuthenticationFailed: (told: { reason: string }) => void
  readonly onClose: (told: { event: { code: number; reason: string } }) => void
  /** Version 2 speaks to other tabs of the process, past the server. */
  readonly broadcast: boolean
  readonly preserveConnection: boolean
  readonly autoConnect: boolean
  /** Version 2's word for the same. */
  readonly connect: boolean
}

type Constructor = new (configuration: Configuration) => Provider

const family = (version: string, Provider: Constructor, path: string): Family => ({
  name: `@hocuspocus/provider ${version}`,
  savedBy: 'unsyncedChanges',
  open: ({ port }, { document, doc = new Doc(), token = () => null, isConnected = true }) => {
    const refusals: string[] = []
    const provider = new Provider({
      url: `ws://127.0.0.1:${port}${path}`,
      name: document,
      document: doc,
      // version 2 throws where the function has none
      token: token() === null ? null : token,
      onAuthenticationFailed: ({ reason }) => refusals.push(reason),
      onClose: ({ event }) => {
        if (event.code === 1000 && event.reason !== '') refusals.push(event.reason)
      },
      broadcast: false,
      preserveConnection: false,
      autoConnect: isConnected,
      connect: isConnected,
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
      canLeave: version !== '2.15.3',
      connect: () => void provider.connect(),
      disconnect: () => provider.disconnect(),
      destroy: () => provider.destroy(),
    }
  },
})

/** Hocuspocus' providers 2 to 4; `path` is where their socket is. */
export const hocuspocusFamilies = (path: string): readonly Family[] => [
  family('2.15.3', Provider2 as unknown as Constructor, path), // as far as `Provider` goes
  family('3.4.4', Provider3 as unknown as Constructor, path),
  family('4.8.0', Provider4 as unknown as Constructor, path),
]
