import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'
import { Ledger } from './ledger.ts'

const ANNA = 7
const BEN = 9
const CARL = 2 // only reads

const twoAuthors = () => {
  const latency = new Histogram()
  const authors = [
    { client: ANNA, reader: 0, ends: [1, 4, 5, 6], due: [0, 10, 20, 30] },
    { client: BEN, reader: 1, ends: [2], due: [15] },
  ]
  const ledger = new Ledger(authors, 3, latency)
  ledger.measure({ from: 0, to: 100 })
  return { ledger, latency }
}

test('[bench] one message that merges several updates delivers each of them', () => {
  const { ledger, latency } = twoAuthors()
  ledger.take(CARL, ANNA, 0, 6, 50)
  ledger.take(CARL, BEN, 0, 2, 50)
  expect(ledger.missing(CARL)).toBe(0)
  expect(ledger.total).toBe(5)
  expect(latency.count).toBe(5)
})

test('[bench] an update that comes twice counts once', () => {
  const { ledger, latency } = twoAuthors()
  ledger.take(CARL, ANNA, 0, 1, 1)
  ledger.take(CARL, ANNA, 0, 1, 2)
  ledger.take(CARL, ANNA, 0, 4, 3)
  expect(ledger.total).toBe(2)
  expect(latency.count).toBe(2)
})

test('[bench] what comes back to its author is no delivery', () => {
  const { ledger } = twoAuthors()
  ledger.take(0, ANNA, 0, 6, 1)
  expect(ledger.total).toBe(0)
  expect(ledger.missing(0)).toBe(1)
})

test('[bench] an update that is left out is missing, and those after it are not', () => {
  const { ledger } = twoAuthors()
  ledger.take(CARL, ANNA, 0, 1, 1)
  ledger.take(CARL, ANNA, 4, 5, 2)
  ledger.take(CARL, ANNA, 5, 6, 3)
  ledger.take(CARL, BEN, 0, 2, 3)
  expect(ledger.missing(CARL)).toBe(1)
  ledger.take(CARL, ANNA, 1, 4, 9)
  expect(ledger.missing(CARL)).toBe(0)
  expect(ledger.total).toBe(5)
})

test('[bench] only updates due in the window are timed, from when they were due', () => {
  const { ledger, latency } = twoAuthors()
  ledger.measure({ from: 20, to: 30 })
  ledger.take(CARL, ANNA, 0, 6, 25)
  expect(latency.count).toBe(1)
  expect(latency.quantile(1)).toBeCloseTo(5, 0)
})

test('[bench] strangers are ignored', () => {
  const { ledger } = twoAuthors()
  ledger.take(CARL, 1234, 0, 6, 25)
  expect(ledger.total).toBe(0)
})

test('[bench] in whatever order and pieces updates come, each is counted once', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 })
  const pieces = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 20 })
  fc.assert(
    fc.property(lengths, pieces, (list, heard) => {
      const ends = list.map((_, i) => list.slice(0, i + 1).reduce((sum, n) => sum + n, 0))
      const starts = [0, ...ends]
      const due = ends.map(() => 0)
      const ledger = new Ledger([{ client: 1, reader: -1, ends, due }], 1, new Histogram())
      const came = new Set<number>()
      for (const [a, b] of heard) {
        const first = Math.min(a, b, ends.length - 1)
        const last = Math.min(Math.max(a, b), ends.length - 1)
        for (let i = first; i <= last; i++) came.add(i)
        ledger.take(0, 1, starts[first]!, ends[last]!, 0)
      }
      expect(ledger.total).toBe(came.size)
      expect(ledger.missing(0)).toBe(ends.length - came.size)
    }),
  )
})
