import { err, ok, type Result } from '@quire/shared'
import { plainGrant } from '../../auth/plain-grant.ts'
import type { Access, AccessRequest, Auth, Denial, Grant } from '../../ports/auth.ts'

const noToken = () => Promise.resolve(ok(null))

/** A login that is being checked, until the test decides. */
export interface AskedLogin extends PromiseWithResolvers<Result<Grant, Denial>> {
  readonly request: AccessRequest
}

/** What somebody who may write is granted. */
export const WRITER: Grant = plainGrant({ access: 'write', user: 'ann', expiresAt: null })

/** Logins that wait until the test decides. */
export const createSlowAuth = () => {
  const asked: AskedLogin[] = []
  const auth: Auth = {
    needsToken: true,
    authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
    issue: noToken,
    authorize(request) {
      const answer = Promise.withResolvers<Result<Grant, Denial>>()
      asked.push({ ...answer, request })
      return answer.promise
    },
  }
  return { auth, asked }
}

/** Logins by a table of tokens; what is not in it is denied, and what throws is a bug of the login. */
export const tokenAuth = (
  grants: Readonly<Record<string, () => Result<Grant, Denial>>>,
  needsToken = true,
): Auth => ({
  needsToken,
  authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
  issue: noToken,
  authorize: async ({ token }) =>
    (grants[token ?? ''] ?? (() => err({ kind: 'unauthorized', message: 'not you' } as const)))(),
})

/** Lets somebody in who may do this. */
export const grantOf = (access: Access): Result<Grant, Denial> => ok({ ...WRITER, access })

/** What each token grants; any other is denied. */
export const tokens = {
  write: () => grantOf('write'),
  read: () => grantOf('read'),
  foreign: () => err({ kind: 'forbidden', message: 'not this one' } as const),
  broken: () => {
    throw new Error('the key server is gone')
  },
}
