/*
 * Work on updates that needs no document. `Y.mergeUpdates` is quadratic in the number of updates
 * (10,000 at once take seconds), so they are merged in groups.
 */
import { diffUpdate, mergeUpdates } from 'yjs'
import {
  bytesEqual,
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  readUpdate,
  type StateVector,
  type Update,
} from '@quire/shared'
import type { Answer, ContentSource } from '../ports/content.ts'

const GROUP = 100

/** One update with everything that the given ones hold; theirs need no order. */
export const merge = (updates: readonly Update[]): Update => {
  let level = updates
  while (level.length > 1) {
    const next: Update[] = []
    for (let i = 0; i < level.length; i += GROUP)
      next.push(mergeUpdates(level.slice(i, i + GROUP)) as Update) // a merge of updates is one
    level = next
  }
  return level[0] ?? EMPTY_UPDATE
}

/** True if a client with this state vector knows nothing. */
export const isEmptyStateVector = (stateVector: StateVector): boolean =>
  bytesEqual(stateVector, EMPTY_STATE_VECTOR)

/** The source without what does not read as an update: one damaged row must not take the rest away. */
export const readable = ({ snapshot, tail }: ContentSource): ContentSource => ({
  snapshot: snapshot !== null && readUpdate(snapshot).ok ? snapshot : null,
  tail: tail.filter((update) => readUpdate(update).ok),
})

/** What a client with this state vector lacks. An empty client gets the snapshot's bytes as they are. */
export const answerTo = (source: ContentSource, stateVector: StateVector): Answer => {
  try {
    return answerFrom(source, stateVector)
  } catch {
    return answerFrom(readable(source), stateVector) // again, at the price of a check of every row
  }
}

const answerFrom = (source: ContentSource, stateVector: StateVector): Answer => {
  if (isEmptyStateVector(stateVector)) {
    const first = source.snapshot === null ? [] : [source.snapshot]
    return { first, last: merge(source.tail) }
  }
  const all = source.snapshot === null ? source.tail : [source.snapshot, ...source.tail]
  return { first: [], last: diffUpdate(merge(all), stateVector) as Update } // a part of an update
}
