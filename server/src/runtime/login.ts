import { err, type DocName, type Result } from '@quire/shared'
import type { Auth, Grant } from '../ports/auth.ts'
import type { Observe } from '../ports/observe.ts'
import type { NoRoom } from './documents.ts'

/** Whose login is asked about. */
export interface LoginPorts {
  readonly auth: Auth
  readonly observe: Observe
}

/** Asks whether a token grants a document. A login that throws is a bug, and costs whoever asked. */
export const askAuth = async (
  { auth, observe }: LoginPorts,
  request: { readonly document: DocName; readonly token: string | null },
): Promise<Result<Grant, NoRoom>> => {
  try {
    const grant = await auth.authorize(request)
    return grant.ok ? grant : err({ close: grant.error.kind, reason: grant.error.message })
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    observe.event({ kind: 'bug', document: request.document, error })
    return err({ close: 'internalError', reason: 'the login could not be checked' })
  }
}
