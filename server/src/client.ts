/*
 * A client of the document API for programs in any runtime with `fetch`. Its types are those of the schemas that
 * the server checks requests with; nothing of the server is in it.
 */
import type { z } from 'zod'
import type * as schemas from './http/api/schemas.ts'
import { ApiOperationsClient } from './operations-client.ts'

export type { ApiOperationsClient, ApiOperationsDocument } from './operations-client.ts'

type Of<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.input<(typeof schemas)[K]>
  : never

/**
 * A document, as the API tells it.
 *
 * @example
 * ```ts
 * import type { ApiDocument } from '@quire/server/client'
 *
 * export const lineOf = ({ name, bytes, changedAt }: ApiDocument): string =>
 *   `${name}: ${bytes} bytes, changed ${new Date(changedAt).toLocaleString()}`
 * ```
 */
export type ApiDocument = Of<'documentSchema'>
/**
 * A version of a document.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ApiVersion } from '@quire/server/client'
 *
 * // the newest version that somebody has named; undefined where none of the newest hundred is
 * export const newestNamed = async (notes: ApiDocumentClient): Promise<ApiVersion | undefined> => {
 *   const { versions } = await notes.versions({ limit: 100 })
 *   return versions.find(({ name }) => name !== null)
 * }
 * ```
 */
export type ApiVersion = Of<'versionSchema'>
/**
 * What was written by somebody who had lost the right to.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ApiPatch } from '@quire/server/client'
 *
 * const isOf = (patch: ApiPatch, user: string): boolean => patch.user === user
 *
 * // lets in what a user wrote who had lost the right to
 * export const forgive = async (notes: ApiDocumentClient, user: string): Promise<void> => {
 *   for (const patch of await notes.patches()) if (isOf(patch, user)) await notes.applyPatch(patch.id)
 * }
 * ```
 */
export type ApiPatch = Of<'patchSchema'>
/**
 * Somebody who has a document open.
 *
 * @example
 * ```ts
 * import type { ApiConnection } from '@quire/server/client'
 *
 * // who is there, each once, however many windows they have
 * export const usersOf = (connections: readonly ApiConnection[]): ReadonlySet<string> =>
 *   new Set(connections.map(({ name, user }) => name ?? user ?? 'somebody'))
 * ```
 */
export type ApiConnection = Of<'connectionSchema'>
/**
 * A login that was taken back or lowered.
 *
 * @example
 * ```ts
 * import type { ApiClient, ApiRevocation } from '@quire/server/client'
 *
 * const isOf = (revocation: ApiRevocation, user: string): boolean => revocation.user === user
 *
 * // ends the revocations of a user
 * export const readmit = async (api: ApiClient, user: string): Promise<void> => {
 *   for (const one of await api.revocations()) if (isOf(one, user)) await api.unrevoke(one.id)
 * }
 * ```
 */
export type ApiRevocation = Of<'revocationSchema'>
/**
 * How a target of webhooks stands.
 *
 * @example
 * ```ts
 * import type { ApiWebhookEndpoint } from '@quire/server/client'
 *
 * // true for a target that somebody is to look at
 * export const isIll = ({ dead, waiting }: ApiWebhookEndpoint): boolean => dead > 0 || waiting > 100
 * ```
 */
export type ApiWebhookEndpoint = Of<'webhooksSchema'>['endpoints'][number]
/**
 * An event that a target of webhooks has not taken.
 *
 * @example
 * ```ts
 * import type { ApiClient, ApiDeadLetter } from '@quire/server/client'
 *
 * const isOf = (letter: ApiDeadLetter, host: string): boolean => letter.host === host
 *
 * // has a target told again what it has missed
 * export const replay = async (api: ApiClient, host: string): Promise<void> => {
 *   const { deadLetters } = await api.deadLetters({ limit: 1_000 })
 *   for (const letter of deadLetters) if (isOf(letter, host)) await api.replayDeadLetter(letter.id)
 * }
 * ```
 */
export type ApiDeadLetter = Of<'deadLetterSchema'>
/**
 * Where a change left a document.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ApiWritten } from '@quire/server/client'
 *
 * // two changes, the second only where nobody has changed anything between them
 * export const report = async (notes: ApiDocumentClient): Promise<ApiWritten> => {
 *   const { etag } = await notes.append('markdown', '## Today')
 *   return notes.append('markdown', 'Nothing has happened.', { ifMatch: etag })
 * }
 * ```
 */
