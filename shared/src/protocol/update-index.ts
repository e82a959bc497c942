/*
 * Where the structs of a long update stand, so that what somebody lacks is read without the rest of it.
 * Every few kilobytes there is a mark at a struct:
 *
 *   UpdateIndex = varUint end, varUint n, n × Mark          end: offset of the delete set
 *   Mark        = varUint bytes since the mark before, varUint client, varUint clock,
 *                 varUint structs from here to the end of its block
 *
 *   blocks   | 9: s s s s s s s s | 7: s | 4: s s | 2: s s s s s s s |
 *   marks        ^       ^       ^                ^       ^            of client 9 all beyond the third
 *                                [ stretch )      :                    struct: from its mark to the first
 *                        [ stretch ───────────────)                    mark of a later block
 *
 * An index is made of the update that it lies beside, and is not believed: what is read by it must hold
 * every id that is lacked and end each client's run where the state vector does. A mark with a wrong clock
 * or at a wrong place would give other ids, and so another end.
 */
import * as encoding from 'lib0/encoding'
import type { Bytes, Update } from '../bytes.ts'
import { ByteReader } from './byte-reader.ts'
import type { IdSet } from './id-set.ts'
import { assertRead, isGap, readStruct } from './structs.ts'
import { updateOf, type Rest } from './update-beyond.ts'
import { readUpdate } from './update.ts'

/** Marks of the structs of one update; see the top of the file. */
export type UpdateIndex = Bytes<'update-index'>

/** Between two marks: reading them takes 0.1 ms in code that has not been compiled yet. */
const MARK_BYTES = 4 * 1024
/** Of an update over 16 MiB the marks are further apart: an index takes at most some 50 KB. */
const MOST_MARKS = 4096

/** A place at which reading can begin. */
interface Mark {
  readonly at: number
  readonly client: number
  readonly clock: number
  /** Structs from here to the end of the client's block, at least 1. */
  readonly left: number
}

/** A part of an update's structs, from a mark on. */
export interface Stretch extends Mark {
  /** The offset after it. */
  readonly to: number
}

/** The index of an update that `readUpdate` has accepted. Throws on others. */
export const indexOfUpdate = (update: Update): UpdateIndex => {
  const reader = new ByteReader(update)
  const apart = Math.max(MARK_BYTES, Math.ceil(update.length / MOST_MARKS))
  const marks: Mark[] = []
  let next = 0
  const count = reader.varUint('number of clients')
  for (let i = 0; i < count && reader.problem === null; i++) {
    let left = reader.varUint('number of structs')
    const client = reader.varUint('client id')
    let clock = reader.varUint('clock')
    for (; left > 0 && reader.problem === null; left--) {
      if (reader.at >= next) {
        marks.push({ at: reader.at, client, clock, left })
        next = reader.at + apart
      }
      clock += readStruct(reader)
    }
  }
  assertRead(reader)
  return encode(marks, reader.at)
}

const encode = (marks: readonly Mark[], end: number): UpdateIndex => {
  const out = encoding.createEncoder()
  encoding.writeVarUint(out, end)
  encoding.writeVarUint(out, marks.length)
  let before = 0
  for (const { at, client, clock, left } of marks) {
    encoding.writeVarUint(out, at - before)
    encoding.writeVarUint(out, client)
    encoding.writeVarUint(out, clock)
    encoding.writeVarUint(out, left)
    before = at
  }
  return encoding.toUint8Array(out) as UpdateIndex // written above, mark by mark
}

/**
 * Where the ids of `lacks` stand in the update of `bytes` bytes that the index was made of: stretches in
 * their order, apart from each other. Null where the index does not read as one of such an update. Total.
 */
export const stretchesOf = (
  index: UpdateIndex,
  bytes: number,
  lacks: IdSet,
): readonly Stretch[] | null => {
  const marks = decode(index, bytes)
  if (marks === null) return null
  const { starts, end } = marks
  const spans: { from: number; to: number }[] = []
  for (const [client, clock] of firstsOf(lacks)) {
    // clients descend, so `isAfter` is false up to some mark and true from there on
    const from = Math.max(0, firstWhere(starts, (mark) => isAfter(mark, client, clock)) - 1)
    const to = firstWhere(starts, (mark) => mark.client < client)
    if (from < to) spans.push({ from, to })
  }
  const stretches: Stretch[] = []
  let past = 0
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    const [first, after] = [starts[from], starts[to]?.at ?? end]
    const last = stretches.at(-1)
    if (first === undefined) continue
    if (last === undefined || from > past) stretches.push({ ...first, to: after })
    else if (to > past) stretches[stretches.length - 1] = { ...last, to: after }
    past = Math.max(past, to)
  }
  return stretches
}

