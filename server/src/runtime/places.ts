import { err, ok, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'

/** How many places there are. */
export interface PlaceLimits {
  readonly total: number
  /** Of one group, such as an address; Infinity where that is not bounded. */
  readonly perGroup: number
}

/** Which limit leaves no place. */
export interface NoPlace {
  readonly kind: 'total' | 'group'
  readonly limit: number
}

/** A bounded number of places, in total and for each group. What a group holds ends with its last place. */
export class Places {
  readonly #limits: PlaceLimits
  readonly #groups = new Map<string, number>()
  #taken = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Places taken. */
  get taken(): number {
    return this.#taken
  }

  /** Groups that hold a place. */
  get groups(): number {
    return this.#groups.size
  }

  /** True if nobody finds a place. */
  get isFull(): boolean {
    return this.#taken >= this.#limits.total
  }

  /** Takes a place for a group, null for one that counts in total only; the undo gives it back, once. */
  take(group: string | null): Result<Undo, NoPlace> {
    const { total, perGroup } = this.#limits
    const own = group === null ? 0 : (this.#groups.get(group) ?? 0)
    if (own >= perGroup) return err({ kind: 'group', limit: perGroup })
    if (this.#taken >= total) return err({ kind: 'total', limit: total })
    this.#taken++
    if (group !== null) this.#groups.set(group, own + 1)
    let isTaken = true
    return ok(() => {
      if (!isTaken) return
      isTaken = false
      this.#taken--
      if (group !== null) this.#leave(group)
    })
  }

  #leave(group: string): void {
    const left = (this.#groups.get(group) ?? 0) - 1
    if (left > 0) this.#groups.set(group, left)
    else this.#groups.delete(group)
  }
}
