/*
 * A document in the hands of the program that the server runs in. What it writes takes the way of everybody's
 * changes: it is checked, relayed, committed, and answered when it is on disk.
 *
 *     edit ──▶ read ──▶ a Y.Doc of its own ──callback, one transaction──▶ what has changed ──▶ room ──▶ disk
 */
import {
  EMPTY_UPDATE,
  millis,
  readUpdate,
  sessionId,
  type DocName,
  type Result,
  type Update,
} from '@quire/shared'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import { CLOCK_TOLERANCE_MS, type Access, type Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { ContentProblem, Format, FormattedContent, Formats, Json } from '../ports/content.ts'
import type { Observe } from '../ports/observe.ts'
import type { DocumentFacts as Stored, Storage, StorageProblem } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'
import { writeDocument, type DirectRequest } from '../runtime/direct.ts'
import type { Documents, NoRoom } from '../runtime/documents.ts'
import type { ConnectionFacts } from '../runtime/guard.ts'
import { isKnownName } from '../runtime/known-name.ts'
import { subscribe } from '../runtime/subscribe.ts'
import type { WholeDocuments } from '../runtime/whole-documents.ts'
import type { Connection, DocumentEvent, DocumentHandle, FieldOptions } from './document-handle.ts'
import type { Loading } from './loading.ts'
import { QuireError, type QuireErrorKind } from './quire-error.ts'

/** What handles need of their server. */
export interface HandlePorts {
  readonly documents: Documents
  readonly wholes: WholeDocuments
  readonly content: Pick<Formats, 'readAs' | 'change'>
  readonly storage: Pick<Storage, 'find' | 'list'>
  /** What nothing is done before. */
  readonly loading: Loading
  readonly clock: Clock
  readonly observe: Observe
  /** Time for a document to open, to be read or to be written, milliseconds. */
  readonly answerMs: number
  /** Largest change, bytes, as of any client. */
  readonly maxUpdateBytes: number
}

/** Counted as no address: the program is the operator's own. */
const NOBODY = { address: '', addressGroup: null }

/** Takes a document into the program's hands; nothing of it is opened before it is used. */
export const createDocumentHandle = (name: DocName, ports: HandlePorts): DocumentHandle => {
  const { documents, wholes, content, storage, loading, clock, observe, answerMs, maxUpdateBytes } =
    ports

  const asked = (grant: Grant): DirectRequest => ({
    documents,
    clock,
    document: name,
    grant,
    client: NOBODY,
    withinMs: answerMs,
  })
  /** Issued later than any login of now: no revocation is meant, which are of logins before it. */
  const grantOf = (access: Access, user: string | null): Grant => ({
    ...plainGrant({ access, user, expiresAt: null }),
    issuedAt: millis(clock.wall() + CLOCK_TOLERANCE_MS + 1),
  })
  /** Reads the whole document and uses it, of one that is not there an empty one; it counts as held meanwhile. */
  const whole = async <T>(use: (update: Update) => T | Promise<T>): Promise<T> => {
    const loaded = await loading.done()
    if (!loaded.ok) throw new QuireError('tryAgainLater', `${name}: ${loaded.error}`)
    // a room would make it; a server that ends makes none, says so, and may have closed its storage
    const known = await isKnownName(storage, name)
    if (!documents.isDraining && !kept(name, known)) return use(EMPTY_UPDATE)
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
    const facts = kept(name, await storage.find(name))
    return facts?.deletedAt === null ? facts : null
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
          await content.change(before, [
            { kind: 'replace', field: field ?? null, content: wanted },
          ]),
        ),
      )
      await commit(update, author ?? null)
    },
    async edit(change, { author } = {}) {
      await commit(await whole((before) => changeOf(before, change)), author ?? null)
    },
    subscribe(listener, { from = 'now' } = {}) {
      const tell = (event: DocumentEvent): void => {
        try {
          listener(event)
        } catch (cause) {
          const error = new Error(`a listener of ${name} threw`, { cause })
          observe.event({ kind: 'bug', document: name, error })
        }
      }
      let stop: Undo | null = null
      let isOver = false
      const start = async (): Promise<void> => {
        const loaded = await loading.done()
        if (isOver) return
        if (!loaded.ok) return tell(endOf('tryAgainLater', `${name}: ${loaded.error}`))
        const request = { ...asked(grantOf('read', null)), observe, from }
        stop = subscribe(request, {
          opened: () => tell({ kind: 'open' }),
          update: (update) => tell({ kind: 'update', update: update.slice() }), // others hear the same
          closed: (close, reason) => tell(endOf(close, `${name}: ${reason}`)),
        })
      }
      void start()
      return () => {
        isOver = true
        stop?.()
      }
    },
    async create() {
      const creation = { key: null, seed: null, at: clock.wall() }
      const { kind } = kept(name, await documents.create(name, creation))
      return kind === 'created'
    },
    delete: async () => kept(name, await documents.delete(name)) !== null,
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
    kick: (id) =>
      documents.guard
        .connections(name)
        .flatMap(clientOf)
        .some((client) => client.id === id) && documents.guard.kick(name, sessionId(id)),
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

/** What was asked of the storage, or the reason as programs hear it. */
const kept = <T>(name: DocName, result: Result<T, StorageProblem>): T => {
  if (result.ok) return result.value
  const { kind, message } = result.error
  const isDamaged = kind === 'corrupt' || kind === 'unknown-document'
  throw new QuireError(isDamaged ? 'internalError' : 'tryAgainLater', `${name}: ${message}`)
}

const endOf = (close: QuireErrorKind, message: string): DocumentEvent => ({
  kind: 'end',
  error: new QuireError(close, message),
})

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
    // more than one where observers answer what the callback does with transactions of their own
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const returned = doc.transact(() => change(doc))
    if (isThenable(returned)) {
      returned.then(undefined, () => undefined) // what became of it is nobody's question any more
      throw new TypeError(
        'the callback of edit() is asynchronous: do what takes time first, then edit. Nothing was written',
      )
    }
    return updates.length > 1 ? Y.mergeUpdates(updates) : (updates[0] ?? null)
  } finally {
    doc.destroy()
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function'
