import { expect, it } from 'vitest'
import { HealthWatch } from './health-watch.ts'
import { createManualClock } from './testing/manual-clock.ts'

const setUp = () => {
  const clock = createManualClock(10_000)
  const problems: Record<string, string | null> = { storage: null, places: null }
  const watch = new HealthWatch(clock, {
    storage: () => problems['storage'] ?? null,
    places: () => problems['places'] ?? null,
  })
  return { clock, problems, watch, stop: watch.start() }
}

it('says of each part whether it is well, or since when and why not', () => {
  const { clock, problems, watch } = setUp()
  problems['storage'] = 'writes fail'
  clock.advance(1_000)
  problems['storage'] = 'more writes fail' // the same illness
  clock.advance(60_000)
  expect(watch.parts()).toEqual([
    { part: 'storage', status: 'ill', since: 11_000, reason: 'more writes fail' },
    { part: 'places', status: 'well' },
  ])
})

it('takes an illness for a new one after it was well, though nobody asked meanwhile', () => {
  const { clock, problems, watch } = setUp()
  problems['storage'] = 'first'
  clock.advance(5_000)
  problems['storage'] = null
  clock.advance(5_000)
  problems['storage'] = 'second'
  clock.advance(5_000)
  expect(watch.parts()[0]).toEqual({
    part: 'storage',
    status: 'ill',
    since: 21_000,
    reason: 'second',
  })
})

it('sees what is ill this moment, and is over this moment', () => {
  const { clock, problems, watch } = setUp()
  clock.advance(500)
  problems['places'] = 'full'
  expect(watch.parts()[1]).toMatchObject({ status: 'ill', since: 10_500 })
  problems['places'] = null
  expect(watch.parts()[1]).toEqual({ part: 'places', status: 'well' })
})

it('looks no more once it is stopped', () => {
  const { clock, stop } = setUp()
  expect(clock.timers).toBe(1)
  stop()
  expect(clock.timers).toBe(0)
})
