/*
 * Which members of two sequences are the same ones: Myers' greedy algorithm ("An O(ND) Difference
 * Algorithm", 1986) between the common ends. Where more than `MOST_DIFFERENCES` differ it would take
 * quadratic time; there, members that stand once in both are the anchors ("patience diff").
 */

/** A member of the first sequence and the one of the second that is kept for it. */
export type Pair = readonly [number, number]

/** Differences up to which the shortest edit is looked for: 2,000 take 2 M steps and 16 MB. */
const MOST_DIFFERENCES = 2_000

/** Between anchors: there may be many gaps. */
const MOST_IN_GAP = 64

/** What all comparisons of one job may take together; with nothing left, what is longer is told by anchors. */
export class DiffBudget {
  /** Steps of the shortest edit: 16 M take 0.2 s. */
  steps = 16_000_000
  /** Pairs of blocks that are compared by their words: 100,000 of the longest take 1.2 s. */
  similarities = 100_000

  /** The differences up to which a shortest edit may be looked for. */
  mostDifferences(): number {
    return Math.min(MOST_DIFFERENCES, Math.floor(Math.sqrt(2 * Math.max(0, this.steps))))
  }
}

/** The pairs that stay, ascending in both. Members are the same where their numbers are. */
export const commonPairs = (
  a: readonly number[],
  b: readonly number[],
  budget = new DiffBudget(),
): readonly Pair[] => {
  const whole = { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }
  const { start, middle, end } = trimEnds(a, b, whole)
  return start.concat(pairsOfShared(a, b, middle, budget), end)
}

/** What only one of them has is in no pair; without it, there is much less to compare. */
const pairsOfShared = (
  a: readonly number[],
  b: readonly number[],
  { aFrom, aTo, bFrom, bTo }: Range,
  budget: DiffBudget,
): readonly Pair[] => {
  const places = (of: readonly number[], from: number, to: number, other: ReadonlySet<number>) => {
    const kept: number[] = []
    for (let i = from; i < to; i++) if (other.has(of[i] ?? -1)) kept.push(i)
    return kept
  }
  const inA = places(a, aFrom, aTo, new Set(b.slice(bFrom, bTo)))
  const inB = places(b, bFrom, bTo, new Set(a.slice(aFrom, aTo)))
  const from = inA.map((i) => a[i] ?? -1)
  const to = inB.map((j) => b[j] ?? -1)
  const { start, middle, end } = trimEnds(from, to, {
    aFrom: 0,
    aTo: from.length,
    bFrom: 0,
    bTo: to.length,
  })
  const most = budget.mostDifferences()
  const found = shortest(from, to, middle, { most, budget }) ?? anchored(from, to, middle, budget)
  return start.concat(found, end).map(([i, j]): Pair => [inA[i] ?? 0, inB[j] ?? 0])
}

interface Range {
  readonly aFrom: number
  readonly aTo: number
  readonly bFrom: number
  readonly bTo: number
}

interface Trimmed {
  readonly start: readonly Pair[]
  readonly middle: Range
  readonly end: readonly Pair[]
}

const trimEnds = (a: readonly number[], b: readonly number[], range: Range): Trimmed => {
  let { aFrom, aTo, bFrom, bTo } = range
  const start: Pair[] = []
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) start.push([aFrom++, bFrom++])
  const end: Pair[] = []
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) end.push([--aTo, --bTo])
  return { start, middle: { aFrom, aTo, bFrom, bTo }, end: end.toReversed() }
}

