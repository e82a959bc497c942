import type { OfflineClock } from '../clock.ts'

/** A clock that a test moves by hand. */
export class ManualClock implements OfflineClock {
  #now = 1_750_000_000_000
  #tasks: { readonly at: number; readonly task: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry)
    }
  }

  /** Lets time pass; what is due is done in its order, and what follows from it as well. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = this.#tasks.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#now = next.at
      this.#tasks = this.#tasks.filter((other) => other !== next)
      next.task()
      await settled()
    }
    this.#now = end
  }
}

/** Lets all promises that can go on do so. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
