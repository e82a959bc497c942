/*
 * How one list of trees becomes another: equal ones stay, similar ones are changed in place, the rest
 * goes and comes.
 */
import { commonPairs, type DiffBudget, type Pair } from './sequence-diff.ts'
import { plainText, type Keys, type Value } from './tree.ts'

/** One step over both lists, from the front; `from` and `to` are indices. */
export type Step =
  | { readonly op: 'keep'; readonly from: number; readonly to: number }
  | { readonly op: 'change'; readonly from: number; readonly to: number }
  | { readonly op: 'remove'; readonly from: number }
  | { readonly op: 'add'; readonly to: number }

/** Pairs of a gap between equal ones that are compared with one another; beyond, each with its place. */
const MOST_COMPARED = 2_500

/** Text of each that is compared, UTF-16 units. */
const COMPARED_LENGTH = 2_000

/** From here on one is a changed form of the other, of 0 to 1. */
const SIMILAR = 0.4

/** The steps from the first list to the second one. */
export const align = (from: readonly Value[], to: readonly Value[], keys: Keys): Step[] => {
  const steps: Step[] = []
  let i = 0
  let j = 0
  const ends: Pair = [from.length, to.length]
  for (const [nextI, nextJ] of [...stayingPairs(from, to, keys), ends]) {
    const gap = alignGap(from.slice(i, nextI), to.slice(j, nextJ), keys.budget)
    for (const step of gap) steps.push(moved(step, i, j))
    if (nextI < from.length) steps.push({ op: 'keep', from: nextI, to: nextJ })
    i = nextI + 1
    j = nextJ + 1
  }
  return steps
}

/**
 * What is the same object stays what it is: of equal ones side by side, it tells which one was meant.
 * Between these, equal ones stay.
 */
const stayingPairs = (
  from: readonly Value[],
  to: readonly Value[],
  keys: Keys,
): readonly Pair[] => {
  const fromKeys = from.map((one) => keys.of(one))
  const toKeys = to.map((one) => keys.of(one))
  const pairs: Pair[] = []
  let [i, j] = [0, 0]
  const fill = (nextI: number, nextJ: number): void => {
    const between = commonPairs(fromKeys.slice(i, nextI), toKeys.slice(j, nextJ), keys.budget)
    for (const [one, other] of between) pairs.push([i + one, j + other])
    i = nextI + 1
    j = nextJ + 1
  }
  for (const [nextI, nextJ] of identicalPairs(from, to)) {
    fill(nextI, nextJ)
    pairs.push([nextI, nextJ])
  }
  fill(from.length, to.length)
  return pairs
}

const identicalPairs = (from: readonly Value[], to: readonly Value[]): readonly Pair[] => {
  const places = new Map(from.map((one, index) => [one, index]))
  const pairs: Pair[] = []
  let last = -1
  for (const [index, one] of to.entries()) {
    const place = places.get(one) ?? -1
    if (place <= last) continue
    pairs.push([place, index])
    last = place
  }
  return pairs
}

const moved = (step: Step, i: number, j: number): Step => {
  if (step.op === 'remove') return { op: 'remove', from: step.from + i }
  if (step.op === 'add') return { op: 'add', to: step.to + j }
  return { op: step.op, from: step.from + i, to: step.to + j }
}

/** Nothing of these is equal, except by chance. */
const alignGap = (
  from: readonly Value[],
  to: readonly Value[],
  budget: DiffBudget,
): readonly Step[] => {
  const pairs = new Map(similarPairs(from, to, budget))
  const steps: Step[] = []
  let j = 0
  for (let i = 0; i < from.length; i++) {
    const paired = pairs.get(i)
    if (paired === undefined) {
      steps.push({ op: 'remove', from: i })
      continue
    }
    while (j < paired) steps.push({ op: 'add', to: j++ })
    steps.push({ op: 'change', from: i, to: j++ })
  }
  while (j < to.length) steps.push({ op: 'add', to: j++ })
  return steps
}

