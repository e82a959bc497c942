/*
 * A document of the test server:
 *
 *   log   1 2 3 4 | 5 6        committed | relayed, and lost with a crash
 */
import {
  EMPTY_UPDATE,
  IdSet,
  readUpdate,
  type KnownPresence,
  type StateVector,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import { applyUpdate, diffUpdate, Doc, mergeUpdates } from 'yjs'
import type { TestSession } from './test-session.ts'

/** Applies an update; false if it brings nothing. */
export const isNews = (doc: Doc, update: Uint8Array): boolean => {
  let isNew = false
  const notice = (): void => void (isNew = true)
  doc.on('update', notice)
  applyUpdate(doc, update)
  doc.off('update', notice)
  return isNew || doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** What a server holds of a document. */
export class TestDocument {
  epoch: number
  log: Update[] = []
  committed = 0
  /** Positions below it are too old. */
  oldest = 0
  readonly sessions = new Set<TestSession>()
  /** The clocks of those who have gone. */
  readonly gone = new Map<number, number>()
  #structs = new IdSet()
  #deletes = new IdSet()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Whether an update would bring anything. */
  lacks({ structs, deletes }: UpdateContents): boolean {
    return !this.#structs.hasAll(structs) || !this.#deletes.hasAll(deletes)
  }

  /** Takes an update in; true if it waits for what is not there. */
  accept({ update, structs, deletes, needs }: UpdateContents): boolean {
    this.log.push(update.slice() as Update) // it is a view into its message
    this.#structs.addAll(structs)
    this.#deletes.addAll(deletes)
    const isBeyond = [...structs.ranges()].some(
      ({ client, end }) => this.#structs.contiguous(client) < end,
    )
    return isBeyond || [...needs].some(([id, clock]) => this.#structs.contiguous(id) < clock)
  }

  stateVector(): StateVector {
    return this.#structs.toStateVector()
  }

  /** What somebody lacks who has this. */
  beyond(stateVector: StateVector): Update {
    return diffUpdate(this.since(0), stateVector) as Update // Yjs wrote it
  }

  /** The log from here on. */
  since(at: number): Update {
    const missed = this.log.slice(at)
    return missed.length === 0 ? EMPTY_UPDATE : (mergeUpdates(missed) as Update) // Yjs wrote it
  }

  /** What survives a crash. */
  durable(): Doc {
    const doc = new Doc()
    for (const update of this.log.slice(0, this.committed)) applyUpdate(doc, update)
    return doc
  }

  crash(): void {
    this.#forget(this.log.slice(0, this.committed))
  }

  /** Another one takes the name. */
  replace(): void {
    this.epoch++
    this.committed = this.oldest = 0
    this.#forget([])
  }

  /** Who is here. */
  everyone(): readonly KnownPresence[] {
    return [...this.sessions].flatMap(({ presence }) => Array.from(presence.values()))
  }

  #forget(kept: readonly Update[]): void {
    this.sessions.clear()
    this.gone.clear()
    this.log = []
    this.#structs = new IdSet()
    this.#deletes = new IdSet()
    for (const update of kept) {
      const contents = readUpdate(update)
      if (contents.ok) this.accept(contents.value)
    }
  }
}
