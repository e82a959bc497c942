/* What logins may not do any more, in memory. */
import { ok } from '@quire/shared'
import type { Revocation, Revocations } from '../../ports/storage.ts'
import type { Memory, Operate } from './rows.ts'

/** The revocations of a memory. */
export const memoryRevocations = (memory: Memory, operate: Operate): Revocations => ({
  revoke: (revocation) =>
    operate<Revocation>(() => {
      const id = ++memory.lastId
      const kept = { id, ...revocation }
      memory.revocations.set(id, kept)
      return ok({ ...kept })
    }),
  revocations: (now) =>
    operate(() => {
      for (const [id, { until }] of memory.revocations)
        if (until !== null && until <= now) memory.revocations.delete(id)
      return ok(Array.from(memory.revocations.values(), (kept) => ({ ...kept })))
    }),
  unrevoke: (id) => operate(() => ok(memory.revocations.delete(id))),
})
