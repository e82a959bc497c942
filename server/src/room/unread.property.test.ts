import fc from 'fast-check'
import { expect, test } from 'vitest'
import { calm, checkConverged, tightLimits } from './testing/plan.ts'
import { World } from './testing/world.ts'

/** Half a second as the runtime ticks, up to what a busy one may be late by. */
const steps = fc.array(
  fc.record({
    ms: fc.constantFrom(500, 500, 1_000, 3_000),
    moves: fc.boolean(),
    isRead: fc.constantFrom(true, false, false, false, false, false),
  }),
  { minLength: 1, maxLength: 200, size: 'max' },
)

test('[R7] one whom the server does not read stays present for all others, and is seen as it is afterwards', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const writer = { family: 'y-websocket', access: 'write' } as const
      const clients = [writer, writer, writer]
      const world = new World({ limits: tightLimits, durability: 'ack', clients })
      for (const client of world.clients) {
        world.connect(client)
        client.show('{"at":0}')
      }
      world.deliver()
      const [held, ...others] = world.clients
      if (held === undefined) throw new Error('three clients')
      for (const [i, { ms, moves, isRead }] of all.entries()) {
        if (moves) held.show(`{"at":${i}}`)
        if (isRead) world.deliver()
        world.unread(0)
        world.tick(ms)
        for (const line of [1, 2]) {
          world.up(line, 100)
          for (let words = 0; words < 100; words++) world.down(line)
        }
        for (const other of others) expect([...other.present().keys()]).toContain(held.id)
        world.unread(0)
      }
      calm(world)
      checkConverged(world)
    }),
  )
}, 60_000)
