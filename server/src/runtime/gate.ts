/** `last` waits until nobody waits for the `next` turn. */
export type Turn = 'next' | 'last'

/** Lets a bounded number of asynchronous works run at a time; the others wait in their order. */
export class Gate {
  readonly #atOnce: number
  readonly #waiting: Record<Turn, (() => void)[]> = { next: [], last: [] }
  #running = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** Runs `work` when there is a place, and settles as it does. */
  async run<T>(work: () => Promise<T>, turn: Turn = 'next'): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else await new Promise<void>((resolve) => this.#waiting[turn].push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.next.shift() ?? this.#waiting.last.shift()
      if (next === undefined) this.#running--
      else next() // the place is handed on, so that nobody else can take it in between
    }
  }
}
