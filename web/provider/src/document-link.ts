/* A Y.Doc as a provider sees it: what is changed here, and what comes from elsewhere, which are told apart. */
import type { StateVector, Update } from '@quire/shared'
import {
  applyUpdate,
  encodeStateAsUpdate,
  encodeStateVector,
  getState,
  parseUpdateMeta,
  transact,
  type Doc,
  type Transaction,
} from 'yjs'

/** Whom a link tells. */
export interface DocumentListener {
  /** The document was changed here. */
  changedHere(update: Update): void
  /** The document was changed by the server: this is what was new. */
  changedThere(update: Update): void
  /** Somebody who watches the document threw this. */
  threw(error: unknown): void
}

/** An update of no structs and no deletes: two zeros. */
const EMPTY_BYTES = 2

/** A document, and who hears of its changes. */
export class DocumentLink {
  readonly #doc: Doc
  readonly #origin: unknown
  readonly #listener: DocumentListener
  #source: 'server' | 'device' = 'server'

  /** `origin` is that of the transactions which bring what comes from elsewhere. */
  constructor(doc: Doc, origin: unknown, listener: DocumentListener) {
    this.#doc = doc
    this.#origin = origin
    this.#listener = listener
    doc.on('update', this.#changed)
  }

  /** Applies what the server says. Returns why that is not possible; null if it is. */
  apply(update: Update): string | null {
    this.#source = 'server'
    const problem = this.#guarded(() => applyUpdate(this.#doc, update, this.#origin), update)
    const { pendingStructs, pendingDs } = this.#doc.store
    // what waits for something else is in no change yet
    if (problem === null && (pendingStructs !== null || pendingDs !== null))
      this.#listener.changedThere(update)
    return problem
  }

  /** Applies what this device keeps, as one change. Returns why some of it is not possible; null if all is. */
  load(updates: readonly Update[]): string | null {
    this.#source = 'device'
    let problem: string | null = null
    const all = (): void => {
      for (const update of updates)
        problem =
          this.#guarded(() => applyUpdate(this.#doc, update, this.#origin), update) ?? problem
    }
    return this.#guarded(() => transact(this.#doc, all, this.#origin, false), null) ?? problem
  }

  /** All of it; null if there is nothing. The state vector of an empty one is not enough: deletes are content, too. */
  content(): Update | null {
    const update = encodeStateAsUpdate(this.#doc) as Update // Yjs wrote it
    return update.length > EMPTY_BYTES ? update : null
  }

  /** What it has. */
  stateVector(): StateVector {
    return encodeStateVector(this.#doc) as StateVector // Yjs wrote it
  }

  /** What it has beyond this, and all its deletes. */
  beyond(stateVector: StateVector): Update {
    return encodeStateAsUpdate(this.#doc, stateVector) as Update // Yjs wrote it
  }

  /** Lets go of the document. */
  end(): void {
    this.#doc.off('update', this.#changed)
  }

  readonly #changed = (
    update: Uint8Array,
    origin: unknown,
    _: Doc,
    { local }: Transaction,
  ): void => {
    const bytes = update as Update // Yjs wrote it
    if (origin !== this.#origin || local) this.#listener.changedHere(bytes)
    else if (this.#source === 'server') this.#listener.changedThere(bytes)
  }

  /** Yjs throws on what it cannot integrate, and passes on what those throw who watch the document. */
  #guarded(task: () => void, update: Update | null): string | null {
    try {
      task()
      return null
    } catch (error) {
      if (update === null || isIn(this.#doc, update)) {
        this.#listener.threw(error)
        return null
      }
      return error instanceof Error ? error.message : String(error)
    }
  }
}

/** True if the document has every struct of the update. */
const isIn = (doc: Doc, update: Update): boolean => {
  try {
    const { to } = parseUpdateMeta(update)
    return [...to].every(([client, clock]) => getState(doc.store, client) >= clock)
  } catch {
    return false
  }
}
