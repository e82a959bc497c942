/*
 * A device that keeps documents in memory, for several tabs: what is given is written when a test says so, or lost
 * with its tab.
 */
import { ok, type Result, type Update } from '@quire/shared'
import type {
  Kept,
  KeptDocument,
  KeptListener,
  OfflineStore,
  Position,
  StoreProblem,
  Unsaved,
} from '../offline/store.ts'

interface Stored {
  updates: Update[]
  unsaved: (Unsaved & { readonly owner: TestTab })[]
  position: Position | null
}

const NOTHING = (): Stored => ({ updates: [], unsaved: [], position: null })

/** A device. */
export class TestDevice {
  readonly stored = new Map<string, Stored>()
  readonly openers = new Set<TestTab>()
  #problem: StoreProblem | null = null

  /** What tabs use. */
  readonly store = this.storeOf(() => undefined)

  /** What a tab uses, which is told whenever it opens a document. */
  storeOf(onOpened: (tab: TestTab) => void): OfflineStore {
    return {
      open: async (document, listener) => {
        if (this.#problem !== null) return { ok: false, error: this.#problem }
        const tab = new TestTab(this, document, listener)
        onOpened(tab)
        return ok(tab)
      },
      documents: async () => ok([...this.stored.keys()]),
      close: async () => undefined,
    }
  }

  /** How the next documents open: null as they should. */
  fail(problem: StoreProblem | null): void {
    this.#problem = problem
  }

  of(document: string): Stored {
    const stored = this.stored.get(document) ?? NOTHING()
    this.stored.set(document, stored)
    return stored
  }

  /** Writes all that was given. */
  write(): void {
    for (const tab of this.openers) tab.write()
  }

  /** A tab dies with what it has not written. */
  crash(tab: TestTab): void {
    tab.given = []
    this.leave(tab)
  }

  /** Everything is forgotten, by the user or by one of the tabs, which goes on. */
  forget(by: TestTab | null = null): void {
    this.stored.clear()
    for (const tab of this.openers) tab.clearedBy(by)
  }

  leave(tab: TestTab): void {
    if (!this.openers.delete(tab)) return
    const { unsaved = [] } = this.stored.get(tab.document) ?? {}
    const heir = [...this.openers].find(({ document }) => document === tab.document)
    if (heir === undefined) return
    const left = unsaved.filter(({ owner }) => owner === tab)
    const rest = unsaved.filter(({ owner }) => owner !== tab)
    const inherited = left.map((one) => heir.adopted(one))
    this.of(tab.document).unsaved = [...rest, ...inherited]
    if (left.length > 0) heir.listener.inherited(inherited)
  }
}

/** A document that is open in a tab. */
export class TestTab implements KeptDocument {
  readonly kept: Kept
  readonly document: string
  readonly listener: KeptListener
  given: ((stored: Stored) => Update | null)[] = []
  #isCleared = false
  /** Of what is not written. */
  readonly #keys: number[] = []
  /** Keys name a change to one opener alone. */
  #key = 0
  readonly #device: TestDevice

  constructor(device: TestDevice, document: string, listener: KeptListener) {
    this.#device = device
    this.document = document
    this.listener = listener
    const stored = device.of(document)
    const alive = (owner: TestTab): boolean => device.openers.has(owner)
    stored.unsaved = stored.unsaved.map((one) => (alive(one.owner) ? one : this.adopted(one)))
    device.openers.add(this)
    this.kept = {
      updates: [...stored.updates],
      unsaved: stored.unsaved.filter(({ owner }) => owner === this),
      position: stored.position,
    }
  }

  /** It is this one's from now on. */
  adopted<T extends Unsaved>(one: T): T & { readonly owner: TestTab } {
    return { ...one, key: ++this.#key, owner: this }
  }

  changedHere(update: Update): number {
    const key = ++this.#key
    this.#keys.push(key)
    this.given.push((stored) => {
      stored.updates.push(update)
      stored.unsaved.push({ key, update, at: 0, owner: this })
      return update
    })
    return key
  }

  changedThere(update: Update): void {
    this.given.push((stored) => {
      stored.updates.push(update)
      return update
    })
  }

  saved(keys: readonly number[]): void {
    this.given.push((stored) => {
      stored.unsaved = stored.unsaved.filter(
        ({ key, owner }) => owner !== this || !keys.includes(key),
      )
      return null
    })
  }

  moved(position: Position): void {
    for (const other of this.#device.openers)
      if (other !== this && other.document === this.document) other.listener.belongs(position.epoch)
    this.given.push((stored) => {
      const { epoch, seq } = stored.position ?? { epoch: -1, seq: -1 }
      if (position.epoch !== epoch || position.seq > seq) stored.position = position
      return null
    })
  }

  /** Writes what was given, and tells the others. */
  write(): void {
    const given = this.given.splice(0)
    if (this.#isCleared) return
    const last = this.#keys.splice(0).at(-1)
    if (last !== undefined) this.listener.kept(last)
    for (const give of given) {
      const update = give(this.#device.of(this.document))
      if (update === null) continue
      for (const other of this.#device.openers)
        if (other !== this && other.document === this.document) other.listener.changed(update)
    }
  }

  async flush(): Promise<Result<void, StoreProblem>> {
    this.write()
    return ok(undefined)
  }

  async clear(): Promise<Result<void, StoreProblem>> {
    this.#device.forget(this)
    return ok(undefined)
  }

  clearedBy(tab: TestTab | null): void {
    this.given = []
    if (tab === this || this.#isCleared) return
    this.#isCleared = true
    void this.#tellCleared()
  }

  /** Nothing is told before whoever has opened it has it. */
  async #tellCleared(): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve()
    if (this.#device.openers.has(this))
      this.listener.problem({ kind: 'cleared', message: 'another tab has forgotten it' })
  }

  async close(): Promise<void> {
    this.write()
    this.#device.leave(this)
  }
}
