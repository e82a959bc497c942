/* Folding integrates content in a `Y.Doc`; only the worker thread may import this. */
import { applyUpdate, diffUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { readUpdate, type IdSet, type StateVector, type Update } from '@quire/shared'
import type { ContentSource, Folded } from '../ports/content.ts'
import { readable } from './merge.ts'

/** Integrates everything and encodes it as one update, deleted content collected. Throws on broken input. */
export const fold = (source: ContentSource): Folded => {
  const { snapshot, tail } = readable(source)
  if (snapshot !== source.snapshot || tail.length !== source.tail.length)
    throw new Error('a stored update is damaged') // folding it away would lose what may yet be repaired
  const doc = new Doc()
  doc.transact(() => {
    if (snapshot !== null) applyUpdate(doc, snapshot)
    for (const update of tail) applyUpdate(doc, update)
  })
  const contents = readUpdate(encodeStateAsUpdate(doc))
  doc.destroy()
  if (!contents.ok) throw new Error(`folded content does not read: ${contents.error.message}`)
  const { update, structs, deletes } = contents.value
  // from the bytes, not from the document: structs that still wait for others are held, too
  const stateVector = structs.toStateVector()
  const waiting = hasGap(structs) ? beyond(update, stateVector) : null
  return { bytes: update, stateVector, deleteSet: deletes.toDeleteSet(), waiting }
}

const hasGap = (structs: IdSet): boolean => {
  for (const { start } of structs.ranges()) if (start !== 0) return true
  return false
}

const beyond = (update: Update, stateVector: StateVector): Update =>
  diffUpdate(update, stateVector) as Update // a part of an update
