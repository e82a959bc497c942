import { expect, test } from 'vitest'
import { hasBorne, mostRates, narrow, type Search } from './highest-rate.ts'

const upTo = (limit: number, tried: number[]) => (rate: number) => {
  tried.push(Math.round(rate))
  return Promise.resolve(rate <= limit)
}

test('[bench] the rate is doubled until it is too much, then narrowed down', async () => {
  const tried: number[] = []
  const rate = await narrow(upTo(2_400, tried), { first: 500, last: 80_000, halvings: 3 })
  expect(tried).toEqual([500, 1_000, 2_000, 4_000, 2_828, 2_378, 2_594])
  expect(Math.round(rate)).toBe(2_378)
})

test('[bench] a rate that is never too much ends at the last one tried', async () => {
  const rate = await narrow(upTo(Infinity, []), { first: 500, last: 4_000, halvings: 3 })
  expect(rate).toBe(4_000)
})

test('[bench] where already the first is too much, it is sought below', async () => {
  const tried: number[] = []
  const rate = await narrow(upTo(90, tried), { first: 400, last: 4_000, halvings: 2 })
  expect(tried).toEqual([400, 200, 100, 50, 71, 84])
  expect(Math.round(rate)).toBe(84)
})

test('[bench] where nothing is borne the rate is 0', async () => {
  expect(await narrow(upTo(0, []), { first: 400, last: 4_000, halvings: 2 })).toBe(0)
})

test.each([
  { first: 2_400, last: 80_000, halvings: 0 },
  { first: 600, last: 80_000, halvings: 3 },
  { first: 5_000, last: 5_000, halvings: 2 },
])(
  '[bench] however much is borne, of $first to $last no more rates are tried than are planned',
  async (search: Search) => {
    let most = 0
    for (let limit = 10; limit < 2 * search.last; limit *= 1.1) {
      const tried: number[] = []
      await narrow(upTo(limit, tried), search)
      most = Math.max(most, tried.length)
    }
    expect(most).toBe(mostRates(search))
  },
)

test('[bench] borne is what was sent, not what was asked for and does not make whole updates', () => {
  const served = { p99: 4, missing: 0, sentPerSecond: 1_110, deliveredPerSecond: 54_779 } // asked: 1,200
  expect(hasBorne(served)).toBe(true)
  expect(hasBorne({ ...served, deliveredPerSecond: 51_000 })).toBe(false)
  expect(hasBorne({ ...served, missing: 1 })).toBe(false)
  expect(hasBorne({ ...served, p99: 100 })).toBe(false)
  expect(hasBorne({ ...served, p99: Number.NaN })).toBe(false) // nothing was sent in the window
})
