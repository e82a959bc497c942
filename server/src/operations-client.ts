/* The part of the API's client that is for whoever runs the server. */
import type { z } from 'zod'
import type * as schemas from './http/api/operations-schemas.ts'

type Of<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.input<(typeof schemas)[K]>
  : never

type Asked = {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
}

/** Asks the API; rejects where it says that it did not do what was asked. */
export type AskOperations = (method: string, path: string, sent?: Asked) => Promise<Response>

/**
 * A document, and what is going on in it.
 *
 * @example
 * ```ts
 * import type { ApiOperationsDocument } from '@quire/server/client'
 *
 * // true where a document should have been compacted by itself
 * export const isLong = ({ log }: ApiOperationsDocument): boolean => (log?.tailUpdates ?? 0) > 10_000
 * ```
 */
export type ApiOperationsDocument = Of<'operationsDocument'>

/**
 * What asks on behalf of whoever runs the server: its token has the claim `operations`.
 *
 * @example
 * ```ts
 * import { createApiClient, type ApiOperationsClient } from '@quire/server/client'
 *
 * const api = createApiClient({ url: 'http://127.0.0.1:4400', token: process.env['OPERATIONS_TOKEN'] ?? 'none' })
 * const operations: ApiOperationsClient = api.operations
 * const { documents } = await operations.documents({ sort: 'bytes', limit: 10 })
 * for (const { name } of documents) await operations.compact(name)
 * ```
 */
export class ApiOperationsClient {
  readonly #ask: AskOperations

  /** @internal Made by `operations` of an `ApiClient`. */
  constructor(ask: AskOperations) {
    this.#ask = ask
  }

  /** How the server is, and has been in the last ten minutes. */
  async overview(): Promise<Of<'operationsOverview'>> {
    return json(await this.#ask('GET', '/operations'))
  }

  /** A page of all documents. `cursor` is `next` of the page before, in the same order. */
  async documents(query: Of<'operationsListQuery'> = {}): Promise<Of<'operationsDocumentPage'>> {
    const { search, sort, cursor, limit } = query
    const asked = { search, sort, cursor, limit: limit === undefined ? undefined : Number(limit) }
    return json(await this.#ask('GET', '/operations/documents', { query: asked }))
  }

  /** What is going on in a document. */
  async document(name: string): Promise<ApiOperationsDocument> {
    return json(await this.#ask('GET', of(name, '')))
  }

  /** Who has it open, and how far they are behind. */
  async sessions(name: string): Promise<readonly Of<'operationsSession'>[]> {
    const told = await this.#ask('GET', of(name, '/sessions'))
    return (await json<{ sessions: readonly Of<'operationsSession'>[] }>(told)).sessions
  }

  /** Sends a session away. */
  async endSession(name: string, id: number): Promise<void> {
    await this.#ask('DELETE', of(name, `/sessions/${id}`))
  }

  /** Sends everybody away who has it open; says how many. */
  async endSessions(name: string): Promise<number> {
    return (await json<Of<'endedSchema'>>(await this.#ask('DELETE', of(name, '/sessions')))).ended
  }

  /** Why it is as large as it is. */
  async anatomy(name: string): Promise<Of<'anatomySchema'>> {
    return json(await this.#ask('GET', of(name, '/anatomy')))
  }

  /** Folds its tail into its snapshot now. */
  async compact(name: string): Promise<Of<'foldedSchema'>> {
    return json(await this.#ask('POST', of(name, '/compact')))
  }

  /** Keeps it as it is now, under a name. */
  async keepVersion(name: string, version: string): Promise<void> {
    await this.#ask('POST', of(name, '/versions'), { json: { name: version } })
  }

  /** The whole of it as one Yjs update. */
  export(name: string): Promise<Uint8Array> {
    return this.#bytes(of(name, '/export'))
  }

  /** The updates that were taken out of it. */
  async quarantine(name: string): Promise<readonly Of<'quarantinedSchema'>[]> {
    const told = await this.#ask('GET', of(name, '/quarantine'))
    return (await json<{ updates: readonly Of<'quarantinedSchema'>[] }>(told)).updates
  }

  /** One of them, as it came. */
  quarantined(name: string, id: number): Promise<Uint8Array> {
    return this.#bytes(of(name, `/quarantine/${id}`))
  }

  async #bytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#ask('GET', path)).arrayBuffer())
  }
}

const of = (name: string, rest: string): string =>
  `/operations/documents/${encodeURIComponent(name)}${rest}`

// what the API answers was made with the schemas that these types are of
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T
