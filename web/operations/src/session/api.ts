/* The server's API as this page asks it. Shapes are those of the API's description (`/api/v1/openapi.json`). */
import type { OperationsView } from '@quire/shared'

/** What the API said that it did not do, or why there was no answer at all. */
export class ApiProblem extends Error {
  /** 0 where nothing answered. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Overview extends OperationsView {
  readonly access: 'read' | 'write'
}

export interface DocumentLog {
  readonly snapshotBytes: number
  readonly tailUpdates: number
  readonly tailBytes: number
  readonly isFolding: boolean
}

export interface DocumentRow {
  readonly name: string
  readonly epoch: number
  readonly sequence: number
  readonly bytes: number
  readonly createdAt: string
  readonly changedAt: string
  readonly isOpen: boolean
  readonly sessions: number
  readonly unsavedBytes: number
  readonly log: DocumentLog | null
}

export interface DocumentPage {
  readonly documents: readonly DocumentRow[]
  readonly next: string | null
}

export interface SessionRow {
  readonly id: number
  readonly user: string | null
  readonly name: string | null
  readonly access: string
  readonly family: string
  readonly address: string
  readonly transport: string
  readonly since: string
  readonly queuedBytes: number
  readonly isHeld: boolean
}

export interface Anatomy {
  readonly snapshotBytes: number
  readonly tailUpdates: number
  readonly tailBytes: number
  readonly bytes: number
  readonly parts: Readonly<
    Record<'live' | 'deleted' | 'collected' | 'links' | 'frame' | 'deleteSet', number>
  >
  readonly structs: Readonly<Record<'items' | 'deleted' | 'collected' | 'gaps', number>>
  readonly roots: readonly {
    readonly name: string | null
    readonly bytes: number
    readonly deleted: number
    readonly items: number
  }[]
  readonly contents: readonly {
    readonly kind: string
    readonly bytes: number
    readonly items: number
  }[]
  readonly authors: readonly {
    readonly user: string | null
    readonly bytes: number
    readonly clients: number
  }[]
  readonly counts: Readonly<Record<'roots' | 'clients' | 'authors', number>>
}

export interface VersionRow {
  readonly id: number
  readonly sequence: number
  readonly at: string
  readonly name: string | null
  readonly author: string | null
  readonly bytes: number
}

export interface QuarantinedRow {
  readonly id: number
  readonly at: string
  readonly quarantinedAt: string
  readonly problem: string
  readonly bytes: number
}

export interface WebhookRow {
  readonly host: string
  readonly configured: boolean
  readonly waiting: number
  readonly oldestAt: string | null
  readonly dead: number
  readonly deliveredAt: string | null
  readonly failure: { readonly at: string; readonly problem: string } | null
}

export interface DeadLetterRow {
  readonly id: number
  readonly type: string
  readonly document: string
  readonly host: string
  readonly attempts: number
  readonly problem: string
  readonly at: string
  readonly diedAt: string
}

/** What is asked for a list of documents. */
export interface ListQuery {
  readonly search: string
  readonly sort: 'name' | 'sessions' | 'bytes' | 'unsaved'
  readonly cursor?: string | undefined
}

/** Where the API is, and with which token it is asked. */
export interface ApiOptions {
  readonly url: string
  readonly token: () => string | null
}

/** Asks the API. Each method throws an `ApiProblem`. */
export class Api {
  readonly #options: ApiOptions

  constructor(options: ApiOptions) {
    this.#options = options
  }

  overview(): Promise<Overview> {
    return this.#json('GET', '/operations')
  }

  documents({ search, sort, cursor }: ListQuery, signal?: AbortSignal): Promise<DocumentPage> {
    const query = new URLSearchParams({ search, sort, limit: '50' })
    if (cursor !== undefined) query.set('cursor', cursor)
    return this.#json('GET', `/operations/documents?${query}`, { signal })
  }

  document(name: string, signal?: AbortSignal): Promise<DocumentRow> {
    return this.#json('GET', of(name, ''), { signal })
  }

