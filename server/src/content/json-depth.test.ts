import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isDeeper } from './json-depth.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

it('says whether a value is nested deeper, as a recursive count does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 7 }), (value, levels) => {
      expect(isDeeper(value, levels)).toBe(depthOf(value) > levels)
    }),
  )
})

it('says it of what is nested without end', () => {
  expect(isDeeper(JSON.parse('['.repeat(1_000_000) + ']'.repeat(1_000_000)), 256)).toBe(true)
})
