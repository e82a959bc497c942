import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { clientId } from '../ids.ts'
import { IdSet } from './id-set.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

type Range = readonly [client: number, start: number, end: number]

/** The same set, as slow and plain as can be. */
class Model {
  readonly ids = new Set<string>()

  add([client, start, end]: Range): boolean {
    const before = this.ids.size
    for (let tick = start; tick < end; tick++) this.ids.add(`${client}:${tick}`)
    return this.ids.size > before
  }

  contiguous(client: number): number {
    let tick = 0
    while (this.ids.has(`${client}:${tick}`)) tick++
    return tick
  }
}

const ranges: fc.Arbitrary<Range> = fc
  .tuple(fc.constantFrom(1, 2, 300), fc.nat({ max: 50 }), fc.nat({ max: 6 }))
  .map(([client, start, length]) => [client, start, start + length])
const lists = fc.array(ranges, { maxLength: 40, size: 'max' })

const setOf = (list: readonly Range[]): IdSet => {
  const set = new IdSet()
  for (const [client, start, end] of list) set.add(clientId(client), start, end)
  return set
}

const modelOf = (list: readonly Range[]): Model => {
  const model = new Model()
  for (const range of list) model.add(range)
  return model
}

const idsOf = (set: IdSet): Set<string> => {
  const ids = new Set<string>()
  for (const { client, start, end } of set.ranges())
    for (let tick = start; tick < end; tick++) ids.add(`${client}:${tick}`)
  return ids
}

const expectSame = (set: IdSet, model: Model): void => {
  expect(idsOf(set)).toEqual(model.ids)
  const list = [...set.ranges()]
  expect(set.size).toBe(list.length)
  expect(set.isEmpty).toBe(model.ids.size === 0)
  // sorted, disjoint and not touching: the form that `covers` and the encodings rely on
  for (const [i, range] of list.entries()) {
    expect(range.start).toBeLessThan(range.end)
    const before = list[i - 1]
    if (before?.client === range.client) expect(before.end).toBeLessThan(range.start)
  }
  for (const client of [1, 2, 300, 4])
    expect(set.contiguous(clientId(client))).toBe(model.contiguous(client))
}

describe('an IdSet does what a set of ids does', () => {
  test('add', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const set = new IdSet()
        const model = new Model()
        for (const range of list)
          expect(set.add(clientId(range[0]), range[1], range[2])).toBe(model.add(range))
        expectSame(set, model)
      }),
      { numRuns: 500 },
    )
  })

  test('addFlat, few and many ranges at once', () => {
    fc.assert(
      fc.property(lists, lists, (known, added) => {
        const set = setOf(known)
        const model = modelOf(known)
        const flat = added.flatMap(([, start, end]) => [start, end])
        const isNew = added.map(([, start, end]) => model.add([2, start, end])).includes(true)
        expect(set.addFlat(clientId(2), flat)).toBe(isNew)
        expectSame(set, model)
      }),
      { numRuns: 500 },
    )
  })

  test('addAll and hasAll', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const set = setOf(a)
        const model = modelOf(a)
        const other = setOf(b)
        expect(set.hasAll(other)).toBe([...modelOf(b).ids].every((id) => model.ids.has(id)))
        const isNew = b.map((range) => model.add(range)).includes(true)
        expect(set.addAll(other)).toBe(isNew)
        expect(set.hasAll(other)).toBe(true)
        expectSame(set, model)
        expectSame(other, modelOf(b))
      }),
      { numRuns: 500 },
    )
  })

  test('without', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const left: Range[] = [...setOf(a).without(setOf(b))].map(
          ({ client, start, end }) => [client, start, end] as const,
        )
        const other = modelOf(b).ids
        const wanted = new Set([...modelOf(a).ids].filter((id) => !other.has(id)))
        expect(modelOf(left).ids).toEqual(wanted)
        expect(left.every(([, start, end]) => start < end)).toBe(true)
        expect(left.reduce((sum, [, start, end]) => sum + end - start, 0)).toBe(wanted.size)
      }),
      { numRuns: 500 },
    )
  })

  test('addFlat keeps no view of what it was given, and addAll shares nothing', () => {
    const flat = Array.from({ length: 40 }, (_, i) => i * 2)
    const set = new IdSet()
    set.addFlat(clientId(1), flat)
    const copy = new IdSet()
    copy.addAll(set)
    flat.fill(0)
    copy.add(clientId(1), 0, 1000)
    expect(set.size).toBe(20)
  })

  test('[P15] its state vector and its delete set are the bytes of Yjs', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const set = setOf(list)
        const clocks = new Map([...set.clocks()].filter(([, clock]) => clock > 0))
        expect(set.toStateVector()).toEqual(Y.encodeStateVector(clocks))
        const bytes = Uint8Array.of(0, ...set.toDeleteSet())
        // a merge reads, sorts and writes the delete set again
        expect(Y.mergeUpdates([bytes, Uint8Array.of(0, 0)])).toEqual(bytes)
      }),
    )
  })
})

describe('[P1] no order of ranges makes an IdSet slow', () => {
  afterEach(() => vi.restoreAllMocks())

  /** Elements that splice had to move and comparisons that sort made. */
  const countWork = (): { steps: number } => {
    const work = { steps: 0 }
    const { splice, sort } = Array.prototype
    vi.spyOn(Array.prototype, 'splice').mockImplementation(function (
      this: unknown[],
      ...args: unknown[]
    ): unknown[] {
      work.steps += this.length - Number(args[0])
      return Reflect.apply(splice, this, args) as unknown[] // the original's own result
    })
    vi.spyOn(Array.prototype, 'sort').mockImplementation(function (
      this: unknown[],
      compare?: (a: unknown, b: unknown) => number,
    ): unknown[] {
      return Reflect.apply(sort, this, [
        (a: unknown, b: unknown) => {
          work.steps++
          return compare?.(a, b) ?? 0
        },
      ]) as unknown[] // the original's own result
    })
    return work
  }

  const COUNT = 200_000
  const orders: readonly (readonly [string, (i: number) => number])[] = [
    ['ascending', (i) => i],
    ['descending', (i) => COUNT - i],
    ['from both ends', (i) => (i % 2 === 0 ? i : COUNT * 2 - i)],
    ['shuffled', (i) => (i * 7_919) % COUNT],
  ]

  test.each(orders)('200,000 ranges, %s', (_, order) => {
    const flat: number[] = []
    for (let i = 0; i < COUNT; i++) flat.push(order(i) * 3, order(i) * 3 + 1)
    const work = countWork()
    const set = new IdSet()
    expect(set.addFlat(clientId(1), flat)).toBe(true)
    expect(set.addFlat(clientId(1), flat)).toBe(false)
    const gaps = new IdSet()
    gaps.addFlat(
      clientId(1),
      flat.map((tick) => tick + 1),
    )
    expect(set.addAll(gaps)).toBe(true)
    expect(set.hasAll(gaps)).toBe(true)
    const { steps } = work
    vi.restoreAllMocks()
    expect(steps).toBeLessThan(4 * COUNT * Math.log2(COUNT))
    expect(set.contiguous(clientId(1))).toBe(order(0) === 0 ? set.contiguous(clientId(1)) : 0)
  })

  test('ticks that arrive in order stay one range and move nothing', () => {
    const work = countWork()
    const set = new IdSet()
    for (let tick = 0; tick < 50_000; tick++) set.add(clientId(1), tick, tick + 1)
    const { steps } = work
    vi.restoreAllMocks()
    expect(steps).toBe(0)
    expect(set.size).toBe(1)
  })
})