export type ApiWritten = Of<'writtenSchema'> & { readonly etag: string }
/**
 * One step of a patch of content.
 *
 * @example
 * ```ts
 * import { createApiClient, type ApiStep } from '@quire/server/client'
 *
 * const steps: readonly ApiStep[] = [
 *   { op: 'replace-node', node: [0], format: 'markdown', value: '# Minutes' }, // the first block
 *   { op: 'replace-text', node: [1], from: 0, to: 3, text: 'Eve' }, // three characters of the second
 *   { op: 'append', format: 'markdown', value: 'That was all.' },
 * ]
 * const api = createApiClient({ url: 'http://127.0.0.1:4400' })
 * await api.document('team/notes').patch(steps)
 * ```
 */
export type ApiStep = Of<'patchStep'>
/**
 * Content as text of some kind, or as JSON.
 *
 * @example
 * ```ts
 * import type { ApiFormat } from '@quire/server/client'
 *
 * const FORMATS: Readonly<Record<string, ApiFormat>> = { '.md': 'markdown', '.html': 'html' }
 *
 * // how the content of a file is given
 * export const formatOf = (extension: string): ApiFormat => FORMATS[extension] ?? 'text'
 * ```
 */
export type ApiFormat = Of<'contentFormat'>

/**
 * Where the API is, and with which login it is asked.
 *
 * @example
 * ```ts
 * import { createApiClient, type ApiClientOptions } from '@quire/server/client'
 *
 * const options: ApiClientOptions = {
 *   url: 'https://example.org/collab',
 *   token: async () => (await fetch('https://example.org/token')).text(), // a fresh one for each request
 *   signal: AbortSignal.timeout(60_000),
 * }
 *
 * export const api = createApiClient(options)
 * ```
 */
export interface ApiClientOptions {
  /** The server, such as `https://docs.example.org`, with the path that Quire is mounted at. */
  readonly url: string
  /** A token, or what gives one; it is asked for each request. */
  readonly token?: string | (() => string | Promise<string>)
  /** In place of the runtime's own. */
  readonly fetch?: typeof fetch
  /** Ends what is being asked, and what is asked later: with the reason of the signal. */
  readonly signal?: AbortSignal
}

/**
 * Which documents are listed.
 *
 * @example
 * ```ts
 * import { createApiClient, type ListQuery } from '@quire/server/client'
 *
 * const drafts: ListQuery = { prefix: 'team/', search: 'draft' }
 * const api = createApiClient({ url: 'http://127.0.0.1:4400' })
 * for await (const { name } of api.listAll(drafts)) console.log(name)
 * ```
 */
export interface ListQuery {
  readonly prefix?: string
  /** Part of the name, in any case of ASCII letters. */
  readonly search?: string
  /** Documents of a page, 1 to 1,000; absent: 100. */
  readonly limit?: number
  /** Those that are deleted, in place of those that are there. */
  readonly deleted?: boolean
}

/**
 * What a change may depend on, and whose it is.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ChangeOptions } from '@quire/server/client'
 *
 * // writes in the name of a user, as an application may
 * export const note = async (notes: ApiDocumentClient, user: string): Promise<void> => {
 *   const by: ChangeOptions = { author: user }
 *   await notes.append('markdown', 'I agree.', by)
 * }
 * ```
 */
export interface ChangeOptions {
  /** The state that it is for: the `etag` of what was read. With another one the document stays as it is (412). */
  readonly ifMatch?: string
  /** Whose change it is; only an application's login names others. */
  readonly author?: string
  /** The Yjs type that is meant; absent: where the editor writes. */
  readonly field?: string
}

/**
 * An answer of the API that is a problem (RFC 9457).
 *
 * @example
 * ```ts
 * import { QuireApiError, type ApiDocumentClient } from '@quire/server/client'
 *
 * // false where the document is another one by now: read it again
 * export const replace = async (notes: ApiDocumentClient, text: string, etag: string) => {
 *   try {
 *     return await notes.write('markdown', text, { ifMatch: etag })
 *   } catch (error) {
 *     if (error instanceof QuireApiError && error.kind === 'changed') return false
 *     throw error
 *   }
 * }
 * ```
 */
