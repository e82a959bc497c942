/* What users of the package see: types only, and nothing of how it works. */
import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import type { OfflineStore, StoreProblem } from './offline/store.ts'

/** What may be done with a document. */
export type Access = 'read' | 'comment' | 'write'

/** Says which login a document is opened with; called for each attempt, and when a login is over. */
export type TokenSource = () => string | null | Promise<string | null>

/**
 * A way to reach a server: a WebSocket; requests, and an answer that does not end; requests, and answers that end, for
 * where an answer is handed on only then.
 */
export type TransportName = 'websocket' | 'event-stream' | 'polling'

/** What is to be connected, and to what. */
export interface ConnectOptions {
  /** Where the server is: `https://docs.example.org`, or with `wss:`; below a path as well. */
  readonly url: string
  /** The document's name, 1 to 1,024 bytes of UTF-8. */
  readonly document: string
  readonly doc: Doc
  /** Absent: no token. */
  readonly token?: TokenSource | undefined
  /** What keeps documents on this device; absent: nothing does, and what is not saved ends with the page. */
  readonly offline?: OfflineStore | undefined
  /** An awareness that exists, `false` for none; absent: a new one. */
  readonly presence?: Awareness | false | undefined
  /** Ways to reach the server, the most wanted first; absent: all, in the order of their names above. */
  readonly transports?: readonly [TransportName, ...(readonly TransportName[])] | undefined
}

/** What is true of a document whatever its connection is in. */
export interface Always {
  /** Everything that was changed here is on the server's disk. */
  readonly saved: boolean
  /**
   * What is not: how many changes, how many of them are not on this device's disk either and end with the page, and
   * when the first was made, milliseconds since the Unix epoch.
   */
  readonly unsaved: {
    readonly changes: number
    readonly unkept: number
    readonly since: number | null
  }
  /** What may be done with it; null while that is not known. */
  readonly access: Access | null
  /** Who this is by its login; null for an anonymous one. */
  readonly user: string | null
  /** False while the server says that it cannot save. */
  readonly serverSaves: boolean
  /** Why something that is not saved will not be: this client may not write, or it is too large. Else null. */
  readonly denied: string | null
  /** Whether what this device keeps is in the document: `opening` before that, `off` where nothing keeps it. */
  readonly local: 'off' | 'opening' | 'open'
  /** Why this device does not keep what is changed; null where it does. */
  readonly storeProblem: StoreProblem | null
}

/** What the connection of a document is in. */
export type Situation =
  | { readonly kind: 'connecting' }
  /** The server is reached, and what is missing here is on its way. */
  | { readonly kind: 'syncing' }
  /** What others do is seen here as they do it. */
  | { readonly kind: 'live' }
  /** It is tried again then, milliseconds since the Unix epoch, or earlier if the network is back. */
  | { readonly kind: 'waiting'; readonly until: number; readonly reason: string }
  /** For good: the same attempt would end the same way. `code` is a close code of the protocol. */
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  /** Another document has the name: what is here was merged with nothing, and is sent to nobody. */
  | { readonly kind: 'replaced'; readonly reason: string }
  | { readonly kind: 'closed' }

/** The state of a document. */
export type ProviderState = Always & Situation

/** Something small that somebody said beside a document. */
export interface Signal {
  /** Who, by the login; null for an anonymous one. */
  readonly user: string | null
  readonly data: Uint8Array
}

/** What came of waiting for the disk. */
export type Flushed =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: { readonly message: string } }

/** A document that is kept in step with a server. */
export interface Connected {
  readonly doc: Doc
  /** The same object until it changes. */
  readonly state: ProviderState
  /** Who is here; null where presence is off. */
  readonly presence: Awareness | null
  /** Who each client of `presence` is by its login, which nobody can say of themselves. */
  readonly users: ReadonlyMap<number, string | null>
  /** Calls `listener` after each change of the state, until undone. */
  subscribe(listener: () => void): () => void
  /** Says something small (at most 4 KiB) to everybody else who is here now; false if nobody can be told. */
  signal(data: Uint8Array): boolean
  /** Calls `listener` with what others say with `signal`, until undone. */
  onSignal(listener: (signal: Signal) => void): () => void
  /** Resolves once what was changed here so far is on the server's disk, or cannot get there. */
  flush(): Promise<Flushed>
  /** Lets the connection go, for a page that is hidden for long, until `resume`. What is changed meanwhile is kept. */
  pause(): void
  /** Connects again after `pause`, or after a refusal: perhaps with another login. Else nothing. */
  resume(): void
  /**
   * Forgets what this device keeps under this name, and ends it: for a document that was replaced, once it is kept
   * as a copy, or is not wanted. The name can be connected again with a new `Y.Doc` then.
   */
  discard(): Promise<Flushed>
  /** Ends it: the document stays as it is. Safe to call twice. */
  close(): void
}