  async sessions(name: string, signal?: AbortSignal): Promise<readonly SessionRow[]> {
    const { sessions } = await this.#json<{ sessions: SessionRow[] }>(
      'GET',
      of(name, '/sessions'),
      { signal },
    )
    return sessions
  }

  kick(name: string, id: number): Promise<void> {
    return this.#json('DELETE', of(name, `/sessions/${id}`))
  }

  kickAll(name: string): Promise<{ readonly ended: number }> {
    return this.#json('DELETE', of(name, '/sessions'))
  }

  anatomy(name: string): Promise<Anatomy> {
    return this.#json('GET', of(name, '/anatomy'))
  }

  compact(name: string): Promise<{ readonly after: DocumentLog }> {
    return this.#json('POST', of(name, '/compact'))
  }

  async versions(name: string, signal?: AbortSignal): Promise<readonly VersionRow[]> {
    const { versions } = await this.#json<{ versions: VersionRow[] }>(
      'GET',
      of(name, '/versions'),
      { signal },
    )
    return versions
  }

  keepVersion(name: string, version: string): Promise<VersionRow> {
    return this.#json('POST', of(name, '/versions'), { body: { name: version } })
  }

  async quarantine(name: string, signal?: AbortSignal): Promise<readonly QuarantinedRow[]> {
    const { updates } = await this.#json<{ updates: QuarantinedRow[] }>(
      'GET',
      of(name, '/quarantine'),
      { signal },
    )
    return updates
  }

  async download(name: string, what: 'export' | `quarantine/${number}`): Promise<Blob> {
    return (await this.#ask('GET', of(name, `/${what}`))).blob()
  }

  async webhooks(signal?: AbortSignal): Promise<readonly WebhookRow[]> {
    const { endpoints } = await this.#json<{ endpoints: WebhookRow[] }>('GET', '/webhooks', {
      signal,
    })
    return endpoints
  }

  /** The oldest hundred. */
  async deadLetters(signal?: AbortSignal): Promise<readonly DeadLetterRow[]> {
    const { deadLetters } = await this.#json<{ deadLetters: DeadLetterRow[] }>(
      'GET',
      '/webhooks/dead-letters',
      { signal },
    )
    return deadLetters
  }

  replayLetter(id: number): Promise<unknown> {
    return this.#json('POST', `/webhooks/dead-letters/${id}/replay`)
  }

  replayLetters(): Promise<unknown> {
    return this.#json('POST', '/webhooks/dead-letters/replay')
  }

  dropLetter(id: number): Promise<void> {
    return this.#json('DELETE', `/webhooks/dead-letters/${id}`)
  }

  async #json<T>(method: string, path: string, request: Request = {}): Promise<T> {
    const answer = await this.#ask(method, path, request)
    // what the API's description says of this path
    return (answer.status === 204 ? undefined : await answer.json()) as T
  }

  async #ask(method: string, path: string, { body, signal }: Request = {}): Promise<Response> {
    const { url, token } = this.#options
    const headers = new Headers()
    const given = token()
    if (given !== null) headers.set('Authorization', `Bearer ${given}`)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    let answer: Response
    try {
      answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (cause) {
      if (signal?.aborted === true) throw cause
      throw new ApiProblem(0, 'The server does not answer.')
    }
    if (!answer.ok) throw await problemOf(answer)
    return answer
  }
}

interface Request {
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

const of = (name: string, rest: string): string =>
  `/operations/documents/${encodeURIComponent(name)}${rest}`

async function problemOf(answer: Response): Promise<ApiProblem> {
  try {
    const { detail } = (await answer.json()) as { readonly detail?: unknown } // RFC 9457
    if (typeof detail === 'string') return new ApiProblem(answer.status, sentence(detail))
  } catch {
    // something else than the API has answered
  }
  return new ApiProblem(answer.status, `The server answered with status ${answer.status}.`)
}

/** What the API says begins small and ends without a stop. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
