import type { Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { NoPlace } from '../runtime/places.ts'
import { ByteBudget, sharedBytes, takeBoth } from './byte-budget.ts'

/** Room for what was answered and is not read yet, against a bound on all of it and on what each group holds. */
export class AnswerRoom {
  readonly #shares: ByteBudget
  readonly #own: ByteBudget

  constructor(total: number) {
    // all groups together hold fewer bytes, as they share some of them
    this.#shares = new ByteBudget({ ...sharedBytes(total, 0), total: Infinity })
    this.#own = new ByteBudget({ total, perGroup: Infinity })
  }

  /** Takes room for bytes that nobody else is given. */
  take(bytes: number, group: string | null): Result<Undo, NoPlace> {
    return takeBoth(this.#shares.take(bytes, group), () => this.#own.take(bytes, null))
  }

  /** Takes a group's share for bytes that all who ask are given, and that are bounded where they are kept. */
  takeShared(bytes: number, group: string | null): Result<Undo, NoPlace> {
    return this.#shares.take(bytes, group)
  }
}
