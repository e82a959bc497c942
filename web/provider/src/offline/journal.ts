/*
 * What one opener has on the device: the operations of records.ts, with all that has to be known from one to the
 * next. Each resolves with what the others have to be told; none is begun before the last one is done.
 */
import { err, ok, type Result } from '@quire/shared'
import { foldLog } from './fold-log.ts'
import { isFoldDue } from './folding.ts'
import { Handles } from './handles.ts'
import { Lives } from './lives.ts'
import { packUpdates } from './packed.ts'
import type { Draft } from './pending.ts'
import {
  clearedProblem,
  NOTHING_KEPT,
  type Contents,
  type DocumentRecords,
  type LogSize,
} from './records.ts'
import type { SiblingNews } from './siblings.ts'
import type { StoreProblem, Unsaved } from './store.ts'

/** What an operation has come to: what is to be told, or null if it is nothing. */
export type Told = Result<SiblingNews | null, StoreProblem>

/** Whose journal it is. */
export interface JournalPorts {
  /** The document, for people. */
  readonly name: string
  /** The opener. */
  readonly self: string
  readonly records: DocumentRecords
}

/** The journal of an opener. */
export class Journal {
  readonly handles = new Handles()
  readonly lives: Lives
  readonly #ports: JournalPorts
  #size: LogSize
  #foldPatience = 1

  constructor(ports: JournalPorts, { life, size }: Pick<Contents, 'life' | 'size'>) {
    this.#ports = ports
    this.lives = new Lives(life)
    this.#size = size
  }

  /** Writes a draft. */
  async write({ updates, unsaved, saved, position }: Draft): Promise<Told> {
    const places = this.handles.placesOf(saved)
    if (updates.length + places.length === 0 && position === null) return ok(null)
    const written = await this.#ports.records.write({
      life: this.lives.current,
      owner: this.#ports.self,
      log: updates.length === 0 ? null : { bytes: packUpdates(updates), updates: updates.length },
      unsaved: unsaved.map(({ at, update }) => ({ at, bytes: update })),
      saved: places,
      position,
    })
    if (!written.ok) return err(this.#named(written.error))
    const { life, number, size } = written.value
    this.lives.meet(life)
    this.#size = size
    for (const [index, { key }] of unsaved.entries()) this.handles.place(key, { number, index })
    this.handles.forget(saved)
    if (updates.length === 0 && position === null) return ok(null)
    return ok({ kind: 'kept', life, updates, position: written.value.position, size })
  }

  /** Takes over what those who are gone have left unsaved. */
  async adopt(gone: readonly string[]): Promise<Result<readonly Unsaved[], StoreProblem>> {
    const adopted = await this.#ports.records.adopt({
      life: this.lives.current,
      owner: this.#ports.self,
      gone,
      known: NOTHING_KEPT,
    })
    if (!adopted.ok) return err(this.#named(adopted.error))
    const { life, unsaved } = adopted.value
    if (life !== null) this.lives.meet(life)
    return ok(this.handles.own(unsaved))
  }

  /** Clears the document. */
  async clear(): Promise<Told> {
    const left = this.lives.leave()
    const cleared = await this.#ports.records.clear()
    if (!cleared.ok) {
      this.lives.return(left)
      return cleared
    }
    this.handles.forgetAll()
    this.#size = NOTHING_KEPT.size
    const life = cleared.value
    if (life === null) return ok(null)
    this.lives.bury(life)
    return ok({ kind: 'cleared', life })
  }

  /** How large the log is, by whoever has written last. */
  get size(): LogSize {
    return this.#size
  }

  /** Another opener has written. */
  grown(size: LogSize): void {
    this.#size = size
  }

  /** Whether the log is so many times as long as it may be. */
  isFoldDue(times: number): boolean {
    return this.lives.current !== null && isFoldDue(this.#size, this.#foldPatience * times)
  }

  /** Folds the log. What cannot be folded is not due again before it has grown to twice its length. */
  async fold(): Promise<boolean> {
    const life = this.lives.current
    const size = life === null ? null : await foldLog(this.#ports.records, life)
    this.#foldPatience = size === null ? this.#foldPatience * 2 : 1
    this.#size = size ?? this.#size
    return size !== null
  }

  /** Below, a document may have another name. */
  #named(problem: StoreProblem): StoreProblem {
    return problem.kind === 'cleared' ? clearedProblem(this.#ports.name) : problem
  }
}
