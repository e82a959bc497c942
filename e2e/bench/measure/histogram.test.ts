import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram, quantileOf } from './histogram.ts'

test('[bench] a quantile of a histogram is that of the list, to 2 %', () => {
  const latencies = fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1 })
  const share = fc.constantFrom(0, 0.5, 0.9, 0.99, 1)
  fc.assert(
    fc.property(latencies, share, (list, wanted) => {
      const histogram = new Histogram()
      for (const ms of list) histogram.add(ms)
      const exact = quantileOf(list, wanted)
      const read = histogram.quantile(wanted)
      expect(histogram.count).toBe(list.length)
      expect(read).toBeGreaterThanOrEqual(exact * 0.999)
      expect(read).toBeLessThanOrEqual(exact * 1.021)
    }),
  )
})

test('[bench] the quantiles of nothing are not numbers', () => {
  expect(new Histogram().quantile(0.5)).toBeNaN()
  expect(quantileOf([], 0.5)).toBeNaN()
})

test('[bench] of a list of ten the half is the fifth and 99 % the last', () => {
  const list = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
  expect(quantileOf(list, 0.5)).toBe(5)
  expect(quantileOf(list, 0.99)).toBe(10)
})
