/*
 * What was given to be kept, and is not kept yet. Pure: who writes it, and when, is the caller's matter.
 *
 * Own things (changes made here, and which of them are saved) are this opener's to keep. Shared things (changes
 * from the server, and positions) are heard by every opener who is connected, so that one of them is enough:
 * what another has kept is not kept again. A position says that all before it has been given, so it may only be
 * kept with, or after, all that was given before it. One of sequence 0 claims nothing but its epoch: it goes with
 * whatever is written next, so that no change is kept without the epoch that it belongs to.
 */
import { bytesEqual, type Update } from '@quire/shared'
import { laterOf } from './records.ts'
import type { Position } from './store.ts'

/** Something to keep. */
export type Given =
  /** Changed here. */
  | { readonly kind: 'here'; readonly key: number; readonly update: Update; readonly at: number }
  /** Came from the server. */
  | { readonly kind: 'there'; readonly update: Update }
  /** Another opener has changed or heard it, and cannot keep it. */
  | { readonly kind: 'unkept'; readonly update: Update }
  | { readonly kind: 'saved'; readonly keys: readonly number[] }
  | { readonly kind: 'moved'; readonly position: Position }

/** What is to be written at once. */
export interface Draft {
  /** In the order in which they were given. */
  readonly updates: readonly Update[]
  /** Those of them that are unsaved. */
  readonly unsaved: readonly Extract<Given, { kind: 'here' }>[]
  /** Keys of former drafts that are not unsaved any more. */
  readonly saved: readonly number[]
  readonly position: Position | null
}

interface Entry {
  readonly serial: number
  readonly given: Given
  /** Whether others have been told of it without its being kept. */
  isTold: boolean
}

/**
 * Bytes that wait at most of what others have as well, while nothing can be kept. Beyond it they are let go, and
 * no position is kept from then on: the server tells them again, or the opener that has changed them keeps them.
 */
export const MAX_SHARED_BYTES = 8 * 1024 * 1024

/** Things to keep, in the order in which they were given. */
export class Pending {
  #waiting: Entry[] = []
  #drafted: Entry[] = []
  #serial = 0
  #sharedBytes = 0
  /** Shared things up to this number have been let go. */
  #gap: number | null = null

  /** The number of the last thing given: 1, 2, 3, … */
  get serial(): number {
    return this.#serial
  }

  /** Bytes of updates that wait and that others have as well. */
  get sharedBytes(): number {
    return this.#sharedBytes
  }

  /** Whether anything of these kinds waits. */
  has(...kinds: readonly Given['kind'][]): boolean {
    return this.#waiting.some(({ given }) => kinds.includes(given.kind))
  }

