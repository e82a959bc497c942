import type { PresenceEntry, ReceivedSync, SyncMessage, Update } from '@quire/shared'

/** What a client said about one document, decoded and checked by its dialect. */
export type ClientMessage =
  | ReceivedSync
  | { readonly kind: 'presence'; readonly entries: readonly PresenceEntry[] }
  | { readonly kind: 'query-presence' }
  /** A message type this server does not know: counted, never a reason to close. */
  | { readonly kind: 'unknown'; readonly type: number }

/** Something a client sent that it wants to know the fate of. */
export interface Receipt {
  readonly kind: 'sync-step-2' | 'update'
  readonly update: Update
}

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
  /** Changes nothing; clients count only data messages as life. */
  | { readonly kind: 'keep-alive' }
