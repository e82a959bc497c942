/* What this device keeps of a document. Nothing of it throws, and without it the document works on. */
import type { Result, Update } from '@quire/shared'
import { parseUpdateMeta } from 'yjs'
import { pendingOf, type Pending } from './connection/pending.ts'
import type {
  KeptDocument,
  KeptListener,
  OfflineStore,
  Position,
  StoreProblem,
  Unsaved,
} from './offline/store.ts'

/** What was found, and what was changed here meanwhile. */
export interface Found {
  /** To be applied, in order. */
  readonly updates: readonly Update[]
  /** Of what it is; null while it is nobody's. */
  readonly epoch: number | null
  readonly unsaved: readonly Pending[]
  /** What was changed before it was found is kept under these. */
  readonly keys: readonly number[]
}

const NOTHING: Found = { updates: [], epoch: null, unsaved: [], keys: [] }

/** A document on this device. */
export class DeviceLink {
  readonly #opened: Promise<Result<KeptDocument, StoreProblem>>
  #kept: KeptDocument | null = null
  /** What is changed before it is known what is kept; null from then on. */
  #early: Update[] | null = []
  #isOver = false

  constructor(store: OfflineStore, document: string, listener: KeptListener) {
    this.#opened = opened(store, document, listener)
  }

  /** What is kept, once it is read; why it is not, the problem says. */
  async find(onProblem: (problem: StoreProblem) => void): Promise<Found> {
    const opening = await this.#opened
    const early = this.#early ?? []
    this.#early = null
    if (!opening.ok) {
      onProblem(opening.error)
      return NOTHING
    }
    const document = opening.value
    const keys = early.map((update) => document.changedHere(update))
    if (this.#isOver) void document.close()
    else this.#kept = document
    const { updates, unsaved, position } = document.kept
    return { updates, unsaved: pendingOfAll(unsaved), epoch: position?.epoch ?? null, keys }
  }

  /** Keeps a change made here, under what it returns; null where it is not kept yet, or not at all. */
  changedHere(update: Update): number | null {
    this.#early?.push(update)
    return this.#kept?.changedHere(update) ?? null
  }

  changedThere(update: Update): void {
    this.#kept?.changedThere(update)
  }

  saved(keys: readonly number[]): void {
    this.#kept?.saved(keys)
  }

  moved(position: Position): void {
    this.#kept?.moved(position)
  }

  /** Forgets all of it. */
  async clear(): Promise<Result<void, StoreProblem>> {
    const opening = await this.#opened
    return opening.ok ? opening.value.clear() : opening
  }

  close(): void {
    this.#isOver = true
    void this.#kept?.close()
    this.#kept = null
  }
}

/** Those that read; a device may have lost half of one. */
export const pendingOfAll = (unsaved: readonly Unsaved[]): readonly Pending[] =>
  unsaved.filter(reads).map(({ update, at, key }) => pendingOf(update, at, key))

const reads = ({ update }: Unsaved): boolean => {
  try {
    parseUpdateMeta(update)
    return true
  } catch {
    return false
  }
}

const opened = async (
  store: OfflineStore,
  document: string,
  listener: KeptListener,
): Promise<Result<KeptDocument, StoreProblem>> => {
  try {
    return await store.open(document, listener)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, error: { kind: 'io', message: `the store threw: ${message}` } }
  }
}
