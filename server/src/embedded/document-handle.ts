/* A document in the hands of the program that the server runs in, as the program sees it. */
import type * as Y from 'yjs'
import type { Access } from '../ports/auth.ts'
import type { Json } from '../ports/content.ts'
import type { QuireError } from './quire-error.ts'

/**
 * How an edit is written.
 *
 * @example
 * ```ts
 * import type { DocumentHandle, EditOptions } from '@quire/server'
 *
 * export const sign = async (notes: DocumentHandle, user: string): Promise<void> => {
 *   const by: EditOptions = { author: user }
 *   await notes.edit((doc) => doc.getArray('signed').push([user]), by)
 * }
 * ```
 */
export interface EditOptions {
  /** Whose edit it is: the user that the change is kept under. Absent: nobody's. */
  readonly author?: string
}

/**
 * What of a document is read.
 *
 * @example
 * ```ts
 * import type { DocumentHandle, FieldOptions } from '@quire/server'
 *
 * const title: FieldOptions = { field: 'title' }
 *
 * export const titleOf = (page: DocumentHandle): Promise<string> =>
 *   page.read({ as: 'text', ...title })
 * ```
 */
export interface FieldOptions {
  /**
   * The name of a root type. Absent: the one that the schema's editor writes to; without a schema (`content.schema` is
   * `plain`) all of them, as JSON by name.
   */
  readonly field?: string
}

/**
 * Content in a format: rich text as Markdown, HTML or ProseMirror's JSON, a text, or what may stand in JSON.
 *
 * @example
 * ```ts
 * import type { DocumentHandle, WrittenContent } from '@quire/server'
 *
 * const welcome: WrittenContent = { as: 'markdown', value: '# Welcome\n\nWrite something.' }
 *
 * export const seed = async (page: DocumentHandle): Promise<void> => {
 *   if (await page.create()) await page.write(welcome)
 * }
 * ```
 */
export type WrittenContent =
  | { readonly as: 'text' | 'markdown' | 'html'; readonly value: string }
  | { readonly as: 'json'; readonly value: Json }

/**
 * What is known of a document without reading it.
 *
 * @example
 * ```ts
 * import type { DocumentFacts } from '@quire/server'
 *
 * const MONTH_MS = 30 * 86_400_000
 *
 * export const isForgotten = ({ changedAt }: DocumentFacts): boolean =>
 *   Date.now() - changedAt.getTime() > MONTH_MS
 * ```
 */
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

/**
 * What of a document is heard first.
 *
 * @example
 * ```ts
 * import type { DocumentHandle, SubscribeOptions } from '@quire/server'
 * import * as Y from 'yjs'
 *
 * const whole: SubscribeOptions = { from: 'start' }
 *
 * // keeps a copy that is like the document, until what it gives back is called
 * export const mirror = (notes: DocumentHandle, copy: Y.Doc): (() => void) =>
 *   notes.subscribe((event) => {
 *     if (event.kind === 'update') Y.applyUpdate(copy, event.update)
 *   }, whole)
 * ```
 */
export interface SubscribeOptions {
  /** `now`, the default: only what comes. `start`: what the document holds first, in several updates where it is large. */
  readonly from?: 'now' | 'start'
}

/**
 * What a program hears of a document.
 *
 * @example
 * ```ts
 * import type { DocumentEvent } from '@quire/server'
 *
 * export const tell = (event: DocumentEvent): void => {
 *   if (event.kind === 'open') console.log('nothing is missed from here on')
 *   if (event.kind === 'update') console.log(`${event.update.length} bytes have come`)
 *   if (event.kind === 'end') console.log(event.error.isTemporary ? 'subscribe again' : 'it is over')
 * }
 * ```
 */
export type DocumentEvent =
  /** It is open: of what is accepted from here on nothing is missed, and what was before can be read. */
  | { readonly kind: 'open' }
  /**
   * A Yjs update that was accepted, from whomever; it may not be on disk yet, and may repeat what was heard before,
   * which Yjs takes as nothing. The bytes are the listener's.
   */
  | { readonly kind: 'update'; readonly update: Uint8Array }
  /** Nothing more is heard: it was deleted, or the server ends; `error.isTemporary` says whether to subscribe again. */
  | { readonly kind: 'end'; readonly error: QuireError }

/**
 * One client of a document.
 *
 * @example
 * ```ts
 * import type { Connection } from '@quire/server'
 *
 * export const describe = ({ name, user, access, since }: Connection): string =>
 *   `${name ?? user ?? 'somebody'} may ${access}, here since ${since.toISOString()}`
 * ```
 */
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

/**
 * One document of a server in the same process. It holds nothing: take one whenever it is needed.
 *
 * @example
 * ```ts
 * import type { DocumentHandle } from '@quire/server'
 *
 * // sends a user's clients away; `authorize` has to say no to that user from before on
 * export const sendAway = (notes: DocumentHandle, user: string): void => {
 *   for (const { id, user: who } of notes.connections()) if (who === user) notes.kick(id)
 * }
 * ```
 */
export interface DocumentHandle {
  /** The document's name. */
  readonly name: string
  /**
   * What the document holds, as one Yjs update; of a document that nobody has written yet, or that is not there, it is
   * an empty one, and nothing is made by asking. The bytes are the caller's. Throws a `QuireError`: `deleted` where it
   * was deleted.
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
  /**
   * Tells of the document until it is undone: that it is open, each update as it is accepted, and the end. It keeps the
   * document open, and takes a place among its sessions. What the listener throws is told as a bug, and keeps nothing back.
   */
  subscribe(listener: (event: DocumentEvent) => void, options?: SubscribeOptions): () => void
  /** Makes the document, empty; false where it is there. Of a deleted one's name it makes another document. */
  create(): Promise<boolean>
  /**
   * Deletes the document: whoever has it open is sent away, and whoever comes is refused (`deleted`) until it is made
   * anew by `create` or by the API, which can undelete it as well. False where there is none.
   */
  delete(): Promise<boolean>
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
