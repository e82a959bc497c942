/*
 * Changes made here that are not known to be on the server's disk, in their order:
 *
 *     changed ──▶ unsent ──numbered──▶ sent ──saved──▶ gone
 *                   ▲                   │
 *                   └── connection lost ┘
 *
 * They are merged, so that many cost no more than their bytes: a hundred at a time, since merging many at once
 * costs more than their number. What is larger than the server takes is cut; what cannot be cut stays.
 */
import { cutUpdate, type Update } from '@quire/shared'
import { mergeUpdates } from 'yjs'

/** Changes that are merged at a time. */
const MERGED_AT_ONCE = 100
/** What is merged, and what is cut, is of about this size, bytes: others on the line wait for as much. */
const PIECE_BYTES = 256 * 1024
/** What stands in a piece beside its content, bytes: names of clients and of what it belongs to. */
const PIECE_HEAD_BYTES = 256

/** Some changes in one update. */
export interface Pending {
  readonly update: Update
  /** How many changes it is made of; 0 for a piece of one whose end comes later. */
  readonly changes: number
  /** When the first of them was made, milliseconds. */
  readonly at: number
  /** Under which it was sent on this connection; null before. */
  readonly number: number | null
  /** What it is kept under on this device. */
  readonly keys: readonly number[]
  /** It is in one piece, and larger than this server takes. */
  readonly isTooLarge: boolean
}

/** A change that has just been made. */
export const pendingOf = (update: Update, at: number, key: number | null): Pending => ({
  update,
  changes: 1,
  at,
  number: null,
  keys: key === null ? [] : [key],
  isTooLarge: false,
})

/** How many changes these are. */
export const changesOf = (all: readonly Pending[]): number =>
  all.reduce((sum, { changes }) => sum + changes, 0)

/** With one more; the last ones are merged where they have become many. */
export const withChange = (all: readonly Pending[], change: Pending): readonly Pending[] => {
  const more = [...all, change]
  const from = more.findLastIndex((one) => !isWaiting(one) || one.changes !== 1) + 1
  if (more.length - from < MERGED_AT_ONCE) return more
  return [...more.slice(0, from), merged(more.slice(from))]
}

/** None of them sent, as on a new connection. */
export const unsent = (all: readonly Pending[]): readonly Pending[] =>
  all.map((one) => ({ ...one, number: null, isTooLarge: false }))

/** Something to send. */
export interface Sending {
  readonly number: number
  readonly update: Update
}

/** What sending comes to. */
export interface Numbered {
  readonly pending: readonly Pending[]
  readonly sendings: readonly Sending[]
}

/** Numbers what was not sent, from behind `last` on, in updates of at most `room` bytes. */
export const numbered = (all: readonly Pending[], last: number, room: number): Numbered => {
  const sendings: Sending[] = []
  const pending: Pending[] = []
  const waiting: Pending[] = []
  for (const one of all) (isWaiting(one) ? waiting : pending).push(one)
  for (const group of groupsOf(waiting))
    for (const piece of piecesOf(merged(group), room)) {
      if (piece.isTooLarge) pending.push(piece)
      else {
        const number = last + sendings.length + 1
        sendings.push({ number, update: piece.update })
        pending.push({ ...piece, number })
      }
    }
  return { pending: withFewSent(pending), sendings }
}

/**
 * An answer in pieces that fit into `room`, up to the first part that cannot be cut; and the bytes of that, or 0. What
 * comes after it may depend on it: the server would ask for what is missing again and again.
 */
export const fitting = (
  update: Update,
  room: number,
): { readonly pieces: readonly Update[]; readonly tooLarge: number } => {
  const all = cut(update, room)
  const end = all.findIndex(({ length }) => length > room)
  if (end < 0) return { pieces: all, tooLarge: 0 }
  return { pieces: all.slice(0, end), tooLarge: all[end]?.length ?? 0 }
}

/** All that was not sent went with an answer of this number. */
export const answered = (all: readonly Pending[], number: number): readonly Pending[] =>
  all.map((one) => (one.number === null ? { ...one, number } : one))

/** What is left when everything up to this number is saved, and what the rest was kept under. */
export const withoutSaved = (
  all: readonly Pending[],
  number: number,
): { readonly pending: readonly Pending[]; readonly keys: readonly number[] } => {
  const isSaved = (one: Pending): boolean => one.number !== null && one.number <= number
  return {
    pending: all.filter((one) => !isSaved(one)),
    keys: all.filter(isSaved).flatMap(({ keys }) => keys),
  }
}

const isWaiting = ({ number, isTooLarge }: Pending): boolean => number === null && !isTooLarge

const merged = (some: readonly Pending[]): Pending => {
  const [first] = some
  if (first === undefined) throw new Error('nothing to merge')
  if (some.length === 1) return first
  return {
    update: mergeUpdates(some.map(({ update }) => update)) as Update, // Yjs wrote it
    changes: changesOf(some),
    at: some.reduce((earliest, { at }) => Math.min(earliest, at), first.at),
    number: some.at(-1)?.number ?? null,
    keys: some.flatMap(({ keys }) => keys),
    isTooLarge: false,
  }
}

const groupsOf = (all: readonly Pending[]): readonly (readonly Pending[])[] => {
  const groups: Pending[][] = []
  let bytes = Infinity
  for (const one of all) {
    bytes += one.update.length
    const group = groups.at(-1)
    if (group !== undefined && group.length < MERGED_AT_ONCE && bytes <= PIECE_BYTES)
      group.push(one)
    else {
      groups.push([one])
      bytes = one.update.length
    }
  }
  return groups
}

/** One piece stands for the whole: one that is not sent, or else the last, which is saved after the others. */
const piecesOf = (one: Pending, room: number): readonly Pending[] => {
  const pieces = cut(one.update, room)
  const unsendable = pieces.findLastIndex(({ length }) => length > room)
  const standsForAll = unsendable < 0 ? pieces.length - 1 : unsendable
  return pieces.map((update, i) => ({
    update,
    at: one.at,
    number: null,
    changes: i === standsForAll ? one.changes : 0,
    keys: i === standsForAll ? one.keys : [],
    isTooLarge: update.length > room,
  }))
}

const cut = (update: Update, room: number): readonly Update[] => {
  if (update.length <= room) return [update]
  try {
    return cutUpdate(update, Math.max(1, Math.min(room, PIECE_BYTES) - PIECE_HEAD_BYTES))
  } catch {
    return [update] // what this protocol has no form for, such as a key __proto__: the server says so
  }
}

/** However long the server's disk takes, what was sent is kept in few pieces: they are saved in their order. */
const withFewSent = (all: readonly Pending[]): readonly Pending[] => {
  const sent = all.filter(({ number }) => number !== null)
  if (sent.length <= 2 * MERGED_AT_ONCE) return all
  const first = new Set(sent.slice(0, MERGED_AT_ONCE))
  return [merged([...first]), ...all.filter((one) => !first.has(one))]
}
