/** Those who want to hear of something. What one of them throws is its own, and nobody else's. */
export class Listeners<T> {
  readonly #all = new Set<(value: T) => void>()
  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Adds one; returns its undo. */
  readonly add = (listener: (value: T) => void): (() => void) => {
    // the same function may be added twice, and each undo is for one of them
    const own = (value: T): void => listener(value)
    this.#all.add(own)
    return () => void this.#all.delete(own)
  }

  tell(value: T): void {
    for (const listener of this.#all)
      try {
        listener(value)
      } catch (error) {
        this.#report(error)
      }
  }
}
