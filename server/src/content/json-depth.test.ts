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

it('looks once into what stands in several places', () => {
  let shared: unknown = 1
  for (let i = 0; i < 100; i++) shared = [shared, shared]
  expect([isDeeper(shared, 99), isDeeper(shared, 100)]).toEqual([true, false])
})
