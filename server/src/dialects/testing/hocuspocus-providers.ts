/* Hocuspocus' own providers, of each major version, and what they say and hear without a connection. */
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
import * as encoding from 'lib0/encoding'
import { onTestFinished } from 'vitest'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import type { ClientMessage } from '../../room/message.ts'
import { hocuspocus, readAddress, type AddressBytes, type Addressed } from '../hocuspocus.ts'

/** Bounds on presence that no test meets by accident. */
export const bounds = { presenceEntries: 100, presenceBytes: 4_096 }

/** What the tests need of a provider of any version. */
export interface Provider {
  readonly configuration: {
    readonly websocketProvider: {
      send: (frame: Uint8Array) => void
      onMessage: (event: never) => void
    }
  }
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
  destroy(): void
}

/** How a provider is made. */
export interface Settings {
  readonly name: string
  readonly token: string | null | (() => Promise<string>)
  /** The address has a session id in it: version 4 alone can do that. */
  readonly sessionAwareness?: boolean
}

/** A provider whose socket never connects: what it says is kept, what it hears is handed to it. */
export const versions: readonly (readonly [string, (settings: Settings) => Provider])[] = [
  [
    '2.15.3',
    (settings) =>
      new Provider2({
        ...settings,
        websocketProvider: new Socket2({ url: 'ws://localhost', connect: false }),
        broadcast: false,
      }),
  ],
  [
    '3.4.4',
    (settings) => {
      const websocketProvider = new Socket3({ url: 'ws://localhost', autoConnect: false })
      const provider = new Provider3({ ...settings, websocketProvider })
      provider.attach()
      return provider
    },
  ],
  [
    '4.8.0',
    (settings) => {
      const websocketProvider = new Socket4({ url: 'ws://localhost', autoConnect: false })
      const provider = new Provider4({ ...settings, websocketProvider })
      provider.attach()
      return provider
    },
  ],
]

/** A provider of a version, by its place in `versions`, whose socket has just opened. */
export const open = (version: number, settings: Partial<Settings> = {}) => {
  const made = versions[version]
  if (made === undefined) throw new Error(`there is no version ${version}`)
  const provider = made[1]({ name: 'a/é 😀', token: 'secret', ...settings })
  onTestFinished(() => provider.destroy())
  const said: Uint8Array[] = []
  // the socket never opens: what it would send is kept here
  provider.configuration.websocketProvider.send = (frame) => said.push(frame)
  return {
    provider,
    said,
    /** Lets it hear a frame as from its socket, which finds the provider that it is for. */
    hear(frame: Uint8Array): void {
      const data = frame.slice().buffer
      provider.configuration.websocketProvider.onMessage({ data } as never) // of a MessageEvent it reads the data
    },
  }
}

/** A frame taken apart; fails the test if it has no address. */
export const partsOf = (frame: Uint8Array): Addressed => {
  const addressed = readAddress(frame)
  if (!addressed.ok) throw new Error(addressed.error.message)
  return addressed.value
}

/** The messages of a frame; fails the test if it does not decode. */
export const decodeAll = (frame: Uint8Array): readonly ClientMessage[] => {
  const { prefix, body } = partsOf(frame)
  const decoded = hocuspocus(prefix, bounds).decode(body)
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

/** An address as it stands in front of a frame. */
export const prefixOf = (address: string): AddressBytes =>
  encoding.encode((out) => encoding.writeVarString(out, address)) as AddressBytes // that is one
