/*
 * Folding integrates content in a `Y.Doc`; only the worker thread may import this. What it throws on,
 * and what PROTOCOL.md §3 says of it, is found and left out by search.ts.
 */
import { applyUpdate, diffUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { indexOfUpdate, readUpdate, type IdSet, type StateVector, type Update } from '@quire/shared'
import type { ContentSource } from '../ports/content.ts'
import type { Encoded } from './search.ts'

/** How to fold. */
export interface FoldOptions {
  /** Whether the content of what was deleted goes; its ids stay either way. */
  readonly collectGarbage: boolean
  /**
   * `one`: fast. `each`: an update's transaction ends before the next begins, so that whatever never
   * comes to its end does so while `onStep` last told of the update at fault.
   */
  readonly transactions: 'one' | 'each'
  /** Called with the index of what comes next: -1 the snapshot, their count after the last update. */
  readonly onStep: (index: number) => void
  /** True once no further update is to be begun. */
  readonly isLate: () => boolean
}

const PLAIN: FoldOptions = {
  collectGarbage: true,
  transactions: 'one',
  onStep: () => undefined,
  isLate: () => false,
}

/**
 * Integrates everything and encodes it as one update. Where time runs out it covers the updates done
 * so far. Throws on what Yjs throws on.
 */
export const fold = ({ snapshot, tail }: ContentSource, options = PLAIN): Encoded => {
  const { collectGarbage, transactions, onStep, isLate } = options
  const doc = new Doc({ gc: collectGarbage })
  let updates = 0
  const integrate = (): void => {
    onStep(-1)
    if (snapshot !== null) applyUpdate(doc, snapshot)
    for (const update of tail) {
      if (isLate()) break
      onStep(updates)
      applyUpdate(doc, update)
      updates++
    }
    // before the transaction ends: what follows from all of them is the fault of none
    if (updates === tail.length) onStep(updates)
  }
  if (transactions === 'one') doc.transact(integrate)
  else integrate()
  onStep(tail.length)
  const encoded = encode(doc)
  doc.destroy()
  return { updates, ...encoded }
}

const encode = (doc: Doc): Omit<Encoded, 'updates'> => {
  const contents = readUpdate(encodeStateAsUpdate(doc))
  if (!contents.ok) throw new Error(`folded content does not read: ${contents.error.message}`)
  const { update, structs, deletes } = contents.value
  // from the bytes, not from the document: structs that still wait for others are held, too
  const stateVector = structs.toStateVector()
  const waiting = hasGap(structs) ? beyond(update, stateVector) : null
  const deleteSet = deletes.toDeleteSet()
  return { bytes: update, stateVector, deleteSet, index: indexOfUpdate(update), waiting }
}

const hasGap = (structs: IdSet): boolean => {
  for (const { start } of structs.ranges()) if (start !== 0) return true
  return false
}

const beyond = (update: Update, stateVector: StateVector): Update =>
  diffUpdate(update, stateVector) as Update // a part of an update
