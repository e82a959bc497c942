import type { Mark, PresenceEntry, ReceivedSync, SyncMessage, Update } from '@quire/shared'
import type { Access } from '../ports/auth.ts'

/** What a client said about one document, decoded and checked by its dialect. */
export type ClientMessage =
  | ReceivedSync
  | { readonly kind: 'presence'; readonly entries: readonly PresenceEntry[] }
  | { readonly kind: 'query-presence' }
  /** It wants this mark back once everything that it said before is on disk. */
  | { readonly kind: 'mark'; readonly mark: Mark }
  /** A text for the embedder, which is no part of the document. */
  | { readonly kind: 'stateless'; readonly text: string }
  /** A message type this server does not know: counted, never a reason to close. */
  | { readonly kind: 'unknown'; readonly type: number }

/** Something a client sent that it wants to know the fate of. */
export type Receipt =
  | {
      readonly kind: 'update' | 'sync-step-2'
      readonly update: Update
      /** Families that count what they wait for have counted it (counting.ts). */
      readonly isCounted: boolean
    }
  | { readonly kind: 'mark'; readonly mark: Mark }

/** What the server says about one document; each dialect has its own bytes for it. */
export type ServerMessage =
  | SyncMessage
  | { readonly kind: 'presence'; readonly entries: readonly PresenceEntry[] }
  /** Asks the client for the presence it knows, its own above all. */
  | { readonly kind: 'query-presence' }
  /** These are committed, in the order in which this session sent them (R5). */
  | { readonly kind: 'ack'; readonly receipts: readonly Receipt[] }
  /** What the session tried is not granted to it; nothing was changed. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Its login is checked, and grants this. */
  | { readonly kind: 'granted'; readonly access: Access }
  /** Its login is over: the client is asked for another. */
  | { readonly kind: 'query-token' }
  /** A text of the embedder. */
  | { readonly kind: 'stateless'; readonly text: string }
  /** Changes nothing; clients count only data messages as life. */
  | { readonly kind: 'keep-alive' }
