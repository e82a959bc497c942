import { err, type Result } from '@quire/shared'
import type { Auth, Denial, OperationsGrant, OperationsRequest } from './auth.ts'

/** Asks who may see and run the server; where an `Auth` knows nothing of that, nobody may. */
export const authorizeOperations = async (
  auth: Auth,
  request: OperationsRequest,
): Promise<Result<OperationsGrant, Denial>> =>
  auth.authorizeOperations === undefined
    ? err({ kind: 'forbidden', message: 'logins of this server do not say who may run it' })
    : auth.authorizeOperations(request)
