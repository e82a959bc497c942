import { err, type CloseName, type DocName, type Result } from '@quire/shared'
import type {
  AccessRequest,
  Auth,
  Denial,
  Grant,
  GrantPart,
  OperationsGrant,
  OperationsRequest,
  PrefixRequest,
} from '../ports/auth.ts'
import { loginError } from '../ports/login-error.ts'
import type { Observe, QuireEvent } from '../ports/observe.ts'
import { authorizeOperations } from '../ports/operations.ts'
import type { NoRoom } from './documents.ts'

/** Whose login is asked about. */
export interface LoginPorts {
  readonly auth: Auth
  readonly observe: Observe
}

/** Asks whether a token grants a document. */
export const askAuth = (
  ports: LoginPorts,
  request: AccessRequest,
): Promise<Result<Grant, NoRoom>> =>
  asked(ports, request.document, request, () => ports.auth.authorize(request))

/** Asks whether a token grants all documents whose names begin so. */
export const askForPrefix = (
  ports: LoginPorts,
  request: PrefixRequest,
): Promise<Result<Grant, NoRoom>> =>
  asked(ports, null, request, () => ports.auth.authorizeAll(request))

/** Asks for a token of the same document. */
export const askForToken = (
  ports: LoginPorts,
  request: AccessRequest,
  part: GrantPart,
): Promise<Result<string | null, NoRoom>> =>
  asked(ports, request.document, request, () => ports.auth.issue(request, part))

/** Asks whether a token grants to see or run the server. */
export const askForOperations = (
  ports: LoginPorts,
  request: OperationsRequest,
): Promise<Result<OperationsGrant, NoRoom>> =>
  asked(ports, null, request, () => authorizeOperations(ports.auth, request))

/** Whom a login was denied, as far as it is told. */
export type DeniedAsker = Pick<Extract<QuireEvent, { kind: 'login-denied' }>, 'document' | 'family'>

/** Tells of a login that was denied; of what else keeps a client out other events tell. */
export const tellDenied = (observe: Observe, asker: DeniedAsker, { close }: NoRoom): void => {
  if (isDenial(close)) observe.event({ kind: 'login-denied', ...asker, denial: close })
}

const isDenial = (close: CloseName): close is Denial['kind'] =>
  close === 'unauthorized' ||
  close === 'forbidden' ||
  close === 'tryAgainLater' ||
  close === 'internalError'

/** An auth that throws is a bug, and costs whoever asked; what that came with is told to nobody. */
const asked = async <T>(
  { observe }: LoginPorts,
  document: DocName | null,
  request: Omit<AccessRequest, 'document'>,
  ask: () => Promise<Result<T, Denial>>,
): Promise<Result<T, NoRoom>> => {
  try {
    const answer = await ask()
    return answer.ok ? answer : err({ close: answer.error.kind, reason: answer.error.message })
  } catch (thrown) {
    observe.event({ kind: 'bug', document, error: loginError(thrown, request) })
    return err({ close: 'internalError', reason: 'the login could not be checked' })
  }
}
