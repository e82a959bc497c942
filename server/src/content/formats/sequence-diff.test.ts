import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commonPairs, DiffBudget } from './sequence-diff.ts'

/** The length of the longest common subsequence, by the book. */
const longest = (a: readonly number[], b: readonly number[]): number => {
  const row = Array.from({ length: b.length + 1 }, () => 0)
  for (const one of a) {
    let corner = 0
    for (const [j, other] of b.entries()) {
      const above = row[j + 1] ?? 0
      row[j + 1] = one === other ? corner + 1 : Math.max(above, row[j] ?? 0)
      corner = above
    }
  }
  return row.at(-1) ?? 0
}

const expectSound = (a: readonly number[], b: readonly number[]): number => {
  const pairs = commonPairs(a, b)
  let [i, j] = [-1, -1]
  for (const [nextI, nextJ] of pairs) {
    expect(nextI > i && nextJ > j && a[nextI] === b[nextJ]).toBe(true)
    ;[i, j] = [nextI, nextJ]
  }
  return pairs.length
}

describe('pairs of what two sequences have in common', () => {
  it('ascend, are equal, and are as many as can be', () => {
    const sequences = fc.array(fc.nat(4), { maxLength: 30 })
    fc.assert(
      fc.property(sequences, sequences, (a, b) => {
        expect(expectSound(a, b)).toBe(longest(a, b))
      }),
    )
  })

  it('are found by what is unique where too much differs, in time', () => {
    const stays = Array.from({ length: 1000 }, (_, i) => i)
    const noise = (from: number) =>
      stays.flatMap((one) => [one, from + one * 9, from + one * 9 + 1])
    const [a, b] = [noise(10_000), noise(50_000)]
    expect(expectSound(a, b)).toBe(1000)
  })

  it('take sequences of hundreds of thousands', () => {
    const all = Array.from({ length: 300_000 }, (_, i) => i % 1000)
    expect(expectSound(all, all.toSpliced(150_000, 1))).toBe(299_999)
    expectSound(all, all.toReversed())
  })

  it('are not looked for in what only one has, nor beyond the budget', () => {
    const budget = new DiffBudget()
    const stays = Array.from({ length: 50 }, (_, i) => i)
    const noise = (from: number) => stays.flatMap((one) => [one, one * 99 + from, one * 99 + from])
    expect(commonPairs(noise(1000), noise(1001), budget)).toHaveLength(50)
    expect(new DiffBudget().steps - budget.steps).toBeLessThan(10)
    const mixed = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3001)
    for (let i = 0; i < 60; i++) commonPairs(mixed, mixed.toReversed(), budget)
    expect(budget.steps).toBeLessThan(2_000_000)
    expect(budget.steps).toBeGreaterThan(-2_000_000)
  })
})
