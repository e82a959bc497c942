/*
 *            join                loaded              last leave, busy
 *   absent ───────▶ loading ───────────▶ live ───────────────────────▶ closing
 *     ▲                │                  ▲ │ last leave, clean           │ │
 *     │                │ loadFailed       │ └────────▶ absent             │ │
 *     │                ▼                  └────────── join (R3) ──────────┘ │
 *     └──────────── failed                            clean again ──▶ absent
 *        cool-down
 */
import {
  millis,
  type DocId,
  type DocName,
  type Mark,
  type Millis,
  type Seq,
  type SessionId,
  type StateVector,
} from '@quire/shared'
import type { Access } from '../ports/auth.ts'
import type { Behind } from './acknowledging.ts'
import type { Aside } from './aside.ts'
import type { Authorship } from './authorship.ts'
import type { Frontier } from './frontier.ts'
import type { Identity } from './identity.ts'
import type { Durability, RoomLimits } from './limits.ts'
import type { ClientMessage } from './message.ts'
import type { PresenceTable } from './presence.ts'
import type { Saving } from './saving.ts'

/** A session attached to a live room. */
export interface Member {
  access: Access
  /** Who it is by its login, null for an anonymous one. */
  user: string | null
  /** What its presence says of it; undefined: what it likes. */
  identity: Identity | undefined
  readonly asking: Asking
  /** When it is asked a second time; null where it is not, or has been. */
  askAgainAt: Millis | null
  opening: Opening
  flow: Flow
  question: Question
  /** Something that it changed was denied, and it holds it still: no mark of it is true. */
  hasBeenDenied: boolean
  /** It could change everything once, and may not any more: what it writes is kept aside. */
  wasLowered: boolean
  /** The last mark that it set and that is not true yet. */
  mark: Mark | null
  /** Answers to it that are being made. */
  answersUnderWay: number
  /** What it is told behind them. */
  behind: Behind
  /** It has been answered: what it has is all there is, but for what it is still told. */
  isFollowing: boolean
  /**
   * How far in the log it was last told that it is, and when; null where it is not told that, or not yet. Its
   * `seq` is null where it was to be told, and something else was on its way to it.
   */
  toldAt: { readonly seq: Seq | null; readonly at: Millis } | null
}

/**
 * When a session is asked for what it has and the server lacks: as it joins, or in return for each of its
 * own questions, as Hocuspocus clients begin to count anew with each question of theirs; or as it joins and
 * once more, as y-sweet's do not send what they load from a store of their own behind their first answer.
 * `on-demand`: in return for its question as well, but who knows its position in the log needs none: it is told
 * that position, and knows what of its own is not saved (quire.v1).
 */
export type Asking = 'on-join' | 'twice' | 'in-return' | 'on-demand'

/**
 * What a session has been asked and has not answered; one question at a time, as an answer brings all that
 * it has. `healing`: it said something whose beginning is missing, may write what was denied before, or is
 * asked a second time.
 */
export type Question =
  | { readonly kind: 'none' }
  /** It is to be asked in return for its own first question, which has not come. */
  | { readonly kind: 'unasked' }
  /** `asked`: the state vector of its own first question, where ours is in return for that (counting.ts). */
  | { readonly kind: 'opening'; readonly asked: StateVector | null }
  | { readonly kind: 'healing' }

/** Nothing is asked. */
export const NO_QUESTION: Question = { kind: 'none' }

/** R9: whether a session is told of every update at once, or has to read first what waits for it. */
export type Flow =
  | { readonly kind: 'flowing' }
  /** Whoever has read everything that was sent to it holds at least what `since` says. */
  | { readonly kind: 'held'; readonly since: StateVector }

/** The flow of a session that keeps up. */
export const FLOWING: Flow = { kind: 'flowing' }

/**
 * How far a session's opening is. Until the room has shown it anybody's presence, a presence id that
 * it claims cannot be a relay of what it heard (presence.ts).
 */
