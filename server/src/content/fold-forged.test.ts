/* Whatever a log holds, what is folded of it opens, goes on being folded, and loses nothing. */
import fc from 'fast-check'
import { readUpdate, type Update } from '@quire/shared'
import { forgedHistories, forgeHistory } from '@quire/shared/testing'
import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import type { Folded } from '../ports/content.ts'
import { fold } from './fold.ts'
import { foldAround } from './search.ts'

vi.setConfig({ testTimeout: 120_000 }) // hundreds of searches, on machines that do other things too

const silent = (): void => {}
vi.spyOn(console, 'error').mockImplementation(silent) // Yjs tells of subdocuments that stand twice
vi.spyOn(console, 'warn').mockImplementation(silent)

const foldOf = (
  snapshot: Update | null,
  tail: readonly Update[],
  collectGarbage: boolean,
): Folded =>
  foldAround(
    { snapshot, tail },
    {
      onStep: () => undefined,
      isLate: () => false,
      fold: (part, onStep) =>
        fold(part, { collectGarbage, transactions: 'one', onStep, isLate: () => false }),
    },
  )

/** What of these passes the checks of single updates: the rest is never stored. */
const stored = (updates: readonly Uint8Array[]): Update[] =>
  updates.flatMap((update) => {
    const contents = readUpdate(update)
    return contents.ok ? [contents.value.update] : []
  })

/** Folds forged logs, and opens what comes of them; says how many updates there were, and were left out. */
const foldAndOpen = (seed: { readonly seed?: number } = {}) => {
  let [updates, leftOut] = [0, 0]
  fc.assert(
    fc.property(forgedHistories, forgedHistories, fc.boolean(), (one, other, gc) => {
      // two histories of the same clients: different structs under the same ids
      const tail = stored([...forgeHistory(one), ...forgeHistory(other)])
      const middle = tail.length >> 1
      const first = foldOf(null, tail.slice(0, middle), gc)
      const second = foldOf(first.bytes, tail.slice(middle), gc)
      for (const { bytes } of [first, second]) Y.applyUpdate(new Y.Doc({ gc }), bytes)
      expect([first.updates, second.updates]).toEqual([middle, tail.length - middle])
      updates += tail.length
      leftOut += first.leftOut.length + second.leftOut.length
    }),
    { numRuns: 300, ...seed },
  )
  return { updates, leftOut }
}

describe('[R14] a log of forged updates', () => {
  it('is folded with at most some left out, again and again, and opens each time', () => {
    const { updates, leftOut } = foldAndOpen()
    expect(leftOut).toBeLessThan(updates / 10)
  })

  it('has some that are left out, seed 3: one in ten others has none', () => {
    expect(foldAndOpen({ seed: 3 }).leftOut).toBeGreaterThan(0)
  })
})
