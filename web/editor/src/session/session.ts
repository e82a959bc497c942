import type { Flushed } from '@quire/provider'
import type { DocName } from '@quire/shared'
import type { Doc, XmlFragment } from 'yjs'

import type { Copied } from '../device/copy.ts'
import type { Person } from '../identity/person.ts'
import type { GuardedAwareness, Peer } from '../presence/guarded-awareness.ts'
import type { Readable } from '../store.ts'
import type { ConnectionState } from './connection.ts'

/** The root fragment that holds the text; Tiptap's default field. */
export const documentField = 'default'

/** One open document: its text, who is in it, and how it is connected. Lives outside React. */
export interface Session {
  /** Another for each session of this page. */
  readonly id: number
  readonly name: DocName
  readonly doc: Doc
  readonly fragment: XmlFragment
  readonly awareness: GuardedAwareness
  readonly connection: Readable<ConnectionState>
  readonly people: Readable<readonly Peer[]>
  /** The first line of the text; empty while there is none. */
  readonly title: Readable<string>
  /** Connects again after a refusal. */
  retry: () => void
  /** Makes a copy under another name of a document that was replaced. */
  keepCopy: () => Promise<Copied>
  /** Forgets what this device keeps of a document that was replaced; the session is to be closed then. */
  discard: () => Promise<Flushed>
  /** Lets the connection go, for a page that is being hidden; {@link resume} takes it back. */
  suspend: () => void
  resume: () => void
  /** Runs `undo` when the session closes. */
  whenClosed: (undo: () => void) => void
  /** Closes the socket and frees the document. Safe to call twice. */
  close: () => void
}

/** What opening a session needs to know. */
export interface SessionOptions {
  readonly name: DocName
  readonly person: Person
  /** It is a new document: there is nothing of it to wait for. */
  readonly isBegun: boolean
}

/** Opens a document; the connection is under way when this returns. */
export type OpenSession = (options: SessionOptions) => Session