/** The shortest edit, or null where it has more than `most` differences. */
const shortest = (
  a: readonly number[],
  b: readonly number[],
  { aFrom, aTo, bFrom, bTo }: Range,
  { most, budget }: { readonly most: number; readonly budget: DiffBudget },
): readonly Pair[] | null => {
  const n = aTo - aFrom
  const m = bTo - bFrom
  if (n === 0 || m === 0) return []
  const bound = Math.min(most, n + m)
  const reach = new Int32Array(2 * bound + 3) // x by diagonal, offset by bound + 1
  const trace: Int32Array[] = []
  for (let d = 0; d <= bound; d++) {
    budget.steps -= d + 1
    trace.push(reach.slice(bound + 1 - d, bound + 2 + d))
    for (let k = -d; k <= d; k += 2) {
      const at = bound + 1 + k
      const down = k === -d || (k !== d && (reach[at - 1] ?? 0) < (reach[at + 1] ?? 0))
      let x = down ? (reach[at + 1] ?? 0) : (reach[at - 1] ?? 0) + 1
      let y = x - k
      while (x < n && y < m && a[aFrom + x] === b[bFrom + y]) {
        x++
        y++
      }
      reach[at] = x
      if (x >= n && y >= m) return walkBack(trace, d, { n, m, aFrom, bFrom })
    }
  }
  return null
}

const walkBack = (
  trace: readonly Int32Array[],
  differences: number,
  { n, m, aFrom, bFrom }: { n: number; m: number; aFrom: number; bFrom: number },
): readonly Pair[] => {
  const pairs: Pair[] = []
  let x = n
  let y = m
  for (let d = differences; d >= 0; d--) {
    const before = trace[d] ?? new Int32Array(1)
    const reached = (k: number): number => (Math.abs(k) > d ? 0 : (before[k + d] ?? 0))
    const k = x - y
    const down = k === -d || (k !== d && reached(k - 1) < reached(k + 1))
    const fromK = down ? k + 1 : k - 1
    const fromX = d === 0 ? 0 : reached(fromK)
    const fromY = d === 0 ? 0 : fromX - fromK
    while (x > fromX && y > fromY) {
      x--
      y--
      pairs.push([aFrom + x, bFrom + y])
    }
    x = fromX
    y = fromY
  }
  return pairs.toReversed()
}

/** What is unique in both, in an order that both have; and the shortest edits between, where they are short. */
const anchored = (
  a: readonly number[],
  b: readonly number[],
  range: Range,
  budget: DiffBudget,
): readonly Pair[] => {
  const pairs: Pair[] = []
  let { aFrom, bFrom } = range
  const fill = (aTo: number, bTo: number): void => {
    const { start, middle, end } = trimEnds(a, b, { aFrom, aTo, bFrom, bTo })
    const most = MOST_IN_GAP
    const found = shortest(a, b, middle, { most, budget }) ?? []
    for (const pair of start.concat(found, end)) pairs.push(pair)
  }
  for (const [i, j] of ascending(uniquePairs(a, b, range))) {
    fill(i, j)
    pairs.push([i, j])
    aFrom = i + 1
    bFrom = j + 1
  }
  fill(range.aTo, range.bTo)
  return pairs
}

const uniquePairs = (
  a: readonly number[],
  b: readonly number[],
  { aFrom, aTo, bFrom, bTo }: Range,
): readonly Pair[] => {
  const places = (of: readonly number[], from: number, to: number): Map<number, number> => {
    const found = new Map<number, number>()
    for (let i = from; i < to; i++) {
      const value = of[i] ?? 0
      found.set(value, found.has(value) ? -1 : i)
    }
    return found
  }
  const inB = places(b, bFrom, bTo)
  return [...places(a, aFrom, aTo)].flatMap(([value, i]): Pair[] => {
    const j = inB.get(value) ?? -1
    return i < 0 || j < 0 ? [] : [[i, j]]
  })
}

/** The longest run of pairs that ascends in the second place, too. */
const ascending = (pairs: readonly Pair[]): readonly Pair[] => {
  const ends: number[] = [] // index of the pair that ends the best run of each length
  const before = new Int32Array(pairs.length)
  for (const [index, [, j]] of pairs.entries()) {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < j) low = middle + 1
      else high = middle
    }
    before[index] = ends[low - 1] ?? -1
    ends[low] = index
  }
  const run: Pair[] = []
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) run.push(pairs[at] ?? [0, 0])
  return run.toReversed()
}
