import { err, ok, type Result } from '@quire/shared'
import type { StoreProblem } from './store.ts'

/** Somebody who waits for what was given up to a number. */
export interface Waiter {
  readonly serial: number
  readonly resolve: (result: Result<void, StoreProblem>) => void
}

/** Those who wait, each answered once. */
export class Waiters {
  #waiting: readonly Waiter[] = []

  /** Whether anybody waits. */
  get areThere(): boolean {
    return this.#waiting.length > 0
  }

  /** Waits for what was given up to `serial`. */
  wait(serial: number): Promise<Result<void, StoreProblem>> {
    return new Promise((resolve) => {
      this.#waiting = [...this.#waiting, { serial, resolve }]
    })
  }

  /** Takes the one who has waited longest out, to be answered by the caller. */
  shift(): Waiter | null {
    const [first, ...rest] = this.#waiting
    this.#waiting = rest
    return first ?? null
  }

  /** Tells those for whom it holds that what they wait for is done. */
  answer(isDone: (serial: number) => boolean): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ serial }) => !isDone(serial))
    for (const { serial, resolve } of waiting) if (isDone(serial)) resolve(ok(undefined))
  }

  /** Tells everybody that it cannot be done now. */
  fail(problem: StoreProblem): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve(err(problem))
  }
}
