import { expect, test } from 'vitest'
import { appendTexts, kindOf, nameOf, openId, textsIn, unwrap } from '../contract/fixture.ts'
import { createMemoryStorage } from '../memory.ts'
import { type StorageOp, withWeather } from './weather.ts'

const full = { kind: 'full', message: 'disk full, says the test' } as const

test('fair weather passes everything through and counts', async () => {
  const { storage, calls } = withWeather(createMemoryStorage())
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'a')
  expect((await textsIn(storage, doc)).tail).toEqual(['a'])
  const called = Object.entries(calls).filter(([, count]) => count > 0)
  expect(called).toEqual([
    ['open', 1],
    ['append', 1],
    ['read', 1],
  ])
})

test('every operation has its weather', async () => {
  const real = createMemoryStorage()
  const { storage, fail, calls } = withWeather(real)
  const ops = Object.keys(real).filter((key): key is StorageOp => key !== 'close')
  expect(Object.keys(calls).toSorted()).toEqual(ops.toSorted())
  for (const op of ops) {
    fail(op, full)
    // it fails before it looks at what it is given
    const call = storage[op] as () => ReturnType<typeof storage.open>
    expect([op, kindOf(await call())]).toEqual([op, 'full'])
  }
})

test('held calls go on in their order when they are released, one or all', async () => {
  const real = createMemoryStorage()
  const weather = withWeather(real)
  const doc = await openId(real)
  weather.hold('append')
  const held = ['a', 'b', 'c'].map((text) => appendTexts(weather.storage, doc, text))
  await weather.called('append', 3)
  expect((await textsIn(real, doc)).tail).toEqual([])

  weather.releaseOne('append')
  expect(await held[0]).toMatchObject({ first: 1 })
  expect((await textsIn(real, doc)).tail).toEqual(['a'])

  weather.release('append')
  expect(await Promise.all(held)).toMatchObject([{ first: 1 }, { first: 2 }, { first: 3 }])
  expect(await appendTexts(weather.storage, doc, 'd')).toMatchObject({ first: 4 })
})

test('failures last as often as asked, change nothing, and can be healed', async () => {
  const weather = withWeather(createMemoryStorage())
  weather.fail('open', full, 2)
  expect(kindOf(await weather.storage.open(nameOf('notes')))).toBe('full')
  expect(kindOf(await weather.storage.open(nameOf('notes')))).toBe('full')
  unwrap(await weather.storage.open(nameOf('notes')))
  weather.fail('open', full, Infinity)
  expect(kindOf(await weather.storage.open(nameOf('notes')))).toBe('full')
  weather.heal('open')
  unwrap(await weather.storage.open(nameOf('notes')))
})

test('a held call meets the failure that is there when it is released', async () => {
  const weather = withWeather(createMemoryStorage())
  weather.hold('open')
  const opening = weather.storage.open(nameOf('notes'))
  weather.fail('open', full)
  weather.release('open')
  expect(kindOf(await opening)).toBe('full')
})

test('close gets through and waits for nobody', async () => {
  const weather = withWeather(createMemoryStorage())
  weather.hold('open')
  const opening = weather.storage.open(nameOf('notes'))
  await weather.storage.close()
  weather.release('open')
  expect(kindOf(await opening)).toBe('closed')
})
