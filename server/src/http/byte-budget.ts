import { err, ok, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { NoPlace, PlaceLimits } from '../runtime/places.ts'

/** Part of a budget that one address may hold: it takes four of them to shut others out. */
const SHARE = 1 / 4

/** A budget of so many bytes, and the share of an address, in which the largest thing finds room. */
export const sharedBytes = (total: number, largest: number): PlaceLimits => ({
  total,
  perGroup: Math.max(total * SHARE, largest),
})

/** Bytes that requests hold in memory, against a bound on all of them and on those of each group, such as an address. */
export class ByteBudget {
  readonly #limits: PlaceLimits
  readonly #groups = new Map<string, number>()
  #held = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Bytes held at this moment. */
  get held(): number {
    return this.#held
  }

  /**
   * Takes bytes for a group, null for one that counts in total only; the undo gives them back, once. What
   * finds nothing held has room, however large it is.
   */
  take(bytes: number, group: string | null): Result<Undo, NoPlace> {
    const { total, perGroup } = this.#limits
    const own = group === null ? 0 : (this.#groups.get(group) ?? 0)
    if (own > 0 && own + bytes > perGroup) return err({ kind: 'group', limit: perGroup })
    if (this.#held > 0 && this.#held + bytes > total) return err({ kind: 'total', limit: total })
    this.#add(bytes, group)
    let isTaken = true
    return ok(() => {
      if (isTaken) this.#add(-bytes, group)
      isTaken = false
    })
  }

  #add(bytes: number, group: string | null): void {
    this.#held += bytes
    if (group === null) return
    const own = (this.#groups.get(group) ?? 0) + bytes
    if (own > 0) this.#groups.set(group, own)
    else this.#groups.delete(group)
  }
}

/** Takes of two budgets, or of none. */
export const takeBoth = (
  first: Result<Undo, NoPlace>,
  second: () => Result<Undo, NoPlace>,
): Result<Undo, NoPlace> => {
  if (!first.ok) return first
  const then = second()
  if (!then.ok) first.value()
  return then.ok
    ? ok(() => {
        first.value()
        then.value()
      })
    : then
}
