/*
 * A document in the hands of the program that the server runs in. What it writes takes the way of everybody's
 * changes: it is checked, relayed, committed, and answered when it is on disk.
 *
 *     edit ──▶ read ──▶ a Y.Doc of its own ──callback, one transaction──▶ what has changed ──▶ room ──▶ disk
 */
import {
  millis,
  readUpdate,
  sessionId,
  type DocName,
  type Result,
  type Update,
} from '@quire/shared'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Access, Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { ContentProblem, Format, FormattedContent, Formats, Json } from '../ports/content.ts'
import type { DocumentFacts as Stored, Storage } from '../ports/storage.ts'
import { writeDocument, type DirectRequest } from '../runtime/direct.ts'
import type { Documents, NoRoom } from '../runtime/documents.ts'
import type { ConnectionFacts } from '../runtime/guard.ts'
import type { WholeDocuments } from '../runtime/whole-documents.ts'
import type { Loading } from './loading.ts'
import { QuireError, type QuireErrorKind } from './quire-error.ts'

/** How an edit is written. */
export interface EditOptions {
  /** Whose edit it is: the user that the change is kept under. Absent: nobody's. */
  readonly author?: string
}

/** What of a document is read. */
export interface FieldOptions {
  /**
   * The name of a root type. Absent: the one that the schema's editor writes to; without a schema (`content.schema` is
   * `plain`) all of them, as JSON by name.
   */
  readonly field?: string
}

/** Content in a format: rich text as Markdown, HTML or ProseMirror's JSON, a text, or what may stand in JSON. */
export type WrittenContent =
  | { readonly as: 'text' | 'markdown' | 'html'; readonly value: string }
  | { readonly as: 'json'; readonly value: Json }

/** What is known of a document without reading it. */
export interface DocumentFacts {
  readonly name: string
  /** The number of its newest update that is on disk; 0 for an empty one. */
  readonly sequence: number
  /** Another one where the document was deleted and made anew, or put back: positions of one mean nothing in another. */
  readonly epoch: number
  /** What is stored of it. */
  readonly bytes: number
  readonly createdAt: Date
  readonly changedAt: Date
}

/** One client of a document. */
export interface Connection {
  readonly id: number
  /** By its login; null for an anonymous one. */
  readonly user: string | null
  /** What people call the user; null where the login does not say. */
  readonly name: string | null
  readonly access: Access
  /** The words that it speaks: `quire`, `y-websocket`, `hocuspocus`, `y-sweet`. */
  readonly family: string
  /** The client's address, '' where there is none. */
  readonly address: string
  readonly transport: 'websocket' | 'event-stream'
  readonly since: Date
}

/** One document of a server in the same process. It holds nothing: take one whenever it is needed. */
export interface DocumentHandle {
  /** The document's name. */
  readonly name: string
  /**
   * What the document holds, as one Yjs update; of a document that nobody has written yet it is an empty one. The
   * bytes are the caller's. Throws a `QuireError`.
   */
  read(options: { readonly as: 'update' }): Promise<Uint8Array>
  /** A field as text. Throws a `QuireError`: `refused` where it has no such form. */
  read(options: { readonly as: 'text' | 'markdown' | 'html' } & FieldOptions): Promise<string>
  /** A field as JSON: of rich text ProseMirror's. Throws a `QuireError`. */
  read(options: { readonly as: 'json' } & FieldOptions): Promise<Json>
  /**
   * Makes a field what is given, by the smallest edit that does: what stays keeps its place in the history, and carets
   * in it theirs. Resolves once it is on disk, as `edit` does, and throws a `QuireError` as that does: `refused` where the
   * content cannot be read, and says where.
   */
  write(content: WrittenContent & FieldOptions, options?: EditOptions): Promise<void>
  /**
   * Changes the document, and resolves once the change is on disk; everybody who has it open is shown it. `change` is
   * given a copy of the document as it is now, and called once, in one transaction: what it changes meets what others
   * change meanwhile as Yjs merges it. It is synchronous: what takes time is done before.
   *
   * Where `change` throws, nothing is written and `edit` throws the same; where it changes nothing, nothing is
   * written. Throws a `QuireError` where the document could not be read or written: one whose `kind` is
   * `tryAgainLater` or `serviceRestart` may have been written all the same.
   */
  edit(change: (doc: Y.Doc) => void, options?: EditOptions): Promise<void>
  /** True where the document is stored and not deleted; nothing is made by asking. Throws a `QuireError`. */
  exists(): Promise<boolean>
  /** What is known of it; null where it is not there, or deleted. Throws a `QuireError`. */
  facts(): Promise<DocumentFacts | null>
  /** The clients that have it open, in the order in which they came. */
  connections(): readonly Connection[]
  /**
   * Sends a client away for good, as far as it obeys: its user may come back with a new page, so `authorize` has to say
   * no first. False where the document has no such connection.
   */
  kick(id: number): boolean
}

/** What handles need of their server. */
export interface HandlePorts {
  readonly documents: Documents
  readonly wholes: WholeDocuments
  readonly content: Pick<Formats, 'readAs' | 'change'>
  readonly storage: Pick<Storage, 'find'>
  /** What nothing is done before. */
  readonly loading: Loading
  readonly clock: Clock
  /** Time for a document to open, to be read or to be written, milliseconds. */
  readonly answerMs: number
  /** Largest change, bytes, as of any client. */
  readonly maxUpdateBytes: number
}

