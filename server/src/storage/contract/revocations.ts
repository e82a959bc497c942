import { millis } from '@quire/shared'
import { expect, test } from 'vitest'
import type { Revocation, Storage } from '../../ports/storage.ts'
import { bothLives, type MakeStorage, noon, storageForTest, unwrap } from './fixture.ts'

/** A revocation of nobody in particular. */
export const plainRevocation: Omit<Revocation, 'id'> = {
  user: null,
  document: null,
  token: null,
  access: 'none',
  at: noon,
  until: null,
}

/** Takes back what is there: a storage may be shared by tests. */
const withoutRevocations = async (storage: Storage): Promise<void> => {
  for (const { id } of unwrap(await storage.revocations(noon))) unwrap(await storage.unrevoke(id))
}

/** ST25. */
export const revocationRules = (make: MakeStorage): void => {
  test('[ST25] revocations stay until they end or are taken back', async () => {
    const { storage, reopen } = await storageForTest(make)
    await withoutRevocations(storage)
    const revoke = async (what: Partial<Revocation>) =>
      unwrap(await storage.revoke({ ...plainRevocation, ...what }))
    const ann = await revoke({ user: 'ann', document: 'team/*', access: 'read' })
    const token = await revoke({ token: 't📝', until: millis(noon + 10), access: 'comment' })
    const all = await revoke({ until: millis(noon + 20) })
    expect(token).toEqual({ ...plainRevocation, ...token, token: 't📝', access: 'comment' })
    expect([ann.id < token.id, token.id < all.id]).toEqual([true, true])
    for await (const one of bothLives(storage, reopen))
      expect(unwrap(await one.revocations(millis(noon + 9)))).toEqual([ann, token, all])
    const again = await reopen()
    expect(unwrap(await again.revocations(millis(noon + 10)))).toEqual([ann, all])
    // it was dropped then
    expect(unwrap(await again.revocations(noon))).toEqual([ann, all])
    expect(unwrap(await again.unrevoke(token.id))).toBe(false)
    expect(unwrap(await again.unrevoke(all.id))).toBe(true)
    expect(unwrap(await again.unrevoke(all.id))).toBe(false)
    expect(unwrap(await again.revocations(noon))).toEqual([ann])
    const next = unwrap(await again.revoke(plainRevocation))
    expect(next.id).toBeGreaterThan(all.id)
    await withoutRevocations(again)
    expect(unwrap(await again.revocations(noon))).toEqual([])
  })
}
