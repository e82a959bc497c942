import type { OfflineClock } from './clock.ts'

/** Something that becomes due some time after it was asked for. */
export class Delay {
  readonly #clock: OfflineClock
  readonly #ms: number
  readonly #onOver: () => void
  #undo: (() => void) | null = null
  #isOver = false

  /** `onOver` is called when it becomes due, `ms` milliseconds after it was armed. */
  constructor(clock: OfflineClock, ms: number, onOver: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onOver = onOver
  }

  /** Whether it is due. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Starts, if it has not. */
  arm(): void {
    if (this.#isOver || this.#undo !== null) return
    this.#undo = this.#clock.after(this.#ms, () => {
      this.#undo = null
      this.#isOver = true
      this.#onOver()
    })
  }

  /** Is not due any more, and not about to be. */
  reset(): void {
    this.#undo?.()
    this.#undo = null
    this.#isOver = false
  }
}
