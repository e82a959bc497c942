/*
 * What this device keeps of a document. Nothing of it throws, and without it the document works on.
 *
 *     closed ──open──▶ opening ──▶ open ──cleared──▶ closed, until the server has said what the document is
 *        ▲                │
 *        └── in a while ──┘ where that may pass
 */
import type { Result, Update } from '@quire/shared'
import { decodeUpdate } from 'yjs'
import { pauseMs } from './connection/pause.ts'
import { pendingOf, type Pending } from './connection/pending.ts'
import type { Environment } from './environment.ts'
import {
  unheard,
  type KeptDocument,
  type KeptListener,
  type OfflineStore,
  type Position,
  type StoreProblem,
  type Unsaved,
} from './offline/store.ts'

/** Whom a device tells. */
export interface DeviceListener extends KeptListener {
  /** It is open; what comes of it is to be taken in, and what is here given, at once. */
  opened(document: KeptDocument): void
}

/** What a device is opened with. */
export interface DeviceOptions {
  readonly store: OfflineStore
  readonly document: string
  readonly listener: DeviceListener
  readonly environment: Environment
}

/** How long a store may take to open before the document goes on without it, milliseconds; it may come later. */
const OPEN_MS = 10_000

/** What may pass by itself. */
const PASSES: ReadonlySet<StoreProblem['kind']> = new Set(['quota', 'unavailable', 'io'])

/** A document on this device. */
export class DeviceLink {
  readonly #options: DeviceOptions
  #kept: KeptDocument | null = null
  #opening: Promise<Result<void, StoreProblem>> | null = null
  #failures = 0
  #undoTimer: () => void = () => undefined
  #isOver = false
  /** Nothing is given any more: it is being forgotten. */
  #isForgetting = false
  /** Nothing of what was given is on it any more. */
  #isCleared = false
  /** How many changes each update is that was given and is not kept yet, by its key. */
  readonly #unkept = new Map<number, number>()

  constructor(options: DeviceOptions) {
    this.#options = options
    void this.open()
  }

  /** Opens it, unless it is open; why that fails, the problem says. */
  open(): Promise<Result<void, StoreProblem>> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** How many changes made here are not on this device, of those that were given; null where none is kept. */
  get unkept(): number | null {
    if (this.#kept === null || this.#isCleared) return null
    return [...this.#unkept.values()].reduce((sum, changes) => sum + changes, 0)
  }

  /** Keeps changes made here, under what it returns; null where they are not kept now. */
  changedHere(update: Update, changes = 1): number | null {
    if (this.#isForgetting) return null
    const key = this.#kept?.changedHere(update) ?? null
    if (key !== null) this.#unkept.set(key, changes)
    return key
  }

  changedThere(update: Update): void {
    if (!this.#isForgetting) this.#kept?.changedThere(update)
  }

  saved(keys: readonly number[]): void {
    this.#kept?.saved(keys)
  }

  moved(position: Position): void {
    if (!this.#isForgetting) this.#kept?.moved(position)
  }

  /** Forgets all of it. */
  async clear(): Promise<Result<void, StoreProblem>> {
    await this.#opening
    this.#isForgetting = true // what is changed from now on must not begin it anew
    const cleared = await (this.#kept === null ? this.#clearClosed() : this.#kept.clear())
    if (cleared.ok) this.#unkept.clear()
    else {
      this.#isForgetting = false
      this.reopen()
    }
    return cleared
  }

  /** Lets go of what is open, for good. */
  letGo(): void {
    void this.#kept?.close()
    this.#kept = null
    this.#isCleared = false
    this.#unkept.clear()
  }

  /** Opens anew what is open. */
  reopen(): void {
    if (this.#kept === null) return
    this.letGo()
    this.#opening = null
    void this.open()
  }

  close(): void {
    this.#isOver = true
    this.#undoTimer()
    this.letGo()
  }

  /** Forgets what is not open, or open no more. */
  async #clearClosed(): Promise<Result<void, StoreProblem>> {
    const opened = await this.#attempt(unheard)
    if (!opened.ok) return opened
    const cleared = await opened.value.clear()
    void opened.value.close()
    return cleared
  }

  async #open(): Promise<Result<void, StoreProblem>> {
    const { listener, document, environment } = this.#options
    this.#undoTimer()
    const undoLate = environment.after(OPEN_MS, () => {
      const message = `what this device keeps of ${document} cannot be read within ${OPEN_MS} ms`
      listener.problem({ kind: 'io', message })
    })
    const opened = await this.#attempt(this.#listener())
    undoLate()
    if (!opened.ok) {
      this.#opening = null
      if (PASSES.has(opened.error.kind)) this.#retryLater()
      listener.problem(opened.error)
      return opened
    }
    this.#failures = 0
    this.#kept = opened.value
    listener.opened(opened.value)
    if (this.#isOver) this.letGo()
    return { ok: true, value: undefined }
  }

  #listener(): KeptListener {
    const { listener } = this.#options
    const kept = (key: number): void => {
      for (const one of this.#unkept.keys()) if (one <= key) this.#unkept.delete(one)
      listener.kept(key)
    }
    return {
      belongs: (epoch) => listener.belongs(epoch),
      changed: (update) => listener.changed(update),
      inherited: (unsaved) => listener.inherited(unsaved),
      problem: (problem) => {
        if (problem?.kind === 'cleared') this.#isCleared = true
        listener.problem(problem)
      },
      kept,
    }
  }

  async #attempt(listener: KeptListener): Promise<Result<KeptDocument, StoreProblem>> {
    const { store, document } = this.#options
    try {
      return await store.open(document, listener)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, error: { kind: 'io', message: `the store threw: ${message}` } }
    }
  }

  #retryLater(): void {
    if (this.#isOver) return
    const { after, random } = this.#options.environment
    this.#undoTimer = after(pauseMs(this.#failures++, random()), () => void this.open())
  }
}

/** Those that read; a device may have lost half of one. */
export const pendingOfAll = (unsaved: readonly Unsaved[]): readonly Pending[] =>
  unsaved.filter(reads).map(({ update, at, key }) => pendingOf(update, at, key))

const reads = ({ update }: Unsaved): boolean => {
  try {
    decodeUpdate(update)
    return true
  } catch {
    return false
  }
}
