import { describe, expect, it } from 'vitest'
import { offlineContract } from './contract.ts'
import { cuttingRules } from './contract/cutting.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { mortalDevice } from './testing/mortal.ts'

offlineContract('the memory store', async () => mortalDevice(), 150)

describe('the memory store', () => {
  it.for(cuttingRules(200).map(({ title, run }) => [title, run] as const))(
    '%s, however much time passes',
    async ([, run]) => {
      const clock = new ManualClock()
      const device = mortalDevice({ clock })
      await expect(run({ ...device, pass: (ms) => clock.advance(ms) })).resolves.toBeUndefined()
      await device.dispose()
    },
  )
})
