/* A Y.Doc as a provider sees it: what is changed here, and what comes from elsewhere, which are told apart. */
import type { StateVector, Update } from '@quire/shared'
import {
  applyUpdate,
  encodeStateAsUpdate,
  encodeStateVector,
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
    const problem = this.#integrate([update], 'server')
    const { pendingStructs, pendingDs } = this.#doc.store
    // what waits for something else is in no change yet
    if (problem === null && (pendingStructs !== null || pendingDs !== null))
      this.#listener.changedThere(update)
    return problem
  }

  /** Applies what this device keeps, as one change. Returns why some of it is not possible; null if all is. */
  load(updates: readonly Update[]): string | null {
    return this.#integrate(updates, 'device')
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

  /** What Yjs cannot integrate it throws on at once; those who watch the document are called at the end, and may throw, too. */
  #integrate(updates: readonly Update[], source: 'server' | 'device'): string | null {
    this.#source = source
    let problem: string | null = null
    const all = (): void => {
      for (const update of updates)
        try {
          applyUpdate(this.#doc, update, this.#origin)
        } catch (error) {
          problem = error instanceof Error ? error.message : String(error)
        }
    }
    try {
      transact(this.#doc, all, this.#origin, false)
    } catch (error) {
      this.#listener.threw(error)
    }
    return problem
  }
}
