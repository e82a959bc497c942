import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'

/** Where clients of every family connect to, whichever server answers there. */
export interface Address {
  readonly port: number
}

/** What a client is of. */
export interface DocumentOptions {
  readonly document: string
  /** What it edits; a new one where it is absent. */
  readonly doc?: Doc
  /** Its token, asked for again by families that do. */
  readonly token?: () => string | null
}

/** How a client connects. */
export interface ClientOptions extends DocumentOptions {
  /** False to wait for `connect`. */
  readonly isConnected?: boolean
  /** True to speak to other clients of the process, too, as tabs of one browser do. */
  readonly isTab?: boolean
}

/** A stock client of any family, by what all of them have. */
export interface Client {
  readonly family: string
  readonly doc: Doc
  readonly awareness: Pick<
    Awareness,
    'clientID' | 'getStates' | 'setLocalState' | 'setLocalStateField' | 'on'
  >
  /** It is connected and has the server's state. */
  isSynced(): boolean
  /** What it shows of its changes; null where the family has no word for it. */
  isSaved(): boolean | null
  /** What `isSaved` goes by, for a person who looks for a fault. */
  detail(): string
  /** How it was told that it may not: reasons, in order. */
  readonly refusals: readonly string[]
  /** What it told of its connection, in order: each family's own words. */
  readonly statuses: readonly string[]
  connect(): void
  /** False where the stock client does not reliably come back after `disconnect`. */
  readonly canLeave: boolean
  /** Leaves, and stays away until `connect`. */
  disconnect(): void
  destroy(): void
}

/** One socket for several documents. */
export interface SharedSocket {
  /** A client of a document; `isSession` for another session of one that is open already. */
  open(options: DocumentOptions & { readonly isSession?: boolean }): Client
  destroy(): void
}

/** The wire that a family speaks. */
export type FamilyKind = 'y-websocket' | 'hocuspocus' | 'y-sweet' | 'quire'

/** A family in one of its majors. */
export interface Family {
  /** Package and version. */
  readonly name: string
  readonly kind: FamilyKind
  /** What of it tells a person that all is saved; null where nothing does. */
  readonly savedBy: string | null
  /** How it takes another token while it is open, or why it cannot. */
  readonly renews: 'in place' | 'with a new connection' | 'never'
  /** Characters that its document names are limited to; null where any will do. */
  readonly names: RegExp | null
  /** A client of a document at a server. */
  open(server: Address, options: ClientOptions): Client
  /** Opens a socket for several documents; null where the family has none. */
  readonly share: ((server: Address) => SharedSocket) | null
  /** True if several sessions of one document may share a socket. */
  readonly hasSessions: boolean
  /** Present if it is to be kept from WebSockets, which it can do without. */
  readonly isBlocked?: true
}
