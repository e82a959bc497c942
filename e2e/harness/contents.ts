/*
 * What a document holds, as Yjs sees it.
 */
import { applyUpdate, Doc, encodeStateAsUpdate, snapshot, equalSnapshots } from 'yjs'

/** Whoever holds a document. */
interface Holder {
  readonly doc: Doc
}

/** How many of these updates bring something that the document does not hold. */
export const missingFrom = (doc: Doc, updates: readonly Uint8Array[]): number => {
  const copy = new Doc()
  applyUpdate(copy, encodeStateAsUpdate(doc))
  let missing = 0
  copy.on('update', () => missing++)
  for (const update of updates) applyUpdate(copy, update)
  copy.destroy()
  return missing
}

/** True if both hold the same insertions and deletions, and nothing waits for what is missing. */
export const haveConverged = (a: Holder, b: Holder): boolean =>
  isWhole(a.doc) && isWhole(b.doc) && equalSnapshots(snapshot(a.doc), snapshot(b.doc))

const isWhole = (doc: Doc): boolean =>
  doc.store.pendingStructs === null && doc.store.pendingDs === null
