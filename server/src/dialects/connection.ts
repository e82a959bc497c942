import { closeCodes, closeNameOf, type DocName, type Frame } from '@quire/shared'
import type { Dialect } from './dialect.ts'

/** What a session said, for its attachment. */
export type Said =
  /** Null stands for the token that was given on the way in. */
  | { readonly kind: 'login'; readonly token: string | null }
  /** What its dialect is to read. */
  | { readonly kind: 'message'; readonly body: Uint8Array }

/** What is to be done about a frame. `P` is how a family addresses a session. */
export type Decision<P> =
  | { readonly kind: 'ignore' }
  /** A session that is new on this socket says something. */
  | {
      readonly kind: 'open'
      readonly address: string
      readonly prefix: P
      readonly document: DocName
      readonly said: Said
    }
  | { readonly kind: 'hear'; readonly address: string; readonly said: Said }
  /** The client has closed one of its documents. */
  | { readonly kind: 'leave'; readonly address: string }
  /** The session breaks the protocol: it is to be ended. */
  | { readonly kind: 'break'; readonly address: string; readonly reason: string }
  /** Sent to an address that can have no session. */
  | { readonly kind: 'refuse'; readonly frame: Frame }
  /** The answer to what concerns the socket, and no session. */
  | { readonly kind: 'reply'; readonly frame: Frame }
  /** The client says what it is, and both keep to this revision of the protocol. */
  | { readonly kind: 'named'; readonly agent: string; readonly revision: number }
  /** The socket is to be closed: what comes over it is not this protocol. */
  | { readonly kind: 'close'; readonly reason: string }

/** How a session is told of its end, and whether its socket ends with it. */
export interface Farewell {
  readonly frames: readonly Frame[]
  readonly closesSocket: boolean
}

/** The documents of one socket, as a pure machine: what each frame is for, and what an end means. */
export interface Connection<P> {
  /** Sessions that are open. */
  readonly open: number
  /** Takes a frame; bytes in the decision are views into it. */
  hear(frame: Uint8Array): Decision<P>
  /** A session is over, by a row of the close code table. */
  ended(address: string, code: number, reason: string): Farewell
  /** How the client is told that the socket ends, for a reason that concerns no single session. */
  farewell(code: number, reason: string): readonly Frame[]
}

/** A family of clients whose sockets carry several documents. */
export interface SharedFamily<P> {
  readonly connection: Connection<P>
  /** What speaks to one address. */
  dialectOf(prefix: P): Dialect
  /** What is said to a client first of all. */
  readonly greeting: readonly Frame[]
  /** What keeps the line alive, and how often, milliseconds; null where each session's dialect does. */
  readonly beat: { readonly everyMs: number; readonly frame: () => Frame } | null
}

/**
 * `refused`: the same would end the same way, so the client is not to come back by itself; `restart`: it is,
 * with all of its documents; `retry`: with this one.
 */
export const endingOf = (code: number): 'refused' | 'restart' | 'retry' => {
  const name = closeNameOf(code)
  if (name === 'serviceRestart' || name === 'goingAway') return 'restart'
  return name !== null && closeCodes[name].advice === 'stop' ? 'refused' : 'retry'
}
