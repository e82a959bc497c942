import { ok } from '@quire/shared'
import type { Access, Auth } from '../ports/auth.ts'

/** The one token that an open server knows: who shows it is held to it. */
const READ_ONLY = 'read-only'

/** Lets everybody write everything, for ever: for development, and for servers behind a trusted door. */
export const openAuth: Auth = {
  needsToken: false,
  authorize: ({ token }) => {
    const access: Access = token === READ_ONLY ? 'read' : 'write'
    return Promise.resolve(ok({ access, user: null, expiresAt: null }))
  },
  issue: (_, { access }) => Promise.resolve(ok(access === 'write' ? null : READ_ONLY)),
}
