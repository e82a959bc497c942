import type { DocName, Millis, Result } from '@quire/shared'

/** What a session may do: see, see and comment, or change everything. */
export type Access = 'read' | 'comment' | 'write'

/** Who a session is and what it may do. */
export interface Grant {
  readonly access: Access
  /** The user's id, null for an anonymous one. */
  readonly user: string | null
  /** When the grant ends, wall-clock time; null where it does not. */
  readonly expiresAt: Millis | null
}

/** Why a session is not let in. */
export interface Denial {
  readonly kind: 'unauthorized' | 'forbidden'
  readonly message: string
}

/** What is asked for: a document, and whatever token the client gave in its family's way. */
export interface AccessRequest {
  readonly document: DocName
  readonly token: string | null
}

/** Decides who may open what. Must not throw. */
export interface Auth {
  /** False where nobody needs a token: clients that say theirs later are not waited for. */
  readonly needsToken: boolean
  authorize(request: AccessRequest): Promise<Result<Grant, Denial>>
  /**
   * A token with which `authorize` gives this grant for this document; null where none is needed for it.
   * Asked for by whoever has `request.token`, and never for more or longer than `authorize` gives for that;
   * denied where that may not speak for `grant.user`, null being whoever asks.
   */
  issue(request: AccessRequest, grant: Grant): Promise<Result<string | null, Denial>>
}
