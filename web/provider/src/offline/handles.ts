import type { Update } from '@quire/shared'
import type { UnsavedEntry, UnsavedKey } from './records.ts'
import type { Unsaved } from './store.ts'

/** The keys that an opener has given out, and where on the device the unsaved changes are that they name. */
export class Handles {
  readonly #places = new Map<number, UnsavedKey>()
  #last = 0

  /** A key that is greater than all before. */
  next(): number {
    return ++this.#last
  }

  /** The change of this key is in this place. */
  place(key: number, place: UnsavedKey): void {
    this.#places.set(key, place)
  }

  /** Gives keys to what is on the device. */
  own(entries: readonly UnsavedEntry[]): readonly Unsaved[] {
    return entries.map(({ key: place, at, bytes }) => {
      const key = this.next()
      this.place(key, place)
      return { key, at, update: bytes as Update } // kept as one
    })
  }

  /** Where the changes of these keys are; those that are nowhere are left out. */
  placesOf(keys: readonly number[]): readonly UnsavedKey[] {
    return keys.flatMap((key) => this.#places.get(key) ?? [])
  }

  /** The changes of these keys are in no place any more. */
  forget(keys: readonly number[]): void {
    for (const key of keys) this.#places.delete(key)
  }

  /** No change is in any place. */
  forgetAll(): void {
    this.#places.clear()
  }
}
