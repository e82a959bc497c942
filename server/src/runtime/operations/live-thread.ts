/*
 * The thread of the document that pages of operations follow, as the event loop sees it: one job at a time, and each
 * comes to an end, also where the thread has died of the one before, or never answers.
 */
import { Worker } from 'node:worker_threads'
import type { OperationsEntry } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import { threadFile } from '../../thread-file.ts'
import type { EntryChange } from './live-document.ts'

/** What the thread is asked; it answers each with an update. */
export type LiveJob =
  | {
      readonly kind: 'begin'
      readonly clientId: number
      readonly stored: readonly Uint8Array[]
      readonly entries: readonly OperationsEntry[]
    }
  | ({ readonly kind: 'change' } & EntryChange)

/** Time for one job, its thread's start included, milliseconds: each takes a few, and whoever looks waits for it. */
const JOB_MS = 10_000

/** Starts the thread. */
export const startLiveWorker = (): Worker => new Worker(...threadFile(import.meta.url, './worker'))

/** A thread that has been started, until it is ended or has failed. */
export class LiveThread {
  readonly #clock: Clock
  readonly #worker: Worker
  #job: PromiseWithResolvers<Uint8Array> | null = null
  #problem: Error | null = null

  constructor(clock: Clock, worker: Worker) {
    this.#clock = clock
    this.#worker = worker
    worker.on('message', (update: Uint8Array) => this.#job?.resolve(update)) // what it answers with
    // one that nobody listened for would end the process
    worker.on('error', (cause) => this.#fail(new Error('the thread failed', { cause })))
    worker.on('exit', () => this.#fail(new Error('the thread ended')))
    worker.unref() // last: a listener of messages holds up the process again
  }

  /** What it makes of a job, of which it has one at a time; rejects where it has failed or does not answer in time. */
  async ask(job: LiveJob): Promise<Uint8Array> {
    if (this.#problem !== null) throw this.#problem
    const own = Promise.withResolvers<Uint8Array>()
    this.#job = own
    const undoDeadline = this.#clock.after(JOB_MS, () =>
      this.#fail(new Error(`the thread did not answer within ${JOB_MS} ms`)),
    )
    try {
      this.#worker.postMessage(job)
      return await own.promise
    } finally {
      undoDeadline()
      this.#job = null
    }
  }

  /** Ends it, whatever it is doing. */
  async end(): Promise<void> {
    this.#fail(new Error('the thread was ended'))
    await this.#worker.terminate()
  }

  #fail(problem: Error): void {
    this.#problem ??= problem
    this.#job?.reject(this.#problem)
  }
}
