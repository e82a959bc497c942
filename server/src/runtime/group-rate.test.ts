import { millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GroupRate, type GroupRateLimits } from './group-rate.ts'

const limits: GroupRateLimits = { perWindow: 6, windowMs: 60_000, groups: 3 }
const at = (ms: number) => millis(1_000_000 + ms)

describe('the rate of a group', () => {
  it('lets as many pass at once as in a window, and then says when the next may', () => {
    const rate = new GroupRate(limits)
    for (let i = 0; i < 6; i++) expect(rate.take('a', at(0)).ok).toBe(true)
    expect(rate.take('a', at(0))).toEqual({ ok: false, error: { waitMs: 10_000 } })
    expect(rate.take('a', at(4_000))).toEqual({ ok: false, error: { waitMs: 6_000 } })
    expect(rate.take('a', at(10_000)).ok).toBe(true)
    expect(rate.take('a', at(10_000)).ok).toBe(false)
  })

  it('is no other group’s', () => {
    const rate = new GroupRate(limits)
    for (let i = 0; i < 7; i++) rate.take('a', at(0))
    expect(rate.take('b', at(0)).ok).toBe(true)
  })

  it('counts nothing that it refuses', () => {
    const rate = new GroupRate(limits)
    let passed = 0
    for (let ms = 0; ms <= 120_000; ms += 100) if (rate.take('a', at(ms)).ok) passed++
    expect(passed).toBe(6 + 12)
  })

  it('is exact where a window does not divide evenly', () => {
    const rate = new GroupRate({ perWindow: 2_999, windowMs: 60_000, groups: 3 })
    const wallClock = millis(1_790_000_000_123)
    let passed = 0
    while (rate.take('a', wallClock).ok) passed++
    expect(passed).toBe(2_999)
  })

  it('forgets whoever has not come for longest, and nobody else', () => {
    const rate = new GroupRate(limits)
    for (let i = 0; i < 6; i++) rate.take('a', at(0))
    for (let i = 0; i < 6; i++) rate.take('b', at(1))
    rate.take('c', at(2))
    rate.take('d', at(3))
    expect(rate.groups).toBe(3)
    expect(rate.take('b', at(4)).ok).toBe(false)
    expect(rate.take('a', at(4)).ok).toBe(true)
  })

  it('lets no more pass in any time than a bucket and what it is filled with, of any group', () => {
    const takes = fc.array(
      fc.record({ group: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat({ max: 5_000 }) }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(takes, (all) => {
        const rate = new GroupRate(limits)
        const passed = new Map<string, number[]>()
        let now = 0
        for (const { group, afterMs } of all) {
          now += afterMs
          const times = passed.get(group) ?? []
          passed.set(group, times)
          if (rate.take(group, at(now)).ok) times.push(now)
        }
        for (const times of passed.values())
          for (const [i, from] of times.entries())
            for (const [more, to] of times.slice(i).entries())
              expect(more + 1).toBeLessThanOrEqual(6 + (to - from + 1) / 10_000)
      }),
    )
  })
})
