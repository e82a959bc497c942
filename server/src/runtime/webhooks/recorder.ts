/* Keeps what came of attempts: what comes while one commit is on its way goes into the next. */
import type { DeliveryOutcome, Outbox } from '../../ports/outbox.ts'

interface Waiting {
  readonly outcome: DeliveryOutcome
  readonly done: () => void
}

/** Records outcomes of all endpoints. */
export class Recorder {
  readonly #outbox: Outbox
  readonly #onProblem: (problem: string) => void
  #waiting: Waiting[] = []
  #isRecording = false

  constructor(outbox: Outbox, onProblem: (problem: string) => void) {
    this.#outbox = outbox
    this.#onProblem = onProblem
  }

  /** Resolves once it is kept: until then the delivery must not be tried again, or it would be made twice. */
  record(outcome: DeliveryOutcome): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ outcome, done })
      void this.flush()
    })
  }

  /** Tries to keep what could not be kept before. Never rejects. */
  async flush(): Promise<void> {
    if (this.#isRecording) return
    this.#isRecording = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const problem = await this.#recorded(batch)
      if (problem !== null) {
        this.#waiting = [...batch, ...this.#waiting]
        this.#onProblem(problem)
        break
      }
      for (const { done } of batch) done()
    }
    this.#isRecording = false
  }

  /** What went wrong, or null; a storage of somebody else's may throw. */
  async #recorded(batch: readonly Waiting[]): Promise<string | null> {
    try {
      const recorded = await this.#outbox.recordDeliveries(batch.map(({ outcome }) => outcome))
      return recorded.ok ? null : recorded.error.message
    } catch (error) {
      return `storage threw on recordDeliveries: ${String(error)}`
    }
  }
}
