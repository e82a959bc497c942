/* Logins that are checked before there is a session, as requests have them. */
import { err, ok, type Result } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Auth, Denial, Grant } from '../ports/auth.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testServerLimits } from './testing/server.ts'

const notes = nameOf('notes')
const grant: Grant = plainGrant({ access: 'write', user: 'ann', expiresAt: null })

/** A server that checks one login at a time, and decides when a test says so. */
const setUp = () => {
  const decisions: PromiseWithResolvers<Result<Grant, Denial>>[] = []
  const auth: Auth = {
    needsToken: true,
    authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
    authorize: () => {
      const decision = Promise.withResolvers<Result<Grant, Denial>>()
      decisions.push(decision)
      return decision.promise
    },
    issue: () => Promise.resolve(ok('a token')),
  }
  const serverLimits = { ...testServerLimits, loginsAtOnce: 1 }
  return { decisions, ...startTestServer({ auth, serverLimits }) }
}

const full = err({
  close: 'tryAgainLater',
  reason: '1 logins are being checked, limit 1',
})

describe('a login that is checked', () => {
  it('has a place while it is, and whoever finds none is told to come back', async () => {
    const { documents, decisions } = setUp()
    const first = documents.login(notes, 'a')
    const issue = () => documents.issue({ document: notes, token: 'a' }, grant)
    expect([await documents.login(notes, 'b'), await issue()]).toEqual([full, full])
    decisions[0]?.resolve(ok(grant))
    expect(await first).toEqual(ok(grant))
    const issuing = issue()
    await settle() // the token is made, and what it was made with is asked about again
    decisions[1]?.resolve(ok(grant))
    expect(await issuing).toEqual(ok('a token'))
  })

  it.each<[string, (decision: PromiseWithResolvers<Result<Grant, Denial>>) => void]>([
    ['is granted', (decision) => decision.resolve(ok(grant))],
    ['is denied', (decision) => decision.resolve(err({ kind: 'forbidden', message: 'no' }))],
    ['fails', (decision) => decision.reject(new Error('its database is gone'))],
  ])('gives its place back when it %s', async (_, decide) => {
    const { documents, decisions } = setUp()
    for (let i = 0; i < 3; i++) {
      const login = documents.login(notes, 'a')
      expect(decisions).toHaveLength(i + 1)
      for (const decision of decisions) decide(decision)
      await login
    }
  })

  it('gives its place back when nothing is decided in its time', async () => {
    const { documents, clock } = setUp()
    for (let i = 0; i < 2; i++) {
      const login = documents.login(notes, 'a')
      clock.advance(10_000)
      const reason = 'the login was not checked within 10000 ms'
      expect(await login).toEqual(err({ close: 'tryAgainLater', reason }))
    }
  })
})
