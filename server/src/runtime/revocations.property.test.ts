import { millis } from '@quire/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainGrant } from '../auth/plain-grant.ts'
import { CLOCK_TOLERANCE_MS, type Access, type Grant } from '../ports/auth.ts'
import type { Revocation } from '../ports/storage.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { RevocationList, type RevocationRequest } from './revocations.ts'
import { createManualClock } from './testing/manual-clock.ts'

const ORDER = ['none', 'read', 'comment', 'write'] as const
const documents = ['a', 'a/b', 'a/c', 'b', 'b*'] as const

const requests: fc.Arbitrary<RevocationRequest> = fc.record({
  user: fc.constantFrom(null, 'ann', 'bob'),
  document: fc.constantFrom(null, ...documents, '*', 'a*', 'a/*', 'a/b*', 'c*'),
  token: fc.constantFrom(null, 't1', 't2'),
  access: fc.constantFrom('none', 'read', 'comment'),
  at: fc.constantFrom(millis(10), millis(20)),
  until: fc.constantFrom(null, null, millis(1), millis(1e15)),
})

const grants: fc.Arbitrary<Grant> = fc
  .record({
    access: fc.constantFrom<Access>('read', 'comment', 'write'),
    user: fc.constantFrom(null, 'ann', 'bob'),
    tokenId: fc.constantFrom(null, 't1', 't2'),
    issuedAt: fc.constantFrom(
      null,
      ...[0, 10, 20, 30, 10 + 1].flatMap((at) => [millis(at), millis(CLOCK_TOLERANCE_MS + at)]),
    ),
  })
  .map((part) => Object.assign(plainGrant({ access: 'read', user: null, expiresAt: null }), part))

/** The same by the words of the port. */
const isMet = (revocation: Revocation, grant: Grant, name: string, now: number): boolean => {
  const { user, document, token, at, until } = revocation
  const isCovered =
    document === null ||
    document === name ||
    (document.endsWith('*') && name.startsWith(document.slice(0, -1)))
  return (
    isCovered &&
    (user === null || user === grant.user) &&
    (token === null || token === grant.tokenId) &&
    (grant.issuedAt === null || grant.issuedAt <= at + CLOCK_TOLERANCE_MS) &&
    (until === null || until > now)
  )
}

test('[R16] a login is left the least of what the revocations that it meets leave', async () => {
  const steps = fc.array(fc.oneof(requests, fc.nat({ max: 9 })), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(steps, grants, fc.constantFrom(...documents), async (all, grant, name) => {
      const clock = createManualClock()
      const list = new RevocationList({ storage: createMemoryStorage(), clock })
      const known: Revocation[] = []
      for (const step of all)
        if (typeof step === 'number') {
          const [taken] = known.splice(step, 1)
          if (taken !== undefined) await list.unrevoke(taken.id)
        } else {
          const revoked = await list.revoke(step)
          if (revoked.ok) known.push(revoked.value)
        }
      const met = known.filter((one) => isMet(one, grant, name, clock.wall()))
      const left = met.map(({ access }) => ORDER.indexOf(access))
      const access = ORDER[Math.min(ORDER.indexOf(grant.access), ...left)]
      const capped = list.cap(nameOf(name), grant)
      expect(capped.ok ? capped.value : capped.error.close).toEqual(
        access === 'none' ? 'forbidden' : { ...grant, access },
      )
      // and of all names that begin so, no more than of any of them
      const prefixed = list.capAll(name.slice(0, 1), grant)
      const most = prefixed.ok ? ORDER.indexOf(prefixed.value.access) : 0
      expect(most).toBeLessThanOrEqual(capped.ok ? ORDER.indexOf(capped.value.access) : 0)
    }),
    { numRuns: 300 },
  )
})
