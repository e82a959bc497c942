import { ok } from '@quire/shared'
import type { Access, Auth } from '../ports/auth.ts'
import { plainGrant } from './plain-grant.ts'

/** The one token that an open server knows: who shows it is held to it. */
const READ_ONLY = 'read-only'

const granted = (token: string | null) => {
  const access: Access = token === READ_ONLY ? 'read' : 'write'
  const grant = plainGrant({ access, user: null, expiresAt: null })
  // whoever reaches an open server may do everything, as long as he does not hold himself back
  return Promise.resolve(ok({ ...grant, isApplication: access === 'write' }))
}

/**
 * Lets everybody write everything, for ever: for development, and for servers behind a trusted door.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth } from '@quire/server'
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth })
 * ```
 */
export const openAuth: Auth = {
  needsToken: false,
  authorize: ({ token }) => granted(token),
  authorizeAll: ({ token }) => granted(token),
  issue: (_, { access }) => Promise.resolve(ok(access === 'write' ? null : READ_ONLY)),
  authorizeOperations: ({ token }) => {
    const { isApplication: _, ...anybody } = plainGrant({
      access: 'read',
      user: null,
      expiresAt: null,
    })
    return Promise.resolve(ok({ ...anybody, access: token === READ_ONLY ? 'read' : 'write' }))
  },
}