export class QuireApiError extends Error {
  override readonly name = 'QuireApiError'
  /** The status of the answer. */
  readonly status: number
  /** The kind of problem, such as `changed`; '' where something else than the API answered. */
  readonly kind: string
  /** All that the API said. */
  readonly problem: Readonly<Record<string, unknown>>

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(typeof problem['detail'] === 'string' ? problem['detail'] : `status ${status}`)
    this.status = status
    const { type } = problem
    this.kind = typeof type === 'string' ? type.replace('urn:quire:problem:', '') : ''
    this.problem = problem
  }
}

const TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  update: 'application/octet-stream',
} as const

/**
 * What content is in each format.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ContentByFormat } from '@quire/server/client'
 *
 * // copies the content of a document in a format: `update` takes all of it, `markdown` what that can say
 * export const copy = async (
 *   [from, to]: readonly [ApiDocumentClient, ApiDocumentClient],
 *   as: keyof ContentByFormat,
 * ): Promise<void> => {
 *   await to.write(as, (await from.read(as)).content)
 * }
 * ```
 */
export interface ContentByFormat {
  readonly json: unknown
  readonly text: string
  readonly markdown: string
  readonly html: string
  readonly update: Uint8Array
}

/**
 * Content that was read, and the state it is of.
 *
 * @example
 * ```ts
 * import type { ApiDocumentClient, ReadContent } from '@quire/server/client'
 *
 * // replaces a word, unless somebody has changed the document since it was read
 * export const replace = async (notes: ApiDocumentClient): Promise<void> => {
 *   const { content, etag }: ReadContent<string> = await notes.read('markdown')
 *   await notes.write('markdown', content.replaceAll('colour', 'color'), { ifMatch: etag })
 * }
 * ```
 */
export interface ReadContent<T> {
  readonly content: T
  readonly etag: string
}

type Query = Readonly<Record<string, string | number | undefined>>

/**
 * A client of the API of one server.
 *
 * @example
 * ```ts
 * import { createApiClient } from '@quire/server/client'
 *
 * const api = createApiClient({ url: 'http://127.0.0.1:4400' })
 * await api.create('team/notes', { idempotencyKey: 'team/notes' }) // once, however often this runs
 * const notes = api.document('team/notes')
 * await notes.append('markdown', '## Decided today')
 * const { content, etag } = await notes.read('markdown')
 * await notes.write('markdown', content.replace('today', 'yesterday'), { ifMatch: etag })
 * ```
 */
export const createApiClient = (options: ApiClientOptions): ApiClient => new ApiClient(options)

/**
 * What asks for all documents of a server.
 *
 * @example
 * ```ts
 * import type { ApiClient } from '@quire/server/client'
 *
 * // takes the right to write from a user, everywhere and at once
 * export const silence = async (api: ApiClient, user: string): Promise<number> => {
 *   const { sessions } = await api.revoke({ user, access: 'read' })
 *   return sessions
 * }
 * ```
 */
export class ApiClient {
  readonly #options: ApiClientOptions

  /** @internal Made by `createApiClient`. */
  constructor(options: ApiClientOptions) {
    this.#options = options
  }

