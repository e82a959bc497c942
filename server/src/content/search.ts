/*
 * Folding around what cannot be folded. Whether an update breaks integration shows only together with
 * what came before it, so the one at fault is the first that a fold of the log's front fails with:
 *
 *   goes well   breaks            goes well        breaks
 *   [ 0 1 2 3 | 4 5 6 7 8 ]   →   [ 0 1 2 3 4 5 6 | 7 8 ]   →   7 is left out, and again with the rest
 *
 * Bounded by `MOST_LEFT_OUT` and by time: each search costs about log2(updates) folds. What is not
 * reached stays in the tail, for the next fold.
 */
import { readUpdate } from '@quire/shared'
import type { ContentSource, Folded, LeftOut } from '../ports/content.ts'

/** Updates that one fold searches out. More than that is an attack, which is done with fold by fold. */
export const MOST_LEFT_OUT = 16

/** What is kept of an error's message. */
const PROBLEM_CHARACTERS = 200

/** A fold of as many updates from the front as it says. */
export type Encoded = Omit<Folded, 'leftOut'>

/** Folds a part of the source, or throws; tells before each update which one it is. */
type FoldPart = (part: ContentSource, onStep: (index: number) => void) => Encoded

/** What a search works with. */
export interface SearchOptions {
  readonly fold: FoldPart
  /** Called with the index in the source's tail of what comes next; -1 is the snapshot. */
  readonly onStep: (index: number) => void
  /** True once no further attempt is to be begun. */
  readonly isLate: () => boolean
}

/** Folds a source without what breaks it. Throws, saying so, where the snapshot itself is broken. */
export const foldAround = (source: ContentSource, options: SearchOptions): Folded => {
  const { snapshot, tail } = source
  if (snapshot !== null) reads(snapshot)
  const search = new Search(source, options)
  while (!search.isWhole()) {
    const firstBad = search.findFirstBad()
    if (firstBad === null) break
    search.leaveOut(firstBad)
  }
  const folded = search.result()
  if (folded.updates === 0 && tail.length > 0)
    throw new Error('not even the first update could be folded in time')
  return folded
}

const reads = (snapshot: NonNullable<ContentSource['snapshot']>): void => {
  const contents = readUpdate(snapshot)
  if (!contents.ok) throw new Error(`the snapshot is damaged: ${contents.error.message}`)
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, PROBLEM_CHARACTERS)

/** One search. `#list` holds the indices that are still to be folded, of which `#done` did the first. */
class Search {
  readonly #source: ContentSource
  readonly #options: SearchOptions
  readonly #list: number[] = []
  readonly #leftOut: LeftOut[] = []
  #found = 0
  #done: Encoded | null = null
  #problem = ''

  constructor(source: ContentSource, options: SearchOptions) {
    this.#source = source
    this.#options = options
    for (const [index, update] of source.tail.entries()) {
      const contents = readUpdate(update)
      if (contents.ok) this.#list.push(index)
      else this.#leftOut.push({ index, problem: `does not read: ${contents.error.message}` })
    }
  }

  /** Tries all that is left at once. True if that went well, or no further attempt is allowed. */
  isWhole(): boolean {
    if (this.#found === MOST_LEFT_OUT || (this.#done !== null && this.#options.isLate()))
      return true
    if (this.#attempt(this.#list.length)) return true
    this.#done ??= this.#snapshotAlone()
    return false
  }

  /** The place of the first update that a fold fails with, after a fold of all failed; null: too late. */
  findFirstBad(): number | null {
    let well = this.#done?.updates ?? 0
    let broken = this.#list.length
    while (broken - well > 1) {
      if (this.#options.isLate()) return null
      const middle = (well + broken) >> 1
      if (this.#attempt(middle)) well = middle
      else broken = middle
    }
    return well
  }

  leaveOut(place: number): void {
    const [index] = this.#list.splice(place, 1)
    if (index === undefined) return
    this.#leftOut.push({ index, problem: this.#problem })
    this.#found++
  }

  result(): Folded {
    if (this.#done === null) throw new Error('nothing was folded')
    const updates = this.#list[this.#done.updates] ?? this.#source.tail.length
    const leftOut = this.#leftOut
      .filter(({ index }) => index < updates) // what lies behind is met by the next fold
      .toSorted((a, b) => a.index - b.index)
    return { ...this.#done, updates, leftOut }
  }

  /** Folds the first `count` of the list. */
  #attempt(count: number): boolean {
    const { tail } = this.#source
    const part = this.#list.slice(0, count).flatMap((index) => tail[index] ?? [])
    try {
      this.#done = this.#fold(part)
      return true
    } catch (error) {
      this.#problem = messageOf(error)
      return false
    }
  }

  #indexAt(place: number): number {
    return place < 0 ? place : (this.#list[place] ?? this.#source.tail.length)
  }

  #snapshotAlone(): Encoded {
    try {
      return this.#fold([])
    } catch (error) {
      throw new Error(`the snapshot breaks: ${messageOf(error)}`, { cause: error })
    }
  }

  #fold(part: ContentSource['tail']): Encoded {
    const { fold, onStep } = this.#options
    return fold({ snapshot: this.#source.snapshot, tail: part }, (place) =>
      onStep(place < part.length ? this.#indexAt(place) : this.#source.tail.length),
    )
  }
}
