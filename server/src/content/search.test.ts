import fc from 'fast-check'
import {
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  indexOfUpdate,
  type DeleteSet,
  type Update,
} from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { fold } from './fold.ts'
import { foldAround, MOST_LEFT_OUT, type Encoded } from './search.ts'

/** So many updates, all of them sound. */
const updatesFor = (count: number): Update[] =>
  Array.from({ length: count }, (_, i) => {
    const doc = new Y.Doc()
    doc.clientID = i + 1
    doc.getText('text').insert(0, 'x')
    return Y.encodeStateAsUpdate(doc) as Update // Yjs made it
  })

const sound = updatesFor(60)
const DAMAGED = Uint8Array.of(9, 9, 9) as Update

/** A fold that throws where `breaks` says so, and counts its attempts. */
const foldOf = (tail: readonly Update[], breaks: (list: readonly number[]) => boolean) => {
  let attempts = 0
  let last: readonly number[] = []
  const isLateAfter = { attempts: Infinity }
  return {
    isLateAfter,
    run: () => ({
      ...foldAround(
        { snapshot: null, tail },
        {
          onStep: () => undefined,
          isLate: () => attempts >= isLateAfter.attempts,
          fold: (part): Encoded => {
            attempts++
            const list = part.tail.map((update) => tail.indexOf(update))
            if (breaks(list)) throw new Error(`broken by ${list.at(-1)}`)
            last = list
            return { ...NOTHING, updates: list.length }
          },
        },
      ),
      folded: last,
      attempts,
    }),
  }
}

const NOTHING = {
  bytes: EMPTY_UPDATE,
  stateVector: EMPTY_STATE_VECTOR,
  deleteSet: Uint8Array.of(0) as DeleteSet, // of no client
  index: indexOfUpdate(EMPTY_UPDATE),
  waiting: null,
}

/** What is folded; null where time ended before the first update was settled. */
const unlessTooLate = <T>(run: () => T): T | null => {
  try {
    return run()
  } catch (error) {
    expect(String(error)).toContain('not even the first update could be folded in time')
    return null
  }
}

const indices = (most: number) => fc.uniqueArray(fc.nat(sound.length - 1), { maxLength: most })
const leftOut = (folded: { leftOut: readonly { index: number }[] }): number[] =>
  folded.leftOut.map(({ index }) => index)

describe('folding around what breaks', () => {
  it('leaves out exactly the updates that break, wherever they stand', () => {
    fc.assert(
      fc.property(indices(MOST_LEFT_OUT), (bad) => {
        const folded = foldOf(sound, (list) => bad.some((index) => list.includes(index))).run()
        expect(leftOut(folded)).toEqual(bad.toSorted((a, b) => a - b))
        expect(folded.updates).toBe(sound.length)
        expect(folded.folded).toEqual([...sound.keys()].filter((index) => !bad.includes(index)))
        expect(folded.attempts).toBeLessThanOrEqual(2 + bad.length * 8)
        for (const { index, problem } of folded.leftOut) expect(problem).toBe(`broken by ${index}`)
      }),
    )
  })

  it('leaves out the later of two that break only together', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(59), { minLength: 2, maxLength: 2 }), (pair) => {
        const folded = foldOf(sound, (list) => pair.every((index) => list.includes(index))).run()
        expect(leftOut(folded)).toEqual([Math.max(...pair)])
      }),
    )
  })

  it('leaves out what does not read, with what breaks', () => {
    const tail = [...sound.slice(0, 5), DAMAGED, ...sound.slice(5, 9)]
    const folded = foldOf(tail, (list) => list.includes(7)).run()
    expect(folded.leftOut).toEqual([
      { index: 5, problem: expect.stringContaining('does not read') },
      { index: 7, problem: 'broken by 7' },
    ])
    expect(folded.updates).toBe(tail.length)
  })

  it('ends at its bound, or when it is late, with a front in which nothing is lost', () => {
    fc.assert(
      fc.property(indices(40), fc.nat({ max: 40 }), (bad, late) => {
        const fold = foldOf(sound, (list) => bad.some((index) => list.includes(index)))
        fold.isLateAfter.attempts = late
        const folded = unlessTooLate(fold.run)
        expect(folded !== null || late < 8).toBe(true) // a search has less than 8 attempts
        if (folded === null) return
        const front = [...sound.keys()].slice(0, folded.updates)
        expect([...folded.folded, ...leftOut(folded)].toSorted((a, b) => a - b)).toEqual(front)
        for (const index of leftOut(folded)) expect(bad).toContain(index)
        expect(folded.leftOut.length).toBeLessThanOrEqual(MOST_LEFT_OUT)
      }),
    )
  })

  it('fold after fold, comes to the end of any number of them', () => {
    let tail = sound
    const found: Update[] = []
    for (let folds = 0; tail.length > 0; folds++) {
      expect(folds).toBeLessThan(4)
      const now = tail
      const folded = foldOf(now, (list) =>
        list.some((index) => sound.indexOf(now[index] ?? EMPTY_UPDATE) % 2 === 1),
      ).run()
      found.push(...leftOut(folded).flatMap((index) => now[index] ?? []))
      tail = now.slice(folded.updates)
    }
    expect(found).toEqual(sound.filter((_, index) => index % 2 === 1))
  })

  it('says so where the snapshot itself breaks or does not read', () => {
    const options = {
      onStep: () => undefined,
      isLate: () => false,
      fold: (): Encoded => {
        throw new Error('in any case')
      },
    }
    const [snapshot = EMPTY_UPDATE, ...tail] = sound
    expect(() => foldAround({ snapshot, tail }, options)).toThrow(
      'the snapshot breaks: in any case',
    )
    expect(() => foldAround({ snapshot: DAMAGED, tail }, options)).toThrow(
      'the snapshot is damaged',
    )
  })
})

it('a fold says that it has integrated everything before what follows from it is done', () => {
  const doc = new Y.Doc()
  const tail: Update[] = []
  doc.on('update', (update: Uint8Array) => tail.push(update as Update))
  for (const text of ['a', 'b', 'c']) doc.getText('text').insert(0, text)
  const told: number[] = []
  fold(
    { snapshot: null, tail },
    {
      collectGarbage: true,
      transactions: 'one',
      onStep: (place) => told.push(place),
      isLate: () => false,
    },
  )
  expect(told).toEqual([-1, 0, 1, 2, 3, 3]) // the first 3 within the transaction
})