export type Opening =
  | { readonly kind: 'silent' }
  /** It speaks; clients that have a presence say it right behind their first message. */
  | { readonly kind: 'heard'; readonly since: Millis }
  | { readonly kind: 'over'; readonly shownAt: Millis }

/** Where in the document an answer ends. */
export interface AsOf {
  /** What a session that has read everything up to here holds, at least. */
  readonly stateVector: StateVector
  /** Whoever has read it has all of that: not so, if it is only what was missed by somebody who has not asked. */
  readonly isWhole: boolean
}

/** A session that waits for the load, and what it has said so far, in order. */
export interface Waiting {
  access: Access
  user: string | null
  identity: Identity | undefined
  /** It could change everything as it came, and may not any more. */
  wasLowered: boolean
  readonly asking: Asking
  /** Each with whom the login named that it was said by. */
  readonly said: {
    readonly message: ClientMessage
    readonly bytes: number
    readonly user: string | null
  }[]
  /** What `said` holds in memory, bytes. */
  bytes: number
}

/** What a room holds of a loaded document: no content beyond what is not yet on disk. */
export interface OpenDocument {
  readonly id: DocId
  /** Changes when a document is deleted, restored or re-imported under the same name. */
  readonly epoch: number
  readonly frontier: Frontier
  readonly authorship: Authorship
  readonly aside: Aside
  /** The newest update in the log that this room knows of. */
  head: Seq
  /** Who wrote that (ports/storage.ts). */
  headWriter: number
  saving: Saving
  /** Stored updates that are not in the snapshot, and when the last of them came. */
  tail: { updates: number; bytes: number; grownAt: Millis }
  snapshotBytes: number
  compaction: Compaction
  following: Following
}

/** Whether a fold is under way; after a failure the tail has to grow before the next attempt. */
export type Compaction =
  | { readonly kind: 'idle'; readonly notBelow: number }
  | { readonly kind: 'running' }

/** Whether the log holds updates of other nodes that this room has not seen (R13). */
export type Following =
  | { readonly kind: 'level' }
  /** The log is read; a read that ends before `upTo` is repeated. */
  | { readonly kind: 'reading'; readonly upTo: Seq }
  | { readonly kind: 'behind'; readonly upTo: Seq; readonly retryAt: Millis }

/** What a room without sessions waits for: its last fold, or in a drain only for the disk. */
export type ClosingFor = 'fold' | 'disk'

/** The phase of a room, with what is valid in it. */
export type Phase =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'loading'
      readonly since: Millis
      readonly waiting: Map<SessionId, Waiting>
      /** What all of them have said holds in memory, bytes. */
      bytes: number
      /** The highest update that another node has spoken of since the subscription; 0 is none. */
      readonly hinted: Seq
    }
  | {
      readonly kind: 'live'
      readonly document: OpenDocument
      readonly members: Map<SessionId, Member>
      readonly presence: PresenceTable
    }
  | {
      readonly kind: 'closing'
      readonly document: OpenDocument
      readonly waitsFor: ClosingFor
    }
  | {
      readonly kind: 'failed'
      readonly until: Millis
      /** With what joins are refused until then, and why. */
      readonly close: 'tryAgainLater' | 'deleted'
      readonly reason: string
    }

/** The kind of a phase. */
export type PhaseKind = Phase['kind']

/** The phase of one kind. */
export type PhaseOf<K extends PhaseKind> = Extract<Phase, { kind: K }>

/** A room. `step` owns it: nothing else writes to it. */
export interface Room {
  readonly name: DocName
  readonly limits: RoomLimits
  readonly durability: Durability
  readonly time: RoomTime
  phase: Phase
}

/** The last reading of the wall clock, and by how much it has been set back since the room began. */
export interface RoomTime {
  wall: Millis
  setBackMs: number
}

/** A room that nobody has joined. */
export const createRoom = (options: Omit<Room, 'phase' | 'time'>): Room => ({
  ...options,
  time: { wall: millis(0), setBackMs: 0 },
  phase: { kind: 'absent' },
})
