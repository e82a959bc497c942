/*
 * The document that pages of operations follow, where it is made: in a thread of its own, as no `Y.Doc` lives in the
 * serving path. Its form, and why it does not grow, stands in shared (operations.ts).
 */
import { OPERATIONS_FEED, type OperationsEntry } from '@quire/shared'
import * as Y from 'yjs'

/** What becomes of the entries. */
export interface EntryChange {
  /** At the end, in the place of those with the same keys. */
  readonly put: readonly OperationsEntry[]
  readonly drop: readonly string[]
}

/** The document and its one writer. */
export class LiveDocument {
  readonly #doc = new Y.Doc()
  readonly #feed: Y.Array<OperationsEntry>
  /** The keys of the entries, in their order. */
  #keys: string[] = []

  /**
   * Goes on from what is stored, which has to be all that was ever written under this client id: what was not is
   * written under its clocks again.
   */
  constructor(clientId: number, stored: readonly Uint8Array[]) {
    for (const update of stored) Y.applyUpdate(this.#doc, update)
    this.#doc.clientID = clientId // behind that: Yjs takes another one when it hears of its own
    this.#feed = this.#doc.getArray(OPERATIONS_FEED)
  }

  /** Puts these in the place of all that is there; returns the update. */
  begin(entries: readonly OperationsEntry[]): Uint8Array {
    return this.#updateOf(() => {
      this.#feed.delete(0, this.#feed.length)
      this.#keys = []
      this.#push(entries)
    })
  }

  /** Changes entries; returns the update. */
  change({ put, drop }: EntryChange): Uint8Array {
    return this.#updateOf(() => {
      for (const key of [...drop, ...put.map(([own]) => own)]) this.#remove(key)
      this.#push(put)
    })
  }

  #push(entries: readonly OperationsEntry[]): void {
    this.#feed.push([...entries])
    this.#keys.push(...entries.map(([key]) => key))
  }

  #remove(key: string): void {
    const index = this.#keys.indexOf(key)
    if (index === -1) return
    this.#keys.splice(index, 1)
    this.#feed.delete(index, 1)
  }

  #updateOf(change: () => void): Uint8Array {
    const updates: Uint8Array[] = []
    const keep = (update: Uint8Array): void => void updates.push(update)
    this.#doc.on('update', keep)
    this.#doc.transact(change)
    this.#doc.off('update', keep)
    return Y.mergeUpdates(updates) // of one transaction one, or none
  }
}
