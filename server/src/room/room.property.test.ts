import fc from 'fast-check'
import { test } from 'vitest'
import { calm, checkConverged, checkIndicators, leaveAll, plans, run } from './testing/plan.ts'

test('[R1-R8, R11, R12, R15-R17] whatever happens in whatever order, all promises hold and all converge', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const world = run(plan)
      calm(world)
      checkConverged(world)
      checkIndicators(world)
      leaveAll(world)
    }),
    { numRuns: 1_000 },
  )
}, 60_000) // 3 s alone; a busy machine is not a failure