/** True if the first can be brought to the second in place. */
const canBecome = (one: Value, other: Value): boolean => {
  if (one.kind === 'value' || one.kind === 'document' || one.kind !== other.kind) return false
  if (one.kind === 'element') return other.kind === 'element' && one.name === other.name
  if (one.kind === 'text') return other.kind === 'text' && one.isXml === other.isXml
  return one.kind !== 'map' || (other.kind === 'map' && one.hook === other.hook)
}

const similarPairs = (
  from: readonly Value[],
  to: readonly Value[],
  budget: DiffBudget,
): readonly Pair[] => {
  if (from.length === 0 || to.length === 0) return []
  const isPair = (i: number, j: number): boolean => {
    const [one, other] = [from[i], to[j]]
    return one !== undefined && other !== undefined && canBecome(one, other)
  }
  // one for one, or texts among elements: whatever it says now, it is the same place
  if (from.length === 1 && to.length === 1) return isPair(0, 0) ? [[0, 0]] : []
  const compared = from.length * to.length
  if (compared > Math.min(MOST_COMPARED, budget.similarities))
    return from.flatMap((_, i): Pair[] => (i < to.length && isPair(i, i) ? [[i, i]] : []))
  budget.similarities -= compared
  return withPlaces(bestPairs(from, to, isPair), [from.length, to.length], isPair)
}

/** Between the pairs, as many as before: each is taken for what stood in its place. */
const withPlaces = (
  pairs: readonly Pair[],
  ends: Pair,
  isPair: (i: number, j: number) => boolean,
): readonly Pair[] => {
  const all: Pair[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...pairs, ends]) {
    if (nextI - i === nextJ - j) for (; i < nextI; i++, j++) if (isPair(i, j)) all.push([i, j])
    if (nextI < ends[0]) all.push([nextI, nextJ])
    i = nextI + 1
    j = nextJ + 1
  }
  return all
}

/** The pairs, ascending in both, that are most similar in sum. */
const bestPairs = (
  from: readonly Value[],
  to: readonly Value[],
  isPair: (i: number, j: number) => boolean,
): readonly Pair[] => {
  const fromWords = from.map(wordsOf)
  const toWords = to.map(wordsOf)
  const width = to.length + 1
  const best = new Float64Array((from.length + 1) * width) // of what is left from i and j on
  const scores = new Float64Array((from.length + 1) * width)
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const score = isPair(i, j) ? similarity(fromWords[i], toWords[j]) : 0
      const at = i * width + j
      scores[at] = score < SIMILAR ? 0 : score
      const without = Math.max(best[at + width] ?? 0, best[at + 1] ?? 0)
      const paired = (scores[at] ?? 0) > 0 ? (scores[at] ?? 0) + (best[at + width + 1] ?? 0) : 0
      best[at] = Math.max(without, paired)
    }
  }
  const pairs: Pair[] = []
  for (let i = 0, j = 0; i < from.length && j < to.length;) {
    const at = i * width + j
    const paired = (scores[at] ?? 0) + (best[at + width + 1] ?? 0)
    if ((scores[at] ?? 0) > 0 && best[at] === paired) pairs.push([i++, j++])
    else if (best[at] === best[at + width]) i++
    else j++
  }
  return pairs
}

interface Words {
  readonly text: string
  readonly counts: ReadonlyMap<string, number>
  readonly total: number
}

const wordsOf = (value: Value): Words => {
  const text = plainText(value).slice(0, COMPARED_LENGTH)
  const counts = new Map<string, number>()
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return { text, counts, total: words.length }
}

/** 0 to 1: shared words, or a shared start and end, whichever tells more. */
const similarity = (one: Words | undefined, other: Words | undefined): number => {
  if (one === undefined || other === undefined) return 0
  if (one.text === other.text) return 1
  let shared = 0
  for (const [word, count] of one.counts) shared += Math.min(count, other.counts.get(word) ?? 0)
  const byWords = (2 * shared) / Math.max(1, one.total + other.total)
  const longest = Math.max(one.text.length, other.text.length)
  const shortest = Math.min(one.text.length, other.text.length)
  let start = 0
  while (start < shortest && one.text[start] === other.text[start]) start++
  let end = 0
  while (end < shortest - start && one.text.at(-1 - end) === other.text.at(-1 - end)) end++
  return Math.max(byWords, (start + end) / longest)
}
