import type { Environment } from '../environment.ts'

interface Timer {
  readonly at: number
  readonly task: () => void
}

/** Time, chance and news of the machine, as a test says. */
export class ManualEnvironment implements Environment {
  time = 1_000_000
  chance: () => number
  readonly reported: unknown[] = []
  readonly #timers = new Set<Timer>()
  readonly #woken = new Set<() => void>()

  constructor(chance: () => number = () => 0.5) {
    this.chance = chance
  }

  readonly now = (): number => this.time

  readonly random = (): number => this.chance()

  readonly after = (ms: number, task: () => void): (() => void) => {
    const timer = { at: this.time + Math.max(0, ms), task }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  readonly onWoken = (task: () => void): (() => void) => {
    this.#woken.add(task)
    return () => void this.#woken.delete(task)
  }

  readonly report = (error: unknown): void => {
    this.reported.push(error)
  }

  /** Lets time pass; what becomes due runs in its order. */
  pass(ms: number): void {
    const until = this.time + ms
    for (let due = this.#due(until); due !== undefined; due = this.#due(until)) {
      this.#timers.delete(due)
      this.time = Math.max(this.time, due.at)
      due.task()
    }
    this.time = until
  }

  /** All that waits is due, whatever the clock says, as where it was set back. */
  expire(): void {
    for (const timer of Array.from(this.#timers)) {
      this.#timers.delete(timer)
      timer.task()
    }
  }

  /** The machine wakes up. */
  wake(): void {
    for (const task of this.#woken) task()
  }

  #due(until: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
  }
}
