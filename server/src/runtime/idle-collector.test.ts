import { expect, it } from 'vitest'
import { millis } from '@quire/shared'
import { collectWhenIdle } from './idle-collector.ts'
import { createManualClock } from './testing/manual-clock.ts'

const MIB = 1024 * 1024

const setUp = () => {
  const clock = createManualClock()
  let now = 0 // more than the clock says: time that collections took
  const process = { buffers: 10 * MIB, live: 10 * MIB, share: 0, collections: 0, takesMs: 0 }
  const undo = collectWhenIdle({
    clock: { ...clock, now: () => millis(clock.now() + now) },
    bufferBytes: () => process.buffers,
    utilisation: () => process.share,
    collect: () => {
      process.collections++
      now += process.takesMs
      process.buffers = process.live
    },
  })
  return { clock, process, undo }
}

it('collects what buffers have grown by, and not before that is much', () => {
  const { clock, process } = setUp()
  process.buffers += 15 * MIB
  clock.advance(10_000)
  expect(process.collections).toBe(0)
  process.buffers += MIB
  clock.advance(1_000)
  expect([process.collections, process.buffers]).toEqual([1, 10 * MIB])
})

it('waits while the process is busy', () => {
  const { clock, process } = setUp()
  process.buffers += 100 * MIB
  process.share = 0.06
  clock.advance(60_000)
  expect(process.collections).toBe(0)
  process.share = 0.05
  clock.advance(1_000)
  expect(process.collections).toBe(1)
})

it('looks once more at what is in use, and then not again', () => {
  const { clock, process } = setUp()
  process.buffers = process.live = 500 * MIB
  clock.advance(1_000)
  process.live = 10 * MIB
  clock.advance(1_500)
  expect(process.collections).toBe(1)
  clock.advance(1_000)
  expect([process.collections, process.buffers]).toEqual([2, 10 * MIB])
  process.buffers = process.live = 500 * MIB
  clock.advance(60_000)
  expect(process.collections).toBe(4)
})

it('counts from the least that was held since', () => {
  const { clock, process } = setUp()
  process.buffers = process.live = 500 * MIB
  clock.advance(1_000)
  process.buffers = 100 * MIB // V8 has collected by itself
  clock.advance(1_000)
  process.buffers = 120 * MIB
  process.live = 100 * MIB
  const { collections } = process
  clock.advance(500)
  expect(process.collections).toBe(collections + 1)
})

it('rests for fifty times as long as it took', () => {
  const { clock, process } = setUp()
  process.takesMs = 400
  process.buffers += 20 * MIB
  clock.advance(500)
  expect(process.collections).toBe(1)
  for (let second = 0; second < 19; second++) {
    process.buffers += 20 * MIB
    clock.advance(1_000)
  }
  expect(process.collections).toBe(1)
  clock.advance(1_000)
  expect(process.collections).toBe(2)
})

it('ends when it is undone', () => {
  const { clock, process, undo } = setUp()
  undo()
  process.buffers += 100 * MIB
  clock.advance(10_000)
  expect([process.collections, clock.timers]).toEqual([0, 0])
})
