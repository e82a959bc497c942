/*
 * Group commit: what all rooms append while one commit is on its way to disk goes into the next. A lone
 * append after quiet is committed at once; commits that follow each other closely are spaced, because
 * each costs the same CPU over two threads whatever it carries.
 */
import { err, ok, type Result } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { AppendEntry, Appended, Storage, StorageProblem } from '../ports/storage.ts'

/** Bytes of one commit: it is packed into one buffer on its way to the writer. A larger append goes alone. */
const BATCH_BYTES = 32 * 1024 * 1024

/** What became of one append. */
export type AppendOutcome = Result<Appended, StorageProblem>

interface Waiting {
  readonly entry: AppendEntry
  readonly bytes: number
  readonly done: (outcome: AppendOutcome) => void
}

/** What commits are made with. */
export interface GroupCommitOptions {
  readonly storage: Storage
  readonly clock: Clock
  /** Those that follow each other are this far apart, milliseconds. */
  readonly spacingMs: number
  /** Hears of each where it measures (`Observe.measures`). */
  readonly observe?: Observe
}

/** Commits appends in batches, one batch in flight at a time. */
export class GroupCommit {
  #waiting: Waiting[] = []
  #state: 'idle' | 'scheduled' | 'committing' = 'idle'
  #startedAt = 0
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #spacingMs: number
  readonly #observe: Observe | null

  constructor(options: GroupCommitOptions) {
    this.#storage = options.storage
    this.#clock = options.clock
    this.#spacingMs = options.spacingMs
    this.#observe = options.observe?.measures === true ? options.observe : null
  }

  /**
   * Appends updates of one document; `done` is called once, with the commit's outcome. It may append
   * and must not throw.
   */
  append(entry: AppendEntry, done: (outcome: AppendOutcome) => void): void {
    const bytes = entry.updates.reduce((sum, update) => sum + update.length, 0)
    this.#waiting.push({ entry, bytes, done })
    if (this.#state === 'idle') this.#schedule()
  }

  #schedule(): void {
    const waitMs = this.#startedAt + this.#spacingMs - this.#clock.now()
    if (waitMs <= 0) return void this.#commit()
    this.#state = 'scheduled'
    // no longer than one spacing, whatever the wall clock does
    this.#clock.after(Math.min(waitMs, this.#spacingMs), () => void this.#commit())
  }

  async #commit(): Promise<void> {
    this.#state = 'committing'
    this.#startedAt = this.#clock.now()
    const batch = this.#takeBatch()
    const begun = this.#observe === null ? 0 : this.#clock.precise()
    const outcomes = await this.#append(batch)
    this.#measure(batch, outcomes, begun)
    batch.forEach(({ done }, i) => done(outcomes[i] ?? err(NO_OUTCOME)))
    this.#state = 'idle' // not before: what the `done`s append goes into one commit
    if (this.#waiting.length > 0) this.#schedule()
  }

  #measure(batch: readonly Waiting[], outcomes: readonly AppendOutcome[], begun: number): void {
    if (this.#observe === null) return
    const stored = batch.filter((_, i) => outcomes[i]?.ok === true)
    if (stored.length === 0) return // whose it was tells of that
    let [updates, bytes] = [0, 0]
    for (const waiting of stored) {
      updates += waiting.entry.updates.length
      bytes += waiting.bytes
    }
    const ms = this.#clock.precise() - begun
    this.#observe.event({ kind: 'committed', documents: stored.length, updates, bytes, ms })
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex((waiting, i) => {
      bytes += waiting.bytes
      return i > 0 && bytes > BATCH_BYTES
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #append(batch: readonly Waiting[]): Promise<readonly AppendOutcome[]> {
    const result = await this.#store(batch.map(({ entry }) => entry))
    if (result.ok) return result.value.map((appended) => ok(appended))
    const failed = err(result.error)
    const isOfOne = result.error.kind === 'corrupt' || result.error.kind === 'unknown-document'
    if (!isOfOne || batch.length < 2) return batch.map(() => failed)
    // one damaged document must not keep the others from being saved: halve until it is alone
    const middle = batch.length >> 1
    const first = await this.#append(batch.slice(0, middle))
    return [...first, ...(await this.#append(batch.slice(middle)))]
  }

  /** A throw here would end the saving of every document, so it is a failed commit like others. */
  async #store(
    entries: readonly AppendEntry[],
  ): Promise<Result<readonly Appended[], StorageProblem>> {
    try {
      return await this.#storage.append(entries, this.#clock.wall())
    } catch (error) {
      return err({ kind: 'io', message: `storage threw on append: ${String(error)}` })
    }
  }
}

const NO_OUTCOME: StorageProblem = { kind: 'io', message: 'storage gave no outcome for an entry' }
