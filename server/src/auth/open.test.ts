import { expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { openAuth } from './open.ts'

it.each([null, '', 'any token'])('open: whoever brings %j may write', async (token) => {
  const grant = await openAuth.authorize({ document: nameOf('notes'), token })
  expect(grant).toMatchObject({ ok: true, value: { access: 'write', user: null, expiresAt: null } })
})

it.each([
  [null, 'write'],
  ['any token', 'write'],
  ['read-only', 'read'],
])(
  'open: whoever brings %j may run the server, or hold himself back: %s',
  async (token, access) => {
    const grant = await openAuth.authorizeOperations?.({ token })
    expect(grant).toMatchObject({ ok: true, value: { access, user: null, expiresAt: null } })
  },
)
