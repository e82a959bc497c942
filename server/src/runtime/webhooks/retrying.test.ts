import { millis } from '@quire/shared'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LONGEST_PAUSE_MS, pauseMs, retryAfterMs } from './retrying.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

it('pauses double from 5 s to two hours, give or take a fifth', () => {
  expect([1, 2, 3, 11, 12, 13, 100].map((attempts) => pauseMs(attempts, null, 0.5))).toEqual([
    5_000, 10_000, 20_000, 5_120_000, 7_200_000, 7_200_000, 7_200_000,
  ])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), random, (attempts, luck) => {
      const middle = pauseMs(attempts, null, 0.5)
      expect(Math.abs(pauseMs(attempts, null, luck) - middle)).toBeLessThanOrEqual(middle * 0.2 + 1)
    }),
  )
})

it('a target may ask for a longer pause, up to the longest, and for no shorter one', () => {
  expect(pauseMs(1, 60_000, 0.5)).toBe(60_000)
  expect(pauseMs(1, 1, 0.5)).toBe(5_000)
  fc.assert(
    fc.property(fc.nat(), random, (asked, luck) => {
      expect(pauseMs(1, asked, luck)).toBeLessThanOrEqual(LONGEST_PAUSE_MS)
    }),
  )
})

it.each([
  [undefined, null],
  ['120', 120_000],
  ['0', 0],
  ['-1', null],
  ['soon', null],
  ['99999999999', null],
  ['Thu, 26 Nov 2026 07:00:10 GMT', 10_000],
  ['Thu, 26 Nov 2026 06:59:00 GMT', 0],
])('Retry-After: %s asks for %s', (field, asked) => {
  const now = millis(Date.parse('2026-11-26T07:00:00Z'))
  expect(retryAfterMs(field, now)).toBe(asked)
})
