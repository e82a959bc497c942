/*
 * Work on updates that needs no document. `Y.mergeUpdates` is quadratic in the number of updates
 * (10,000 at once take seconds), so they are merged in groups.
 */
import { diffUpdate, mergeUpdates } from 'yjs'
import {
  bytesEqual,
  cutUpdate,
  decodeStateVector,
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  IdSet,
  readUpdate,
  type ClientId,
  type StateVector,
  updateBeyond,
  updateOfDeletes,
  type Update,
} from '@quire/shared'
import type { Answer, ContentSource, NearSource } from '../ports/content.ts'

const GROUP = 100

/**
 * Larger updates are cut: a client takes only whole messages for life, and on a line of 1 Mbit/s this
 * takes 8 s of the 30 that it waits. y-sweet's waits 3 to 5 s from its first echo on, which is therefore
 * said behind its first answer (PROTOCOL.md P17). Smaller pieces would cost a client's Yjs more (DESIGN.md).
 */
export const PIECE_BYTES = 1024 * 1024

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
    return cut(answerFrom(source, stateVector))
  } catch {
    return cut(answerFrom(readable(source), stateVector)) // again, at the price of a check of every row
  }
}

const answerFrom = ({ snapshot, tail }: ContentSource, stateVector: StateVector): Answer => {
  if (isEmptyStateVector(stateVector))
    return { first: snapshot === null ? [] : [snapshot], last: merge(tail) }
  const near = nearFrom({ structs: null, deleteSet: null, tail }, stateVector)
  if (snapshot === null) return near
  return { ...near, first: [updateBeyond(snapshot, clocksOf(stateVector)), ...near.first] }
}

/** The same answer in pieces of about `PIECE_BYTES`. */
const cut = ({ first, last }: Answer): Answer => {
  const pieces = [...first, last].flatMap((update) => cutUpdate(update, PIECE_BYTES))
  return { first: pieces.slice(0, -1), last: pieces.at(-1) ?? EMPTY_UPDATE }
}

/**
 * What a client lacks of which is known what it lacks of the snapshot's structs: these, structs of the
 * tail, and maybe deletes of either, of which a state vector does not tell.
 */
export const nearAnswer = (source: NearSource, stateVector: StateVector): Answer =>
  cut(nearFrom(source, stateVector))

const nearFrom = (
  { structs: front, deleteSet, tail }: NearSource,
  stateVector: StateVector,
): Answer => {
  const clocks = clocksOf(stateVector)
  const deletes = new IdSet() // of the tail
  const lacking: Update[] = []
  for (const update of tail) {
    const contents = readUpdate(update)
    if (!contents.ok) continue // one damaged row must not take the rest away
    deletes.addAll(contents.value.deletes)
    if (hasBeyond(contents.value.structs, clocks)) lacking.push(update)
  }
  const deleted = deletes.isEmpty ? [] : [updateOfDeletes(deletes.toDeleteSet())]
  const structs = lacking.length === 0 ? [] : [diffUpdate(merge(lacking), stateVector) as Update] // a part
  // the snapshot's deletes go out as they are stored: to read and write thousands takes milliseconds
  const stored = deleteSet === null ? EMPTY_UPDATE : updateOfDeletes(deleteSet)
  const fronts = [front ?? EMPTY_UPDATE, stored].filter((one) => !bytesEqual(one, EMPTY_UPDATE))
  const [last = EMPTY_UPDATE, ...first] = [...fronts, ...deleted, ...structs].toReversed()
  return { first: first.toReversed(), last }
}

const hasBeyond = (structs: IdSet, clocks: ReadonlyMap<ClientId, number>): boolean => {
  for (const { client, end } of structs.ranges()) if (end > (clocks.get(client) ?? 0)) return true
  return false
}

/**
 * What the second, stored state vector tells of and the first one does not: a run of each client. Null
 * where the stored one is damaged.
 */
export const lackOf = (has: StateVector, stored: StateVector): IdSet | null => {
  const clocks = clocksOf(has)
  const all = decodeStateVector(stored)
  if (!all.ok) return null
  const lack = new IdSet()
  for (const [client, clock] of all.value) lack.add(client, clocks.get(client) ?? 0, clock)
  return lack
}

const clocksOf = (stateVector: StateVector): ReadonlyMap<ClientId, number> => {
  const clocks = decodeStateVector(stateVector)
  if (!clocks.ok) throw new Error(`state vector: ${clocks.error.message}`)
  return clocks.value
}
