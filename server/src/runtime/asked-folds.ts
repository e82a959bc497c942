import { err, ok, type Result } from '@quire/shared'
import type { Input } from '../room/input.ts'

/** Those who have asked for a fold of one room, and wait for what comes of it. */
export class AskedFolds {
  #waiting: ((outcome: Result<void, string>) => void)[] = []

  /** What comes of the fold that is under way; the error is a sentence. */
  outcome(): Promise<Result<void, string>> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The room has taken an input. */
  took(input: Input): void {
    if (input.kind === 'compacted') this.#tell(ok(undefined))
    else if (input.kind === 'compactFailed') this.#tell(err(input.problem))
  }

  /** The room has ended. */
  end(): void {
    this.#tell(err('the document was closed'))
  }

  #tell(outcome: Result<void, string>): void {
    for (const resolve of this.#waiting.splice(0)) resolve(outcome)
  }
}
