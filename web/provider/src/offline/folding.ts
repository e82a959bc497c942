/*
 * Folding: one update in the place of many, so that a log is no longer than what it says.
 *
 * Through a Y.Doc, for then the content of what was deleted goes. Of the 260,000 edits of one document it
 * leaves 205 KB, which load in 7 ms; merged without a document they are 3.4 MB, which take half a second.
 * Measured on that document (Node 24), the last edits each an update of their own:
 *
 *   tail of         1,000   2,000   5,000   10,000   30,000 updates
 *   load all         6.8     8.4      13      21       287 ms
 *   fold all         8.2      10      15      22       149 ms
 *
 * So a fold per thousand updates costs less than a frame of the display, and larger documents are folded less
 * often: the time that it takes grows with the document.
 */
import { applyUpdate, Doc, encodeStateAsUpdate, mergeUpdates } from 'yjs'
import type { Update } from '@quire/shared'
import type { LogSize } from './records.ts'

const MIN_TAIL_UPDATES = 1_000
/** Beyond this many the time to load them is no longer linear. */
const MAX_TAIL_UPDATES = 10_000
const MIN_TAIL_BYTES = 128 * 1024
/** Positions alone can fill a file; and one large update may be garbage for the most part. */
const MIN_IDLE_BYTES = 1024 * 1024
const FOLDED_BYTES_PER_UPDATE = 200

/** `mergeUpdates` is quadratic. */
const MERGED_AT_ONCE = 100

/** Whether a log is due to be folded; `patience` of 2 waits for twice as much. */
export const isFoldDue = (size: LogSize, patience: number): boolean => {
  const { foldedBytes, tailUpdates, tailBytes } = size
  if (tailUpdates < 2) return tailBytes >= Math.max(MIN_IDLE_BYTES, 4 * foldedBytes) * patience
  const updates = Math.min(
    MAX_TAIL_UPDATES,
    Math.max(MIN_TAIL_UPDATES, foldedBytes / FOLDED_BYTES_PER_UPDATE),
  )
  const bytes = Math.max(MIN_TAIL_BYTES, foldedBytes)
  return tailUpdates >= updates * patience || tailBytes >= bytes * patience
}

/**
 * One update that says what all of these say; those that wait for others are inside. Where Yjs does not take
 * them into a document they are only merged; null if that fails as well.
 */
export const foldUpdates = (updates: readonly Update[]): Update | null => {
  const doc = new Doc()
  try {
    doc.transact(() => {
      for (const update of updates) applyUpdate(doc, update)
    })
    return encodeStateAsUpdate(doc) as Update // Yjs' own encoding
  } catch {
    return mergeAll(updates) // PROTOCOL.md §3: what only integrating shows
  } finally {
    doc.destroy()
  }
}

const mergeAll = (updates: readonly Update[]): Update | null => {
  let merged: readonly Uint8Array[] = updates
  try {
    while (merged.length > 1) {
      const groups: Uint8Array[] = []
      for (let i = 0; i < merged.length; i += MERGED_AT_ONCE)
        groups.push(mergeUpdates(merged.slice(i, i + MERGED_AT_ONCE)))
      merged = groups
    }
  } catch {
    return null
  }
  return (merged[0] as Update | undefined) ?? null // updates, merged
}
