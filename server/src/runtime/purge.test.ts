import { ok } from '@quire/shared'
import { expect, it } from 'vitest'
import type { QuireEvent } from '../ports/observe.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createMemory, createMemoryStorage } from '../storage/memory.ts'
import { withWeather } from '../storage/testing/weather.ts'
import { purgeDeleted } from './purge.ts'
import { createManualClock } from './testing/manual-clock.ts'

const DAY_MS = 86_400_000

const setUp = async (count: number) => {
  const clock = createManualClock()
  const weather = withWeather(createMemoryStorage(createMemory()))
  const { storage } = weather
  for (let i = 0; i < count; i++) {
    const opened = await storage.open(nameOf(`document ${i}`))
    if (opened.ok) await storage.remove(opened.value.id, clock.wall())
  }
  const events: QuireEvent[] = []
  const undo = purgeDeleted(
    { storage, clock, observe: { event: (event) => void events.push(event) } },
    30 * DAY_MS,
  )
  const deleted = async (): Promise<number> => {
    const question = { prefix: '', search: '', after: null, limit: 100, which: 'deleted' } as const
    const page = await storage.list(question)
    return page.ok ? page.value.length : -1
  }
  return { clock, weather, storage, events, undo, deleted }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

it('drops what was deleted thirty days ago, one at a time, and nothing sooner', async () => {
  const { clock, deleted, events, undo } = await setUp(3)
  await settle()
  clock.advance(30 * DAY_MS - 3_600_000)
  await settle()
  expect(await deleted()).toBe(3)
  for (let hour = 0; hour < 2; hour++) {
    clock.advance(3_600_000)
    await settle()
  }
  expect(await deleted()).toBe(2)
  for (let i = 0; i < 3; i++) {
    clock.advance(250)
    await settle()
  }
  expect(await deleted()).toBe(0)
  expect(events).toEqual([1, 1, 1].map((documents) => ({ kind: 'purged', documents })))
  undo()
})

it('looks for the first time a minute after the start, when those who come back are in', async () => {
  const { clock, weather, deleted, undo } = await setUp(1)
  undo()
  clock.advance(31 * DAY_MS)
  const undoNext = purgeDeleted({ ...weather, clock, observe: { event: () => undefined } }, DAY_MS)
  await settle()
  clock.advance(59_999)
  await settle()
  expect([weather.calls.purge, await deleted()]).toEqual([0, 1])
  clock.advance(1)
  await settle()
  expect([weather.calls.purge, await deleted()]).toEqual([1, 0])
  undoNext()
  expect(clock.timers).toBe(0)
})

it('says that it failed, and tries again later', async () => {
  const { clock, weather, deleted, events, undo } = await setUp(1)
  await settle()
  weather.fail('purge', { kind: 'full', message: 'disk full' }, 1)
  clock.advance(31 * DAY_MS)
  await settle()
  expect([await deleted(), events]).toEqual([1, [{ kind: 'purge-failed', problem: 'disk full' }]])
  clock.advance(3_600_000)
  await settle()
  expect(await deleted()).toBe(0)
  undo()
})

it('does nothing any more once it is undone', async () => {
  const { clock, deleted, undo, storage } = await setUp(1)
  await settle()
  undo()
  clock.advance(31 * DAY_MS)
  await settle()
  expect(await deleted()).toBe(1)
  expect(await storage.purge(clock.wall(), 10)).toEqual(ok(1))
})
