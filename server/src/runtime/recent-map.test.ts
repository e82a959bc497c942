import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

it('remembers what those who came last said last, and no more of them than it may', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat({ max: 6 })), (most, keys) => {
      const map = new RecentMap<number, number>(most)
      keys.forEach((key, i) => map.set(key, i))
      const recent = [...new Set(keys.toReversed())].slice(0, most)
      expect(map.size).toBe(recent.length)
      for (let key = 0; key <= 6; key++)
        expect(map.get(key)).toBe(recent.includes(key) ? keys.lastIndexOf(key) : undefined)
    }),
  )
})
