/* What a channel is made of: its phases, what happens to it, and what is to be done about that. */
import type {
  ChannelNotice,
  ChannelRequest,
  KnownPresence,
  QuireAccess,
  StateVector,
  Update,
} from '@quire/shared'
import type { Position } from '../offline/store.ts'
import type { Pending } from './pending.ts'

/** Where in the log a channel is: kept for as long as this page lives, as only the server knows a writer. */
export interface SessionPosition extends Position {
  readonly writer: number
}

/** What a channel is in. `forMs` is how long a wait was to be, should the clock be set back in it. */
export type Phase =
  /** What this device has of the document is being read. */
  | { readonly kind: 'loading' }
  | { readonly kind: 'asleep' }
  | { readonly kind: 'signing-in'; readonly until: number; readonly forMs: number }
  /** `resumes`: with its position, and not with a question. */
  | {
      readonly kind: 'opening'
      readonly resumes: boolean
      readonly until: number
      readonly forMs: number
    }
  /** `maySend`: the server has been told what it lacks, or knows where this client is. */
  | { readonly kind: 'syncing' | 'live'; readonly maySend: boolean }
  /** `notBefore`: whatever happens, the server has said so. */
  | {
      readonly kind: 'waiting'
      readonly until: number
      readonly forMs: number
      readonly notBefore: number
      readonly reason: string
    }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'replaced'; readonly reason: string }
  | { readonly kind: 'over' }

/** A channel. `stepChannel` owns it: nothing else writes to it. */
export interface Channel {
  readonly document: string
  phase: Phase
  isOnline: boolean
  /** Largest message that the server takes, bytes. */
  messageBytes: number
  pending: readonly Pending[]
  /** Changes that were saved so far. */
  savedChanges: number
  /** The last number used on this connection. */
  number: number
  /** Which login is waited for: what comes of earlier ones counts no more. */
  attempt: number
  /** Of what the document here is made of; null while it is nobody's. */
  epoch: number | null
  position: SessionPosition | null
  /** It has heard of more than its position stands for: it may be the last that has it. */
  isAhead: boolean
  /** It has heard something from other tabs that the server may not have, and under which number that was said. */
  hasOverheard: boolean
  offeredAs: number | null
  access: QuireAccess | null
  user: string | null
  /** The server can save. */
  diskWorks: boolean
  /** Why what is not saved will not be, until this client may write. */
  denied: string | null
  /** Failures in a row. */
  failures: number
  sentAt: number
  /** When what was changed leaves; null if nothing waits. */
  flushAt: number | null
}

/** What happens to a channel. */
export type ChannelEvent =
  | { readonly kind: 'online'; readonly messageBytes: number }
  | { readonly kind: 'offline' | 'woken' | 'tick' | 'pause' | 'close' }
  /** Somebody wants it again that was refused. */
  | { readonly kind: 'wanted' }
  /** What this device has is in the document: of which epoch it is, and what of it is not saved. */
  | {
      readonly kind: 'loaded'
      readonly epoch: number | null
      readonly unsaved: readonly Pending[]
      /** What was not saved before it was loaded is kept under these. */
      readonly keys: readonly number[]
    }
  /** Another tab has left these, and they are in the document. */
  | { readonly kind: 'inherited'; readonly unsaved: readonly Pending[] }
  /** Another tab knows of which epoch what is here is. */
  | { readonly kind: 'belongs'; readonly epoch: number }
  /** Another tab has changed the document, or heard of a change. */
  | { readonly kind: 'overheard' }
  | { readonly kind: 'token'; readonly attempt: number; readonly token: string | null }
  | { readonly kind: 'token-failed'; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'notice'; readonly notice: ChannelNotice }
  /** The document was changed here; `key` is what that is kept under on this device. */
  | { readonly kind: 'changed'; readonly update: Update; readonly key: number | null }
  /** What the document has beyond what the server has. */
  | { readonly kind: 'compared'; readonly update: Update }
  /** What the server said does not apply. */
  | { readonly kind: 'broken'; readonly reason: string }

/** What is to be done, in this order. */
export type ChannelEffect =
  | { readonly kind: 'get-token'; readonly attempt: number }
  | { readonly kind: 'say'; readonly request: ChannelRequest }
  /** Say what the document has, and ask for the rest. */
  | { readonly kind: 'ask' }
  /** Find what the document has beyond this. */
  | { readonly kind: 'compare'; readonly stateVector: StateVector }
  | { readonly kind: 'apply'; readonly update: Update }
  | { readonly kind: 'show-presence'; readonly entries: readonly KnownPresence[] }
  /** Say who is here. */
  | { readonly kind: 'say-presence' }
  /** Nobody else is known to be here any more. */
  | { readonly kind: 'forget-presence' }
  | { readonly kind: 'signal'; readonly user: string | null; readonly data: Uint8Array }
  /** For what is kept on this device: what is on the server's disk, and how far in its log all of it is. */
  | { readonly kind: 'note-saved'; readonly keys: readonly number[] }
  | { readonly kind: 'note-position'; readonly position: Position }

/** What a step is given. */
export interface Around {
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

/** What a channel begins with. */
export interface ChannelStart {
  readonly document: string
  /** What the document has already, which nobody else is known to have. */
  readonly pending: readonly Pending[]
  /** There is a device to read from first. */
  readonly loads: boolean
}

/** A channel without a connection. */
export const createChannel = ({ document, pending, loads }: ChannelStart): Channel => ({
  document,
  pending,
  savedChanges: 0,
  phase: { kind: loads ? 'loading' : 'asleep' },
  isOnline: false,
  messageBytes: Infinity,
  number: 0,
  attempt: 0,
  epoch: null,
  position: null,
  isAhead: false,
  hasOverheard: false,
  offeredAs: null,
  access: null,
  user: null,
  diskWorks: true,
  denied: null,
  failures: 0,
  sentAt: -Infinity,
  flushAt: null,
})

/** One event on its way through a channel. */
export class Step {
  readonly channel: Channel
  readonly around: Around
  readonly effects: ChannelEffect[] = []

  constructor(channel: Channel, around: Around) {
    this.channel = channel
    this.around = around
  }

  do(effect: ChannelEffect): void {
    this.effects.push(effect)
  }

  say(request: ChannelRequest): void {
    this.do({ kind: 'say', request })
  }
}

/** An event of this kind. */
export type EventOf<K extends ChannelEvent['kind']> = Extract<ChannelEvent, { kind: K }>
/** A notice of this kind. */
export type NoticeOf<K extends ChannelNotice['kind']> = Extract<ChannelNotice, { kind: K }>
