/*
 * One job after the other, and again later where one fails:
 *
 *           wake                    a job fails, and may succeed later
 *   idle ─────────▶ running ───────────────────▶ waiting ──time, retry──▶ running
 *     ▲                │ ╲ a job fails for good
 *     └──no job left───┘  ╲────────────────────▶ ended                    stopped: from any, by `stop`
 *
 * What is to be done next is asked anew before each job.
 */
import type { OfflineClock } from './clock.ts'
import type { StoreProblem } from './store.ts'

/**
 * Something to do. Resolves with why it could not be done, so that it is tried again later; or `undone` where
 * that is its own matter, and says nothing of what comes next.
 */
export type Job = () => Promise<StoreProblem | 'done' | 'undone'>

/** How jobs are found, and who hears how it goes. */
export interface WorkOptions {
  readonly clock: OfflineClock
  /** The job to do next; null if there is none. */
  readonly next: () => Job | null
  /** A job has failed (again); or, after that, one has succeeded, or none is left (null). */
  readonly onProblem: (problem: StoreProblem | null) => void
  /** There is no job left. */
  readonly onIdle: () => void
}

type Phase =
  | { readonly kind: 'idle' | 'running' | 'stopped' }
  | { readonly kind: 'waiting'; readonly problem: StoreProblem; readonly undo: () => void }
  | { readonly kind: 'ended'; readonly problem: StoreProblem }

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

/** Whether the same may succeed later. */
const MAY_PASS: Readonly<Record<StoreProblem['kind'], boolean>> = {
  quota: true,
  unavailable: true,
  io: true,
  newer: false,
  broken: false,
  cleared: false,
}

/** Jobs, one after the other. */
export class Work {
  readonly #options: WorkOptions
  #phase: Phase = { kind: 'idle' }
  #run: Promise<void> = Promise.resolve()
  /** Failures since the last success. */
  #failures = 0

  constructor(options: WorkOptions) {
    this.#options = options
  }

  /** Why nothing can be done at present, or any more. */
  get problem(): StoreProblem | null {
    const phase = this.#phase
    return phase.kind === 'waiting' || phase.kind === 'ended' ? phase.problem : null
  }

  /** Whether nothing will be done any more. */
  get isOver(): boolean {
    return this.#phase.kind === 'ended' || this.#phase.kind === 'stopped'
  }

  /** There may be a job. It begins behind what is given in the same turn. */
  wake(): void {
    if (this.#phase.kind !== 'idle') return
    this.#phase = { kind: 'running' }
    this.#run = this.#perform()
  }

  /** There may be a job, and someone waits for it: after a failure it is tried at once. */
  retry(): void {
    const phase = this.#phase
    if (phase.kind === 'waiting') {
      phase.undo()
      this.#phase = { kind: 'idle' }
    }
    this.wake()
  }

  /** Nothing is to be done any more, for this reason. */
  end(problem: StoreProblem): void {
    if (this.isOver) return
    if (this.#phase.kind === 'waiting') this.#phase.undo()
    this.#phase = { kind: 'ended', problem }
    this.#options.onProblem(problem)
  }

  /** Resolves once the job under way is done; no other begins. */
  async stop(): Promise<void> {
    if (this.#phase.kind === 'waiting') this.#phase.undo()
    this.#phase = { kind: 'stopped' }
    await this.#run
  }

  async #perform(): Promise<void> {
    await Promise.resolve()
    while (!this.#isInterrupted()) {
      const job = this.#options.next()
      if (job === null) break
      const outcome = await job()
      if (outcome === 'done') this.#succeeded()
      else if (outcome !== 'undone') return this.#failed(outcome)
    }
    if (this.#isInterrupted()) return
    this.#phase = { kind: 'idle' }
    this.#succeeded() // others may have done what could not be done here
    this.#options.onIdle()
  }

  /** A method, for the compiler does not see that the phase changes while a job is awaited. */
  #isInterrupted(): boolean {
    return this.#phase.kind !== 'running'
  }

  #succeeded(): void {
    const hadFailed = this.#failures > 0
    this.#failures = 0
    if (hadFailed && !this.isOver) this.#options.onProblem(null)
  }

  #failed(problem: StoreProblem): void {
    if (this.#isInterrupted()) return
    this.#failures++
    if (!MAY_PASS[problem.kind]) return this.end(problem)
    const ms = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1))
    const undo = this.#options.clock.after(ms, () => this.retry())
    this.#phase = { kind: 'waiting', problem, undo }
    this.#options.onProblem(problem)
  }
}