/**
 * Of an update's stretches the structs that end beyond the first id lacked of each client, as an update
 * without deletes. `parts` are the bytes of the stretches, `lacks` one run of each client up to its clock
 * in the update's state vector. Null unless they hold just that. Total.
 */
export const structsWithin = (
  stretches: readonly Stretch[],
  parts: readonly Uint8Array[],
  lacks: IdSet,
): Update | null => {
  const firsts = firstsOf(lacks)
  const rests: Rest[] = []
  for (const [i, stretch] of stretches.entries()) {
    const part = parts[i]
    if (part === undefined || !readRests(part, stretch, { firsts, rests })) return null
  }
  const contents = readUpdate(updateOf(rests, NO_DELETES))
  return contents.ok && hasRuns(contents.value.structs, lacks) ? contents.value.update : null
}

/** True if all of `lacks` is in the structs, and each client's first run ends where that does. */
const hasRuns = (structs: IdSet, lacks: IdSet): boolean => {
  const ends = new Map<number, number>()
  for (const { client, end } of structs.ranges()) if (!ends.has(client)) ends.set(client, end)
  for (const { client, end } of lacks.ranges()) if (ends.get(client) !== end) return false
  return structs.hasAll(lacks)
}

const NO_DELETES = Uint8Array.of(0)

/** Of each client the first id. */
const firstsOf = (ids: IdSet): ReadonlyMap<number, number> => {
  const firsts = new Map<number, number>()
  for (const { client, start } of ids.ranges()) if (!firsts.has(client)) firsts.set(client, start)
  return firsts
}

interface Into {
  readonly firsts: ReadonlyMap<number, number>
  readonly rests: Rest[]
}

/** False if the part does not read to its end. */
const readRests = (part: Uint8Array, start: Mark, { firsts, rests }: Into): boolean => {
  const reader = new ByteReader(part)
  let { client, clock, left } = start
  let first: { readonly at: number; readonly clock: number; structs: number } | null = null
  const close = (): void => {
    if (first === null) return
    const { at, structs } = first
    rests.push({ client, clock: first.clock, structs, bytes: part.subarray(at, reader.at) })
    first = null
  }
  while (reader.left > 0 && reader.problem === null) {
    if (left === 0) {
      close()
      left = reader.varUint('number of structs')
      client = reader.varUint('client id')
      clock = reader.varUint('clock')
      continue
    }
    const { at } = reader
    const length = readStruct(reader)
    const isLacked = clock + length > (firsts.get(client) ?? Infinity)
    if (first !== null) first.structs++
    else if (isLacked && !isGap(part, at)) first = { at, clock, structs: 1 }
    clock += length
    left--
  }
  close()
  return reader.problem === null
}

const isAfter = (mark: Mark, client: number, clock: number): boolean =>
  mark.client < client || (mark.client === client && mark.clock > clock)

/** Index of the first mark for which it is true, their number where there is none. */
const firstWhere = (marks: readonly Mark[], isTrue: (mark: Mark) => boolean): number => {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >> 1
    const mark = marks[middle]
    if (mark !== undefined && isTrue(mark)) high = middle
    else low = middle + 1
  }
  return low
}

const decode = (
  index: UpdateIndex,
  bytes: number,
): { readonly starts: readonly Mark[]; readonly end: number } | null => {
  const reader = new ByteReader(index)
  const starts: Mark[] = []
  const end = reader.varUint('offset of the delete set')
  const count = reader.varUint('number of marks')
  let at = 0
  for (let i = 0; i < count && reader.problem === null; i++) {
    at += reader.varUint('distance of a mark')
    const client = reader.varUint('client of a mark')
    const clock = reader.varUint('clock of a mark')
    const left = reader.varUint('structs after a mark')
    const before = starts.at(-1)
    const isInOrder =
      left > 0 &&
      (before === undefined ||
        (before.at < at && isAfter({ at, client, clock, left }, before.client, before.clock)))
    if (!isInOrder) reader.fail('order', `mark ${i} does not follow the one before it`)
    starts.push({ at, client, clock, left })
  }
  reader.end('the index')
  const isWithin = end < bytes && (starts.at(-1)?.at ?? 0) < end
  return reader.problem === null && isWithin ? { starts, end } : null
}