  /** Takes something to keep. */
  add(given: Given): void {
    this.#serial++
    if (isClaim(given) && this.#gap !== null) return
    if (given.kind === 'moved') this.#coalesce(given.position)
    this.#waiting.push({ serial: this.#serial, given, isTold: false })
    if (isElsewhere(given)) this.#sharedBytes += given.update.length
    if (given.kind === 'saved') this.#dropSaved()
    if (this.#sharedBytes <= MAX_SHARED_BYTES) return
    this.#gap = this.#serial
    this.#keepWaiting((entry) => !isShared(entry) && !isElsewhere(entry.given))
  }

  /** Whether this very update is here, and not kept yet. */
  holds(update: Update): boolean {
    const isIt = ({ given }: Entry): boolean =>
      'update' in given && bytesEqual(given.update, update)
    return this.#waiting.some(isIt) || this.#drafted.some(isIt)
  }

  /** Whether all that was given up to this number is kept, or need not be. */
  isKept(serial: number): boolean {
    const oldest = this.#drafted[0] ?? this.#waiting[0]
    return oldest === undefined || oldest.serial > serial
  }

  /** Takes own things out to be written, and the shared ones if asked to; null if there are none. */
  draft(withShared: boolean): Draft | null {
    const isTaken = (entry: Entry): boolean => withShared || !isShared(entry)
    this.#drafted = this.#waiting.filter(isTaken)
    if (this.#drafted.length === 0) return null
    this.#keepWaiting((entry) => !isTaken(entry))
    const given = this.#drafted.map((entry) => entry.given)
    const here = given.filter((one) => one.kind === 'here')
    const saved = new Set(given.flatMap((one) => (one.kind === 'saved' ? one.keys : [])))
    const own = new Set(here.map(({ key }) => key))
    return {
      updates: updatesOf(this.#drafted),
      unsaved: here.filter(({ key }) => !saved.has(key)),
      saved: [...saved].filter((key) => !own.has(key)),
      position: given.reduce<Position | null>(
        (last, one) => (one.kind === 'moved' ? laterOf(last, one.position) : last),
        null,
      ),
    }
  }

  /** What was drafted is kept. */
  settle(): void {
    this.#drafted = []
  }

  /** What was drafted could not be kept, and waits again. */
  restore(): void {
    this.#waiting = [...this.#drafted, ...this.#waiting].toSorted((a, b) => a.serial - b.serial)
    this.#drafted = []
    this.#count()
    this.#dropSaved()
  }

  /** Own updates that wait, and that nobody has been told of; from now on they count as told. */
  untold(): readonly Update[] {
    const untold = this.#waiting.filter(({ isTold, given }) => !isTold && given.kind === 'here')
    for (const entry of untold) entry.isTold = true
    return updatesOf(untold)
  }

  /** Somebody has come who was told of nothing. */
  tellAgain(): void {
    for (const entry of [...this.#waiting, ...this.#drafted]) entry.isTold = false
  }

  /**
   * Another opener has kept these, and all from the server up to the position. Returns those that did not
   * wait here: they are news.
   */
  covered(updates: readonly Update[], position: Position | null): readonly Update[] {
    const news = updates.filter((update) => !this.#takeOut(update))
    const through =
      this.#waiting.findLast(({ given }) => isClaim(given) && isUpTo(given.position, position))
        ?.serial ?? 0
    this.#keepWaiting(
      (entry) =>
        !(entry.given.kind === 'moved' && isUpTo(entry.given.position, position)) &&
        (!isShared(entry) || entry.serial > through),
    )
    return news
  }

  /** Forgets all that was given up to this number. */
  forget(serial: number): void {
    this.#keepWaiting((entry) => entry.serial > serial)
    if (this.#gap !== null && this.#gap <= serial) this.#gap = null
  }

  #takeOut(update: Update): boolean {
    const index = this.#waiting.findIndex(
      ({ given }) =>
        (given.kind === 'there' || given.kind === 'unkept') && bytesEqual(given.update, update),
    )
    if (index >= 0) this.#waiting.splice(index, 1)
    return index >= 0
  }

  /**
   * A position makes the one before it needless. Of several behind the same update the first stays as well:
   * by it another opener covers that update the earliest.
   */
  #coalesce(position: Position): void {
    const isOfThem = ({ given }: Entry): boolean => isClaim(given) || isElsewhere(given)
    const last = this.#waiting.findLastIndex(isOfThem)
    const before = this.#waiting.findLast((entry, i) => i < last && isOfThem(entry))
    const isPassed = (entry: Entry | undefined): boolean =>
      entry?.given.kind === 'moved' && isUpTo(entry.given.position, position)
    if (isPassed(before) && isPassed(this.#waiting[last])) this.#waiting.splice(last, 1)
  }

  /** What is saved before it is kept is not unsaved any more: it is to be in the log, and nothing else. */
  #dropSaved(): void {
    const saved = new Set(
      this.#waiting.flatMap(({ given }) => (given.kind === 'saved' ? given.keys : [])),
    )
    const dropped = new Set<number>()
    const rest = this.#waiting.map((entry) => {
      const { given } = entry
      if (given.kind !== 'here' || !saved.has(given.key)) return entry
      dropped.add(given.key)
      return { ...entry, given: { kind: 'unkept', update: given.update } as const }
    })
    if (dropped.size === 0) return
    this.#waiting = rest.flatMap((entry) => {
      if (entry.given.kind !== 'saved') return [entry]
      const keys = entry.given.keys.filter((key) => !dropped.has(key))
      return keys.length === 0 ? [] : [{ ...entry, given: { kind: 'saved', keys } as const }]
    })
    this.#count()
  }

  #keepWaiting(isKept: (entry: Entry) => boolean): void {
    this.#waiting = this.#waiting.filter(isKept)
    this.#count()
  }

  #count(): void {
    this.#sharedBytes = 0
    for (const { given } of this.#waiting)
      if (isElsewhere(given)) this.#sharedBytes += given.update.length
  }
}

/** Whether it says that what was given before it is all there is. */
const isClaim = (given: Given): given is Extract<Given, { kind: 'moved' }> =>
  given.kind === 'moved' && given.position.seq > 0

/** Whether somebody else has it as well: the server, or another opener. */
const isElsewhere = (given: Given): given is Extract<Given, { kind: 'there' | 'unkept' }> =>
  given.kind === 'there' || given.kind === 'unkept'

const isShared = ({ given }: Entry): boolean => given.kind === 'there' || isClaim(given)

const updatesOf = (entries: readonly Entry[]): readonly Update[] =>
  entries.flatMap(({ given }) => ('update' in given ? [given.update] : []))

const isUpTo = (position: Position, kept: Position | null): boolean =>
  kept !== null && position.epoch === kept.epoch && position.seq <= kept.seq
