import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'

/** Where clients of every family connect to, whichever server answers there. */
export interface Address {
  readonly port: number
}

/** How a client connects. */
export interface ClientOptions {
  readonly document: string
  /** What it edits; a new one where it is absent. */
  readonly doc?: Doc
  /** Its token, asked for again by families that do. */
  readonly token?: () => string | null
  /** False to wait for `connect`. */
  readonly isConnected?: boolean
}

/** A stock client of any family, by what all of them have. */
export interface Client {
  readonly family: string
  readonly doc: Doc
  readonly awareness: Awareness
  /** It is connected and has the server's state. */
  isSynced(): boolean
  /** What it shows of its changes; null where the family has no word for it. */
  isSaved(): boolean | null
  /** What `isSaved` goes by, for a person who looks for a fault. */
  detail(): string
  /** How it was told that it may not: reasons, in order. */
  readonly refusals: readonly string[]
  connect(): void
  /** False where the stock client does not reliably come back after `disconnect`. */
  readonly canLeave: boolean
  /** Leaves, and stays away until `connect`. */
  disconnect(): void
  destroy(): void
}

/** A family in one of its majors. */
export interface Family {
  /** Package and version. */
  readonly name: string
  /** What of it tells a person that all is saved; null where nothing does. */
  readonly savedBy: string | null
  /** A client of a document at a server. */
  open(server: Address, options: ClientOptions): Client
}
