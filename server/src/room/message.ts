import type {
  KnownPresence,
  Mark,
  PresenceEntry,
  ReceivedSync,
  Seq,
  SyncMessage,
  Update,
  UpdateContents,
} from '@quire/shared'
import type { Access } from '../ports/auth.ts'

/** A place in the log of one document: the update that has this number, of this epoch. */
export interface Position {
  readonly epoch: number
  readonly seq: Seq
}

/** What a client said about one document, decoded and checked by its dialect. */
export type ClientMessage =
  | ReceivedSync
  | { readonly kind: 'presence'; readonly entries: readonly PresenceEntry[] }
  | { readonly kind: 'query-presence' }
  /** It wants this mark back once everything that it said before is on disk. */
  | { readonly kind: 'mark'; readonly mark: Mark }
  /** A text for the embedder, which is no part of the document. */
  | { readonly kind: 'stateless'; readonly text: string }
  /** It has everything of this epoch up to here, and wants what came since. */
  | {
      readonly kind: 'position'
      readonly epoch: number
      readonly seq: Seq
      readonly writer: number
    }
  /** A change that counts only if nothing was accepted behind `expected`; null: in any case. */
  | {
      readonly kind: 'write'
      readonly contents: UpdateContents
      readonly expected: Position | null
      /** Whose change it is, as whoever may speak for others says. */
      readonly author: string | null
    }
  /** It wants to know how far the log is. */
  | { readonly kind: 'query-head' }
  /** Something small for everybody else, which is no part of the document. */
  | { readonly kind: 'signal'; readonly data: Uint8Array }
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
  /** It wants to know where in the log this is. */
  | { readonly kind: 'write'; readonly update: Update }
  | { readonly kind: 'mark'; readonly mark: Mark }

/** What the server says about one document; each dialect has its own bytes for it. */
export type ServerMessage =
  | SyncMessage
  | { readonly kind: 'presence'; readonly entries: readonly KnownPresence[] }
  /** The document is open: which one it is, and who the client is by its login. */
  | { readonly kind: 'opened'; readonly epoch: number; readonly user: string | null }
  /** It has been told everything up to here. */
  | { readonly kind: 'at'; readonly seq: Seq; readonly writer: number }
  /** The log does not reach back to its position. */
  | { readonly kind: 'position-unknown' }
  | { readonly kind: 'signal'; readonly user: string | null; readonly data: Uint8Array }
  /** Whether what is said now gets to disk. */
  | { readonly kind: 'disk'; readonly works: boolean }
  /** Asks the client for the presence it knows, its own above all. */
  | { readonly kind: 'query-presence' }
  /** These are committed, in the order in which this session sent them (R5). */
  | {
      readonly kind: 'ack'
      readonly receipts: readonly Receipt[]
      /** When the oldest of them was accepted, where that is measured and anything was written for it. */
      readonly acceptedAt?: number | undefined
    }
  /** What it wrote is committed, and is in what the log holds up to here. */
  | { readonly kind: 'written'; readonly position: Position }
  /** Something was accepted behind what it expected; nothing was changed. The newest has or will have this number. */
  | { readonly kind: 'changed'; readonly position: Position }
  /** The log is on disk up to here, and whatever is asked for after this holds it. */
  | { readonly kind: 'head'; readonly position: Position }
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
