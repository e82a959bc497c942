import type { Context } from 'hono'
import type { DocName, Result } from '@quire/shared'
import type { Grant } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Content } from '../../ports/content.ts'
import type { Observe } from '../../ports/observe.ts'
import type { Storage } from '../../ports/storage.ts'
import type { Undo } from '../../ports/undo.ts'
import type { Contents } from '../../runtime/contents.ts'
import type { DirectRequest } from '../../runtime/direct.ts'
import type { Documents } from '../../runtime/documents.ts'
import type { OperationsSource } from '../../runtime/operations/operations.ts'
import type { NoPlace } from '../../runtime/places.ts'
import type { Webhooks } from '../../runtime/webhooks/webhooks.ts'
import type { Access } from './access.ts'
import type { ApiEnv } from './operation.ts'

/** Whose request it is, as `clientOf` of the edge takes it, and what that was made out from. */
export interface Asker {
  /** An IP, '' where there is none. */
  readonly address: string
  readonly peer: { readonly address: string; readonly port: number | null }
  /** The peer is a trusted proxy. */
  readonly isProxied: boolean
  /** As it arrived. */
  readonly forwardedFor: string | null
}

/** What the operations of the API are made of. */
export interface ApiParts {
  readonly documents: Documents
  readonly storage: Storage
  /** Null where nobody is told of documents. */
  readonly webhooks: Webhooks | null
  readonly content: Content
  readonly contents: Contents
  readonly access: Access
  readonly operations: OperationsSource
  readonly clock: Clock
  readonly observe: Observe
  /** Time for 2 MiB of a body or an answer, or its end, milliseconds. */
  readonly readMs: number
  /** Largest body of a request, bytes. */
  readonly maxBodyBytes: number
  /** Versions without a name that are kept of a document. */
  readonly maxVersions: number
  /** Versions with a name that a document may have. */
  readonly maxNamedVersions: number
  /** What a request asks of a document. */
  readonly asked: (
    c: Context<ApiEnv>,
    document: DocName,
    grant: Grant,
    /** Whose change it is; absent: the grant’s user’s. */
    author?: string | null,
  ) => DirectRequest
  /** Whose request it is, and by which connection and field that is known. */
  readonly asker: (c: Context<ApiEnv>) => Asker
  /** False once nobody is there any more to be answered. */
  readonly isWanted: (c: Context<ApiEnv>) => () => boolean
  /** Where the API is, as the client sees it: a path. */
  readonly base: (c: Context<ApiEnv>) => string
  /** Takes room for so many bytes more of the body of a request. */
  readonly room: (c: Context<ApiEnv>) => (bytes: number) => Result<Undo, NoPlace>
  /**
   * Takes room for so many bytes of an answer until it is out, or for what it is made of until undone; `shared`: others
   * are given the same bytes. Throws a problem.
   */
  readonly held: (c: Context<ApiEnv>, bytes: number, as?: 'own' | 'shared') => Undo
  /**
   * The whole body of a request, held until the answer is out. A stranger's is read before it is known what his login
   * may: it has to say that.
   */
  readonly bytes: (c: Context<ApiEnv>, sender?: 'granted' | 'stranger') => Promise<Uint8Array>
}
