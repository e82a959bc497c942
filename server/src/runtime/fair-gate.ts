/**
 * Lets a bounded number of asynchronous works run at a time. Groups of those who wait, such as addresses, take turns,
 * and each has its own in their order: whoever asks for a thousand works holds up others for one of them.
 */
export class FairGate {
  readonly #atOnce: number
  /** By group, in the order in which they have their turns; null is a group like any other. */
  readonly #waiting = new Map<string | null, (() => void)[]>()
  #running = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** Runs `work` when its group has its turn, and settles as it does. */
  async run<T>(group: string | null, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else await new Promise<void>((resolve) => this.#wait(group, resolve))
    try {
      return await work()
    } finally {
      const next = this.#shift()
      if (next === undefined) this.#running--
      else next() // the place is handed on, so that nobody else can take it in between
    }
  }

  #wait(group: string | null, go: () => void): void {
    const own = this.#waiting.get(group)
    if (own === undefined) this.#waiting.set(group, [go])
    else own.push(go)
  }

  #shift(): (() => void) | undefined {
    for (const [group, own] of this.#waiting) {
      this.#waiting.delete(group)
      const next = own.shift()
      if (own.length > 0) this.#waiting.set(group, own) // behind the others
      return next
    }
    return undefined
  }
}
