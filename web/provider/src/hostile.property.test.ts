/*
 * A server that says anything at all: nothing is thrown, no change is lost, nothing runs hot; and once it says what it
 * should, all is well, unless it has said that something is for good.
 */
import {
  encodeChannelNotice,
  encodeConnectionNotice,
  seq,
  type ChannelNotice,
  type ConnectionNotice,
  type Update,
} from '@quire/shared'
import { forgedHistories, forgeHistory } from '@quire/shared/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createWorld } from './testing/test-clients.ts'

const RUNS = Number(process.env['PROVIDER_RUNS'] ?? 150)

const number = fc.oneof(fc.nat({ max: 9 }), fc.maxSafeNat())
const update = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  forgedHistories.map((history) => forgeHistory(history)[0] ?? Uint8Array.of(0, 0)),
) as fc.Arbitrary<Update>
const user = fc.option(fc.string())
const ending = {
  code: fc.constantFrom(1000, 1012, 1013, 4400, 4401, 4403, 4409, 7),
  advice: fc.constantFrom('stop', 'retry'),
  waitMs: number,
  reason: fc.string(),
}
const state = fc.oneof(fc.string(), fc.json())
const entry = fc.record({
  client: number,
  clock: number,
  state: fc.option(state),
  user,
})

/** Said of a document. What is saved is left out: whoever lies about that cannot be found out. */
const ofDocument = fc.oneof(
  fc.record({ kind: fc.constant('opened'), epoch: fc.nat({ max: 9 }), user }),
  fc.record({ kind: fc.constant('closed'), ...ending }),
  fc.record({ kind: fc.constant('ask'), stateVector: fc.uint8Array({ maxLength: 9 }) }),
  fc.record({ kind: fc.constantFrom('answer', 'update'), update }),
  fc.record({ kind: fc.constant('presence'), entries: fc.array(entry, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('token-wanted') }),
  fc.record({ kind: fc.constant('signal'), user, data: fc.uint8Array() }),
  fc.record({ kind: fc.constant('saved'), number: fc.integer({ min: 1_000_000 }) }),
  fc.record({ kind: fc.constant('denied'), reason: fc.string() }),
  fc.record({ kind: fc.constant('at'), seq: number.map(seq), writer: number }),
  fc.record({ kind: fc.constant('access'), access: fc.constantFrom('read', 'comment', 'write') }),
  fc.record({ kind: fc.constant('disk'), works: fc.boolean() }),
  fc.record({ kind: fc.constant('position-unknown') }),
) as fc.Arbitrary<ChannelNotice>
const ofConnection = fc.oneof(
  fc.record({
    kind: fc.constant('hello'),
    revision: number,
    beatMs: number,
    messageBytes: number,
    documents: number,
    spreadMs: number,
  }),
  fc.record({ kind: fc.constant('beat'), spreadMs: number }),
  fc.record({ kind: fc.constant('farewell'), ...ending }),
) as fc.Arbitrary<ConnectionNotice>

const lies = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 1, max: 6 }), ofDocument) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(0), ofConnection) },
)
/** A byte that is another one, and how much is left. */
const damage = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.nat() })
const frame = fc.tuple(lies, fc.option(damage, { freq: 1 })).map(([[channel, lie], damaged]) => {
  const said =
    channel === 0
      ? encodeConnectionNotice(lie as ConnectionNotice)
      : encodeChannelNotice(channel, lie as ChannelNotice)
  if (damaged === null) return said
  said[damaged.at % said.length] = damaged.byte
  return said.slice(0, said.length - (damaged.cut % 3))
})
const happenings = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: frame },
    { weight: 1, arbitrary: fc.constant('settle' as const) },
    { weight: 1, arbitrary: fc.constant('write' as const) },
    { weight: 1, arbitrary: fc.constantFrom(10, 500, 40_000) },
  ),
  { maxLength: 40 },
)

it('nothing it says throws, loses a change, or runs hot', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      const world = createWorld()
      const page = 'one page'
      const [ann, bob] = [
        world.open({ page, presence: true }),
        world.open({ page, document: 'other', presence: true }),
      ]
      let written = 0
      await world.network.settle()
      const start = world.environment.time
      for (const one of all) {
        if (one === 'settle') await world.network.settle()
        else if (one === 'write') ann.doc.getMap('own').set('written', ++written)
        else if (typeof one === 'number') await world.pass(one)
        else for (const line of world.network.held) line.answer(one)
      }
      await world.network.settle()
      expect(world.environment.reported).toEqual([])
      const seconds = (world.environment.time - start) / 1_000
      expect(world.network.lines.length).toBeLessThan(5 + all.length + seconds)
      const asked = world.server.heardOf.filter(({ message }) => message.kind === 'open').length
      expect(asked).toBeLessThan(2 * (5 + all.length + seconds))

      const { kind } = ann.state
      for (const one of [ann, bob]) {
        one.pause()
        one.resume()
      }
      world.environment.pass(3_700_000) // as long as a server can ask for
      for (let i = 0; i < 2; i++) {
        await world.pass(40_000)
        await world.rest()
      }
      const { state } = ann
      const isOver = state.kind === 'replaced' || state.denied !== null
      const onDisk = world.server.document('notes').durable().getMap('own').get('written') ?? 0
      expect(kind === 'replaced' && state.kind !== 'replaced').toBe(false)
      expect(isOver && written > 0 && state.saved).toBe(false)
      expect(isOver || { kind: state.kind, saved: state.saved, onDisk }).toEqual(
        isOver || { kind: 'live', saved: true, onDisk: written },
      )
    }),
    { numRuns: RUNS },
  )
})