/** Counted as no address: the program is the operator's own. */
const NOBODY = { address: '', addressGroup: null }

/** Takes a document into the program's hands; nothing of it is opened before it is used. */
export const documentHandle = (name: DocName, ports: HandlePorts): DocumentHandle => {
  const { documents, wholes, content, storage, loading, clock, answerMs, maxUpdateBytes } = ports

  const asked = (grant: Grant): DirectRequest => ({
    documents,
    clock,
    document: name,
    grant,
    client: NOBODY,
    withinMs: answerMs,
  })
  /** Issued at this moment: no revocation is meant, which are of logins before it. */
  const grantOf = (access: Access, user: string | null): Grant => ({
    ...plainGrant({ access, user, expiresAt: null }),
    issuedAt: millis(clock.wall() + 1),
  })
  /** Reads the whole document and uses it; it counts as held meanwhile. */
  const whole = async <T>(use: (update: Update) => T | Promise<T>): Promise<T> => {
    const loaded = await loading.done()
    if (!loaded.ok) throw new QuireError('tryAgainLater', `${name}: ${loaded.error}`)
    const { update, read } = given(
      name,
      await wholes.read(asked(grantOf('read', null)), () => true),
    )
    try {
      return await use(update)
    } finally {
      read()
    }
  }
  /** Writes what has changed, as one update; null for nothing. */
  const commit = async (update: Uint8Array | null, author: string | null): Promise<void> => {
    if (update === null) return
    if (update.length > maxUpdateBytes)
      throw new QuireError(
        'messageTooBig',
        `${name}: the edit is ${update.length} bytes, limit ${maxUpdateBytes}; write it in several`,
      )
    const contents = readUpdate(update)
    if (!contents.ok)
      throw new QuireError('badFrame', `${name}: the edit is refused: ${contents.error.message}`)
    given(name, await writeDocument(asked(grantOf('write', author)), contents.value))
  }
  const readAs = (format: Format, field: string | null): Promise<Json> =>
    whole(async (update) => computed(name, await content.readAs(update, { format, field })).value)

  const stored = async (): Promise<Stored | null> => {
    const facts = await storage.find(name)
    if (!facts.ok) throw new QuireError('tryAgainLater', `${name}: ${facts.error.message}`)
    return facts.value?.deletedAt === null ? facts.value : null
  }

  return {
    name,
    // each of the promises above holds for its format (ports/content.ts)
    read: (({ as, field }: { readonly as: Format | 'update' } & FieldOptions) =>
      as === 'update'
        ? whole((update) => update.slice()) // others are given the same bytes
        : readAs(as, field ?? null)) as DocumentHandle['read'],
    async write({ as, value, field }, { author } = {}) {
      // the type has paired them, and `change` looks at the value
      const wanted = { format: as, value } as FormattedContent
      const { update } = await whole(async (before) =>
        computed(
          name,
          await content.change(before, { kind: 'replace', field: field ?? null, content: wanted }),
        ),
      )
      await commit(update, author ?? null)
    },
    async edit(change, { author } = {}) {
      await commit(await whole((before) => changeOf(before, change)), author ?? null)
    },
    exists: async () => (await stored()) !== null,
    async facts() {
      const facts = await stored()
      if (facts === null) return null
      const { epoch, head: sequence, bytes, createdAt, changedAt } = facts
      return {
        name,
        sequence,
        epoch,
        bytes,
        createdAt: new Date(createdAt),
        changedAt: new Date(changedAt),
      }
    },
    connections: () => documents.guard.connections(name).flatMap(clientOf),
    kick: (id) => documents.guard.kick(name, sessionId(id)),
  }
}

/** The program's own reads and writes are no connections of clients. */
const clientOf = ({ transport, since, ...facts }: ConnectionFacts): readonly Connection[] =>
  transport === 'direct' ? [] : [{ ...facts, transport, since: new Date(since) }]

/** What was asked for, or the reason as programs hear it. */
const given = <T>(name: DocName, result: Result<T, NoRoom>): T => {
  if (result.ok) return result.value
  throw new QuireError(result.error.close, `${name}: ${result.error.reason}`)
}

/** What was computed, or the reason as programs hear it. */
const computed = <T>(name: DocName, result: Result<T, ContentProblem>): T => {
  if (result.ok) return result.value
  throw new QuireError(KINDS[result.error.kind], `${name}: ${result.error.message}`)
}

const KINDS = {
  refused: 'refused',
  broken: 'internalError',
  closed: 'serviceRestart',
} as const satisfies Record<ContentProblem['kind'], QuireErrorKind>

/** What a callback changes of a document, as one update; null where it changes nothing. */
const changeOf = (before: Uint8Array, change: (doc: Y.Doc) => unknown): Uint8Array | null => {
  const doc = new Y.Doc()
  try {
    Y.applyUpdate(doc, before)
    let changed: Uint8Array | null = null
    doc.on('update', (update: Uint8Array) => (changed = update))
    const returned = doc.transact(() => change(doc))
    if (isThenable(returned)) {
      returned.then(undefined, () => undefined) // what became of it is nobody's question any more
      throw new TypeError(
        'the callback of edit() is asynchronous: do what takes time first, then edit. Nothing was written',
      )
    }
    return changed
  } finally {
    doc.destroy()
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function'
