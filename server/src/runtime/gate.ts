/** `last` lets those who wait for the `next` turn go first, but only so many of them. */
export type Turn = 'next' | 'last'

/** Works with the `next` turn between two with the `last`, so that these come to their end, too. */
const NEXT_BEFORE_LAST = 4

/** Lets a bounded number of asynchronous works run at a time; the others wait in their order. */
export class Gate {
  readonly #atOnce: number
  readonly #waiting: Record<Turn, (() => void)[]> = { next: [], last: [] }
  #running = 0
  #wentFirst = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.next.length + this.#waiting.last.length
  }

  /** Runs `work` when there is a place, and settles as it does. */
  async run<T>(work: () => Promise<T>, turn: Turn = 'next'): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else await new Promise<void>((resolve) => this.#waiting[turn].push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#shift()
      if (next === undefined) this.#running--
      else next() // the place is handed on, so that nobody else can take it in between
    }
  }

  #shift(): (() => void) | undefined {
    const { next, last } = this.#waiting
    const isTurnOfLast =
      last.length > 0 && (next.length === 0 || this.#wentFirst >= NEXT_BEFORE_LAST)
    this.#wentFirst = isTurnOfLast ? 0 : this.#wentFirst + 1
    return isTurnOfLast ? last.shift() : next.shift()
  }
}
