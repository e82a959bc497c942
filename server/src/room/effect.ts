import type {
  CloseName,
  DocId,
  DocName,
  KnownPresence,
  Seq,
  SessionId,
  StateVector,
  Update,
} from '@quire/shared'
import type { Answer } from '../ports/content.ts'
import type { Hint } from '../ports/cluster.ts'
import type { QuireEvent } from '../ports/observe.ts'
import type { AuthorStamp } from '../ports/storage.ts'
import type { Denied } from './aside.ts'
import type { ServerMessage } from './message.ts'
import type { AsOf } from './phase.ts'

/** What a room tells of; whose words a session speaks, and over what, is known to whoever runs it. */
export type RoomEvent =
  | Exclude<QuireEvent, { readonly kind: 'session-joined' | 'session-left' }>
  | { readonly kind: 'session-joined'; readonly document: DocName; readonly session: SessionId }
  | { readonly kind: 'session-left'; readonly document: DocName; readonly session: SessionId }

/** What the runtime is to do, in this order. Those marked * end in exactly one input. */
export type Effect =
  | { readonly kind: 'subscribe' }
  /** * → loaded | loadFailed */
  | { readonly kind: 'load' }
  | { readonly kind: 'send'; readonly to: SessionId; readonly message: ServerMessage }
  /** A message to all members, those who are held as well: encoded once per dialect (R8). */
  | { readonly kind: 'broadcast'; readonly message: ServerMessage }
  /** A signal to all members but one who keep up (R9): encoded once per dialect (R8), dropped where it is too much. */
  | {
      readonly kind: 'signal'
      readonly message: Extract<ServerMessage, { kind: 'signal' }>
      readonly from: SessionId
    }
  /** An update to all members but one, and but those who are held: encoded once per dialect (R8). */
  | {
      readonly kind: 'relay'
      readonly update: Update
      readonly except: SessionId | null
      /** When it was accepted, where that is measured. */
      readonly acceptedAt: number | undefined
    }
  /** Presence to many: of what is said about a client before it leaves, the latest counts (R8). */
  | {
      readonly kind: 'announce'
      readonly to: readonly SessionId[]
      readonly entries: readonly KnownPresence[]
    }
  /** An answer to a member. One that is held is told of nothing else until it has read all of it. */
  | { readonly kind: 'deliver'; readonly to: SessionId; readonly answer: Answer }
  /** R9: relays pass this member over from here on; ends in `drained`, once it has read what waits. */
  | { readonly kind: 'hold'; readonly session: SessionId }
  /** R9: relays reach this member again. */
  | { readonly kind: 'release'; readonly session: SessionId }
  /** A client says something to the embedder. */
  | { readonly kind: 'tell'; readonly session: SessionId; readonly text: string }
  | {
      readonly kind: 'close'
      readonly to: readonly SessionId[]
      readonly close: CloseName
      readonly reason: string
    }
  /**
   * * → answered | answerFailed. The stored content and `unsaved`, less what the asker has. The same
   * question at the same `version` has the same answer.
   */
  | {
      readonly kind: 'answer'
      readonly doc: DocId
      readonly session: SessionId
      readonly asker: Asker
      readonly unsaved: readonly Update[]
      readonly version: string
      /** Comes back with the answer. */
      readonly asOf: AsOf
    }
  /** * → appended | appendFailed. At least one update. */
  | {
      readonly kind: 'append'
      readonly doc: DocId
      readonly updates: readonly Update[]
      /** Who brought what is new in them; none that were stamped in this life of the room before. */
      readonly authors: readonly AuthorStamp[]
      /** Whose changes they are, each once. */
      readonly users: readonly string[]
    }
  /** * → kept | keepFailed. What was denied is kept beside the document: of each user as one update. */
  | { readonly kind: 'keep'; readonly doc: DocId; readonly parts: readonly Denied[] }
  /** Only ever after the commit (R11). */
  | { readonly kind: 'publish'; readonly hint: Hint }
  /** * → compacted | compactFailed */
  | {
      readonly kind: 'compact'
      readonly doc: DocId
      /** `last`: nobody waits for it, so those of busy documents come before it. */
      readonly turn: 'next' | 'last'
    }
  /** * → caughtUp | catchUpFailed. Something was missed: read what is stored. */
  | { readonly kind: 'catch-up'; readonly doc: DocId }
  /** The room is absent: forget it, unsubscribe, and drop the outcomes that are still to come. */
  | { readonly kind: 'evict' }
  | { readonly kind: 'observe'; readonly event: RoomEvent }
  /** An update of a session was accepted; only where that is measured. */
  | {
      readonly kind: 'accepted'
      readonly session: SessionId
      readonly bytes: number
      readonly acceptedAt: number
    }

/** What somebody has who asks for the rest. */
export type Asker =
  | { readonly kind: 'has'; readonly stateVector: StateVector }
  /** Everything up to this number of the log, which the tail reaches back to, if this writer wrote that. */
  | { readonly kind: 'was-at'; readonly seq: Seq; readonly writer: number }
