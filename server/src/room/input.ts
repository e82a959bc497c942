import type { CloseName, SessionId } from '@quire/shared'
import type { Access } from '../ports/auth.ts'
import type { Hint } from '../ports/cluster.ts'
import type { Answer } from '../ports/content.ts'
import type { Appended, OpenedDocument, Quarantined, StoredContent } from '../ports/storage.ts'
import type { KeptAside } from './aside.ts'
import type { Identity } from './identity.ts'
import type { ClientMessage } from './message.ts'
import type { Asker } from './effect.ts'
import type { AsOf, Asking } from './phase.ts'

/** A fact that reaches a room: something a client did, an outcome, or the passing of time. */
export type Input =
  | {
      readonly kind: 'join'
      readonly session: SessionId
      readonly access: Access
      /** Who it is by its login, null for an anonymous one. */
      readonly user: string | null
      /** What its presence says of it; absent: what it likes. */
      readonly identity?: Identity | undefined
      readonly asking: Asking
    }
  /** R16: what a session may do has changed. */
  | {
      readonly kind: 'regrant'
      readonly session: SessionId
      readonly access: Access
      readonly user: string | null
      readonly identity?: Identity | undefined
    }
  | {
      readonly kind: 'message'
      readonly session: SessionId
      readonly message: ClientMessage
      /** Size on the wire, bytes. */
      readonly bytes: number
    }
  | { readonly kind: 'leave'; readonly session: SessionId }
  | { readonly kind: 'loaded'; readonly document: OpenedDocument }
  /** `isDeleted`: there is no such document any more, and nobody but an application makes one of its name. */
  | { readonly kind: 'loadFailed'; readonly problem: string; readonly isDeleted: boolean }
  | { readonly kind: 'appended'; readonly appended: Appended }
  | { readonly kind: 'appendFailed'; readonly problem: string }
  | { readonly kind: 'kept'; readonly kept: readonly KeptAside[] }
  | {
      readonly kind: 'keepFailed'
      readonly problem: string
      /** The same would fail the same way. */
      readonly isFinal: boolean
    }
  | {
      readonly kind: 'answered'
      readonly session: SessionId
      readonly answer: Answer
      /** As it was asked for. */
      readonly asOf: AsOf
    }
  | {
      readonly kind: 'answerFailed'
      readonly session: SessionId
      /** As it was asked for. */
      readonly asker: Asker
      readonly problem: string
    }
  /** So much waits for a session to read it that it is to be told of nothing more (R9). */
  | { readonly kind: 'congested'; readonly session: SessionId }
  /** A session has taken everything that was sent to it, after it was held or has missed presence. */
  | { readonly kind: 'drained'; readonly session: SessionId; readonly hasMissedPresence: boolean }
  /** A session was not told its position in the log, as something else is on its way to it (R18). */
  | { readonly kind: 'untold'; readonly session: SessionId }
  /** The server does not read these sessions at the moment: what they say waits, their renewals as well. */
  | { readonly kind: 'unread'; readonly sessions: readonly SessionId[] }
  /** The tail is to be folded now, however short it is. */
  | { readonly kind: 'fold' }
  | { readonly kind: 'compacted'; readonly folded: Folded }
  | { readonly kind: 'compactFailed'; readonly problem: string }
  | { readonly kind: 'remote'; readonly hint: Hint }
  | { readonly kind: 'caughtUp'; readonly content: StoredContent }
  | { readonly kind: 'catchUpFailed'; readonly problem: string }
  | { readonly kind: 'tick' }
  | { readonly kind: 'drain' }
  /** The document is not the one of this name any more: everybody goes, and what was accepted is saved. */
  | { readonly kind: 'expel'; readonly close: CloseName; readonly reason: string }

/** What a compaction did. */
export interface Folded {
  /** Updates that are no longer in the tail: inside the snapshot now, or quarantined. */
  readonly updates: number
  /** Bytes that those updates had. */
  readonly updateBytes: number
  /** Bytes of the new snapshot. */
  readonly snapshotBytes: number
  /** Those that broke the document and were taken out of it. */
  readonly quarantined: readonly Quarantined[]
  /** What still waits for other structs was appended anew, so that whoever opens the room knows of it. */
  readonly waiting: { readonly appended: Appended; readonly bytes: number } | null
}

/** The kind of an input. */
export type InputKind = Input['kind']

/** The input of one kind. */
export type InputOf<K extends InputKind> = Extract<Input, { kind: K }>