  /** The same client with other options, such as a signal for one request: `api.with({ signal }).list()`. */
  with(options: Partial<ApiClientOptions>): ApiClient {
    return new ApiClient({ ...this.#options, ...options })
  }

  /** What asks for one document; asks nothing yet. Throws a `RangeError` for `.` and `..`, which URLs cannot name. */
  document(name: string): ApiDocumentClient {
    return new ApiDocumentClient(name, (method, path, sent) => this.#ask(method, path, sent))
  }

  /** What asks on behalf of whoever runs the server: its token has the claim `operations`. */
  get operations(): ApiOperationsClient {
    return new ApiOperationsClient((method, path, sent) => this.#ask(method, path, sent))
  }

  /** A page of the documents whose names begin with `prefix`, by name. `cursor` is `next` of the page before. */
  async list(query: ListQuery & { readonly cursor?: string } = {}): Promise<Of<'documentPage'>> {
    const { deleted = false, ...rest } = query
    return json(
      await this.#ask('GET', '/documents', { query: { ...rest, deleted: String(deleted) } }),
    )
  }

  /** All of these documents by name, asked for page by page as they are wanted. */
  async *listAll(query: ListQuery = {}): AsyncGenerator<ApiDocument, void> {
    let page = await this.list(query)
    for (;;) {
      yield* page.documents
      if (page.next === null) return
      page = await this.list({ ...query, cursor: page.next })
    }
  }

  /** Makes a document. With the same `idempotencyKey` it is made once, however often this is tried. */
  async create(
    name: string,
    {
      idempotencyKey,
      ...body
    }: {
      readonly content?: Of<'contentValue'>
      readonly author?: string
      readonly idempotencyKey?: string
    } = {},
  ): Promise<ApiDocument> {
    const fields = keyed(idempotencyKey)
    return json(await this.#ask('POST', '/documents', { json: { name, ...body }, fields }))
  }

  /** Takes logins back, or lowers them. */
  async revoke(revocation: Of<'revocationRequest'>): Promise<Of<'revokedSchema'>> {
    return json(await this.#ask('POST', '/revocations', { json: revocation }))
  }

  /** The revocations that hold. */
  async revocations(): Promise<readonly ApiRevocation[]> {
    const { revocations } = await json<{ revocations: readonly ApiRevocation[] }>(
      await this.#ask('GET', '/revocations'),
    )
    return revocations
  }

  /** Ends a revocation. */
  async unrevoke(id: number): Promise<void> {
    await this.#ask('DELETE', `/revocations/${id}`)
  }

  /** How the targets of webhooks stand; needs a login that may look at the server. */
  async webhooks(): Promise<readonly ApiWebhookEndpoint[]> {
    return (await json<Of<'webhooksSchema'>>(await this.#ask('GET', '/webhooks'))).endpoints
  }

  /** A page of what could not be delivered, the oldest first. `after` is `next` of the page before. */
  async deadLetters(
    query: { readonly limit?: number; readonly after?: number } = {},
  ): Promise<Of<'deadLetterPage'>> {
    return json(await this.#ask('GET', '/webhooks/dead-letters', { query }))
  }

  /** Has a dead letter delivered again; needs a login that may run the server. */
  async replayDeadLetter(id: number): Promise<void> {
    await this.#ask('POST', `/webhooks/dead-letters/${id}/replay`)
  }

  /** Has all dead letters delivered again whose targets are still told; says how many. */
  async replayDeadLetters(): Promise<number> {
    const told = await this.#ask('POST', '/webhooks/dead-letters/replay')
    return (await json<Of<'replayedSchema'>>(told)).replayed
  }

  /** Drops a dead letter. */
  async dropDeadLetter(id: number): Promise<void> {
    await this.#ask('DELETE', `/webhooks/dead-letters/${id}`)
  }

  /**
   * All documents whose names begin so, as a stream of lines of JSON, whose last one says `"done":true`: without it the
   * export was cut. A line with `"result":"failed"` is a document that could not be read, or not
   * any more under this login.
   */
  async export(prefix = ''): Promise<ReadableStream<Uint8Array>> {
    return bodyOf(await this.#ask('GET', '/export', { query: { prefix } }))
  }

  /**
   * Imports what an export gave; what comes back is a line of JSON for each line. It begins to come before all is sent, and is
   * to be read at once: the server takes no more lines than are read of, and cuts who reads nothing.
   */
  async import(
    lines: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    query: { readonly prefix?: string; readonly existing?: 'skip' | 'merge' } = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return bodyOf(
      await this.#ask('POST', '/import', { query, bytes: lines, type: 'application/x-ndjson' }),
    )
  }

  async #ask(method: string, path: string, sent: Sent = {}): Promise<Response> {
    const { url, token, signal, fetch: ask = fetch } = this.#options
    const target = new URL(`${url.replace(/\/$/, '')}/api/v1${path}`)
    for (const [name, value] of Object.entries(sent.query ?? {}))
      if (value !== undefined) target.searchParams.set(name, String(value))
    const headers = new Headers(sent.fields)
    const given = typeof token === 'function' ? await token() : token
    if (given !== undefined) headers.set('Authorization', `Bearer ${given}`)
    const type = sent.json === undefined ? sent.type : TYPES.json
    if (type !== undefined) headers.set('Content-Type', type)
    const body = sent.json === undefined ? (sent.bytes ?? null) : JSON.stringify(sent.json)
    const response = await ask(target, {
      method,
      headers,
      body,
      ...(signal === undefined ? {} : { signal }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
    if (response.ok) return response
    throw new QuireApiError(response.status, await problemOf(response))
  }
}

interface Sent {
  readonly query?: Query
  readonly json?: unknown
  readonly bytes?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
  readonly type?: string
  readonly fields?: Readonly<Record<string, string>>
}

type Ask = (method: string, path: string, sent?: Sent) => Promise<Response>

/**
 * What asks for one document.
 *
 * @example
 * ```ts
 * import { createApiClient, type ApiDocumentClient } from '@quire/server/client'
 *
 * const api = createApiClient({ url: 'http://127.0.0.1:4400' })
 * const notes: ApiDocumentClient = api.document('team/notes')
 * const { id } = await notes.keepVersion('before the meeting')
 * await notes.write('markdown', '# Minutes')
 * await notes.restore(id)
 * ```
 */
export class ApiDocumentClient {
  readonly #ask: Ask

  /** @internal Made by `document` of an `ApiClient`. */
  constructor(name: string, ask: Ask) {
    if (name === '.' || name === '..')
      throw new RangeError(`a document named ${name} is not to be asked for: no URL leads to it`)
    const base = `/documents/${encodeURIComponent(name)}`
    this.#ask = (method, path, sent) => ask(method, `${base}${path}`, sent)
  }

  /** What there is of it; null where the API says that it is not there. */
  async facts(): Promise<ApiDocument | null> {
    try {
      return await json(await this.#ask('GET', ''))
    } catch (error) {
      if (error instanceof QuireApiError && error.kind === 'not-found') return null
      throw error
    }
  }

  /** What it holds, and the state that this is. */
  async read<F extends keyof ContentByFormat>(
    as: F,
    { field }: { readonly field?: string } = {},
  ): Promise<ReadContent<ContentByFormat[F]>> {
    const response = await this.#ask('GET', '/content', { query: { as, field } })
    const content = await readAs(as, response)
    return { content: content as ContentByFormat[F], etag: etagOf(response) } // as asked for
  }

  /** Makes it hold this, by the smallest change; an update is merged. */
  async write<F extends keyof ContentByFormat>(
    as: F,
    content: ContentByFormat[F],
    { ifMatch, author, field }: ChangeOptions = {},
  ): Promise<ApiWritten> {
    const bytes =
      as === 'json' ? JSON.stringify(content) : (content as string | Uint8Array<ArrayBuffer>) // of the other formats
    return this.#change('PUT', '/content', {
      query: { author, field },
      bytes,
      type: TYPES[as],
      fields: matching(ifMatch),
    })
  }

  /** Adds content behind everything else. */
  append(as: ApiFormat, value: unknown, options: ChangeOptions = {}): Promise<ApiWritten> {
    const { field } = options
    const step = {
      op: 'append',
      format: as,
      value,
      ...(field === undefined ? {} : { field }),
    } as const
    return this.patch([step], options)
  }

  /** Changes parts of it, all or nothing. */
  patch(steps: readonly ApiStep[], { ifMatch, author }: ChangeOptions = {}): Promise<ApiWritten> {
    return this.#change('PATCH', '/content', {
      json: { steps, ...(author === undefined ? {} : { author }) },
      fields: matching(ifMatch),
    })
  }

  async #change(method: string, path: string, sent: Sent): Promise<ApiWritten> {
    const response = await this.#ask(method, path, sent)
    return { ...(await json<Of<'writtenSchema'>>(response)), etag: etagOf(response) }
  }

  /** Deletes it; it can be undeleted. */
  async delete(): Promise<ApiDocument> {
    return json(await this.#ask('DELETE', ''))
  }

  /** Takes its deletion back; of several of the name the newest, or the one with this id. */
  async undelete(id?: number): Promise<ApiDocument> {
    return json(await this.#ask('POST', '/undelete', { query: { id } }))
  }

  /** Makes a copy under another name; with the same `idempotencyKey` once, however often this is tried. */
  async duplicate(
    to: string,
    { idempotencyKey }: { readonly idempotencyKey?: string } = {},
  ): Promise<ApiDocument> {
    const fields = keyed(idempotencyKey)
    return json(await this.#ask('POST', '/duplicate', { json: { to }, fields }))
  }

  /** Who has it open. */
  async connections(): Promise<readonly ApiConnection[]> {
    const told = await this.#ask('GET', '/connections')
    return (await json<{ connections: readonly ApiConnection[] }>(told)).connections
  }

  /** Ends a connection. */
  async kick(id: number): Promise<void> {
    await this.#ask('DELETE', `/connections/${id}`)
  }

  /** Its versions, the newest first. */
  async versions(
    query: { readonly limit?: number; readonly before?: number } = {},
  ): Promise<Of<'versionPage'>> {
    return json(await this.#ask('GET', '/versions', { query }))
  }

  /** Keeps it as it is now, under a name; `conflict` (409) where as many versions have one as may: `problem.limit`. */
  async keepVersion(
    name: string,
    { author }: { readonly author?: string } = {},
  ): Promise<ApiVersion> {
    return json(await this.#ask('POST', '/versions', { json: { name, author } }))
  }

  /** What there is of a version. */
  async version(id: number): Promise<ApiVersion> {
    return json(await this.#ask('GET', `/versions/${id}`))
  }

  /** Gives a version a name, within the same limit; one that was kept by itself stays then. */
  async nameVersion(id: number, name: string): Promise<ApiVersion> {
    return json(await this.#ask('PATCH', `/versions/${id}`, { json: { name } }))
  }

  /** Drops a version. */
  async removeVersion(id: number): Promise<void> {
    await this.#ask('DELETE', `/versions/${id}`)
  }

  /** What a version holds. */
  async readVersion<F extends keyof ContentByFormat>(
    id: number,
    as: F,
    { field }: { readonly field?: string } = {},
  ): Promise<ContentByFormat[F]> {
    const response = await this.#ask('GET', `/versions/${id}/content`, { query: { as, field } })
    return (await readAs(as, response)) as ContentByFormat[F] // as asked for
  }

  /** What has changed since a version, until now or until another one. */
  async diff(id: number, to?: number): Promise<Of<'diffSchema'>> {
    return json(await this.#ask('GET', `/versions/${id}/diff`, { query: { to } }))
  }

  /** Makes it hold what a version held, as a new edit. */
  restore(id: number, { ifMatch, author }: ChangeOptions = {}): Promise<ApiWritten> {
    return this.#change('POST', `/versions/${id}/restore`, {
      query: { author },
      fields: matching(ifMatch),
    })
  }

  /** Who wrote which text. */
  async authors({ field }: { readonly field?: string } = {}): Promise<Of<'authorsSchema'>> {
    return json(await this.#ask('GET', '/authors', { query: { field } }))
  }

  /** What people wrote who had lost the right to. */
  async patches(): Promise<readonly ApiPatch[]> {
    const told = await this.#ask('GET', '/patches')
    return (await json<{ patches: readonly ApiPatch[] }>(told)).patches
  }

  /** A patch as one Yjs update. */
  async readPatch(id: number): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#ask('GET', `/patches/${id}`)).arrayBuffer())
  }

  /** Lets a patch in after all. */
  applyPatch(id: number, { ifMatch, author }: ChangeOptions = {}): Promise<ApiWritten> {
    return this.#change('POST', `/patches/${id}/apply`, {
      query: { author },
      fields: matching(ifMatch),
    })
  }

  /** Drops a patch. */
  async dropPatch(id: number): Promise<void> {
    await this.#ask('DELETE', `/patches/${id}`)
  }
}

const matching = (ifMatch: string | undefined): Readonly<Record<string, string>> =>
  ifMatch === undefined ? {} : { 'If-Match': ifMatch }

const keyed = (key: string | undefined): Readonly<Record<string, string>> =>
  key === undefined ? {} : { 'Idempotency-Key': key }

const etagOf = (response: Response): string => response.headers.get('etag') ?? ''

// what the API answers was made with the schemas that these types are of
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T

const readAs = async (as: keyof ContentByFormat, response: Response): Promise<unknown> => {
  if (as === 'json') return response.json()
  return as === 'update' ? new Uint8Array(await response.arrayBuffer()) : response.text()
}

const bodyOf = ({ body }: Response): ReadableStream<Uint8Array> =>
  body ?? new ReadableStream({ start: (controller) => controller.close() }) // nothing came

const problemOf = async (response: Response): Promise<Readonly<Record<string, unknown>>> => {
  const text = await response.text()
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>> // problem details are an object
  } catch {
    return { detail: `status ${response.status}` } // something in between has answered
  }
}
