import { describe, expect, test } from 'vitest'
import type { MakeOffline } from './contract/fixture.ts'
import { offlineRules } from './contract/rules.ts'

/*
 * What every offline store promises. Each rule has tests that cite it; a store is one if it passes them.
 *
 * OS1   A document of which nothing is kept opens empty. Opening and closing it keeps nothing.
 * OS2   What was given comes back whole, byte for byte, and in the order in which one opener gave it,
 *       until it is folded.
 * OS3   What was changed here is among the unsaved, with its time, until it is said to be saved: to the
 *       next opener if there is none. An opener's keys increase, and name a change to that opener alone.
 * OS4   The position is the last one, and never goes back within an epoch. All that was given before it,
 *       and all that it stands for, is kept with it or before it.
 * OS5   What was given before a flush that resolved well is there after a crash. What was changed here is
 *       written at once, all else soon; an opener is told once that is done, and not before.
 * OS6   Openers of one document hear what the others were given, and what these have heard from a server.
 *       Nobody hears what it gave itself, nor of another document.
 *       Before that they hear of which epoch it is, as soon as one of them knows.
 * OS7   What is kept while a document is being opened is among what is kept, or heard after that.
 * OS8   What comes to several openers from a server is kept about once.
 * OS9   Who is gone, by a crash or by closing, leaves what is unsaved to exactly one of the others, at
 *       once, or to the next who opens the document. Those have heard it, too.
 * OS10  `clear` forgets what was given before it. The others are told, and keep nothing any more until
 *       they open the document again: what they have has no ground.
 * OS11  What is kept is bounded by what the document holds, not by the number of edits; what is unsaved
 *       stays apart.
 * OS12  Names of documents are compared code point by code point. All of which something is kept are
 *       listed, and no others.
 * OS13  What is closed keeps nothing, says so, and throws nothing. Closing twice is closing once.
 * OS14  A cut at any moment leaves what was promised by then, and each update whole or not at all.
 */

/**
 * Declares the suite of rules OS1 to OS14 for the devices that `make` makes, one per test. Beside the examples
 * it plays `lives` random ones.
 */
export const offlineContract = (title: string, make: MakeOffline, lives?: number): void => {
  describe(`${title} keeps the contract of offline stores`, () => {
    test.for(offlineRules(lives).map(({ title, run }) => [title, run] as const))(
      '%s',
      async ([, run]) => {
        const device = await make()
        try {
          await expect(run(device)).resolves.toBeUndefined()
        } finally {
          await device.dispose()
        }
      },
    )
  })
}
