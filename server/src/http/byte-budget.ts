import type { Undo } from '../ports/undo.ts'

/** Bytes that requests hold in memory, against a bound on all of them. */
export class ByteBudget {
  readonly limit: number
  #held = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes held at this moment. */
  get held(): number {
    return this.#held
  }

  /** Takes bytes, null if that is too much; the undo gives them back, once. One that finds nothing held has room. */
  take(bytes: number): Undo | null {
    if (this.#held > 0 && this.#held + bytes > this.limit) return null
    this.#held += bytes
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#held -= bytes
    }
  }
}
