import fc from 'fast-check'
import { expect, test } from 'vitest'
import { families } from './testing/families.ts'
import {
  calm,
  checkConverged,
  checkIndicators,
  leaveAll,
  plans,
  run,
  tightLimits,
  type Plan,
} from './testing/plan.ts'

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

test('what a page had not said when it was loaded anew is lost, and all converge on the rest', () => {
  const happenings: Plan['happenings'] = [
    { kind: 'edit', client: 1, edit: { at: 0, text: 'a', cut: 1 } },
    { kind: 'connect', client: 1 },
    { kind: 'work', index: 0, fails: false },
    { kind: 'edit', client: 1, edit: { at: 0, text: 'typed', cut: 1 } },
    { kind: 'work', index: 0, fails: false },
    { kind: 'reload', client: 1 },
  ]
  const client = { family: 'y-websocket', access: 'write' } as const
  const clients = [client, client, client]
  const options = { limits: tightLimits, durability: 'ack', clients } as const
  const world = run({ options, isWarm: false, happenings })
  calm(world)
  checkConverged(world)
  for (const { doc } of world.clients) expect(doc.getText('text').toJSON()).not.toContain('typed')
  leaveAll(world)
})

test.each(families)(
  '[R18] what somebody wrote and a killed server lost comes back with %s, which has seen it',
  (family) => {
    const happenings: Plan['happenings'] = [
      { kind: 'tick', ms: 500 },
      { kind: 'deliver' },
      { kind: 'edit', client: 0, edit: { at: 0, text: 'seen', cut: 1 } },
      { kind: 'up', line: 0, messages: 2 },
      { kind: 'down', line: 1 },
      { kind: 'kill' },
      { kind: 'reload', client: 0 },
    ]
    const clients = [
      { family: 'y-websocket', access: 'write' },
      { family, access: 'write' },
    ] as const
    const options = { limits: tightLimits, durability: 'ack', clients } as const
    const world = run({ options, isWarm: true, happenings })
    calm(world)
    checkConverged(world)
    expect(world.clients[0]?.doc.getText('text').toJSON()).toContain('seen')
  },
)
