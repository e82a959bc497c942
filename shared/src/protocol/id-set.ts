/*
 * A set of (client, clock) ids, kept per client as sorted, disjoint, non-touching ranges in one flat
 * array: [start, end, start, end, …], ends exclusive. What the log holds and what is deleted are both
 * such sets. Typing extends the last range, so the usual `add` is two comparisons; a large set is
 * merged in linear time, so that no order of ranges that a peer may choose makes it quadratic.
 */
import * as encoding from 'lib0/encoding'
import type { DeleteSet, StateVector } from '../bytes.ts'
import type { ClientId } from '../ids.ts'

/** Half-open run of clock ticks of one client. */
export interface IdRange {
  readonly client: ClientId
  readonly start: number
  readonly end: number
}

/** From how many new ranges on a linear merge beats inserting one by one. */
const MERGE_FROM = 8

/** A mutable set of ids. Cost of a look-up is logarithmic in the ranges of that client. */
export class IdSet {
  readonly #ranges = new Map<ClientId, number[]>()
  /** The clients, highest first; null where one has come since. */
  #descending: ClientId[] | null = null

  /** True if there is no id in it. */
  get isEmpty(): boolean {
    return this.#ranges.size === 0
  }

  /** Number of clients with at least one id. */
  get clients(): number {
    return this.#ranges.size
  }

  /** True if every client has one run of ticks, from 0 on: then the state vector says everything. */
  get isGapless(): boolean {
    for (const flat of this.#ranges.values()) if (flat.length > 2 || flat[0] !== 0) return false
    return true
  }

  /** True if there is an id of this client in it. */
  hasClient(client: ClientId): boolean {
    return this.#ranges.has(client)
  }

  /** Number of ranges over all clients: what memory and encoded size go by. */
  get size(): number {
    let size = 0
    for (const flat of this.#ranges.values()) size += flat.length / 2
    return size
  }

  /** Adds [start, end) of a client; true if that brought at least one id the set lacked. */
  add(client: ClientId, start: number, end: number): boolean {
    if (start >= end) return false
    const flat = this.#ranges.get(client)
    if (flat === undefined) {
      this.#ranges.set(client, [start, end])
      this.#descending = null
      return true
    }
    return insert(flat, start, end)
  }

  /** Adds many ranges of a client, in any order: [start, end, start, end, …]. Keeps no view of them. */
  addFlat(client: ClientId, ranges: readonly number[]): boolean {
    if (ranges.length < MERGE_FROM * 2) {
      let isNew = false
      for (let i = 0; i < ranges.length; i += 2)
        if (this.add(client, ranges[i] ?? 0, ranges[i + 1] ?? 0)) isNew = true
      return isNew
    }
    const known = this.#ranges.get(client) ?? []
    const added = normalise(ranges)
    if (added.length === 0 || covers(known, added)) return false
    this.#ranges.set(client, union(known, added))
    this.#descending = null
    return true
  }

  /** Adds every id of another set; true if that brought at least one id this set lacked. */
  addAll(other: IdSet): boolean {
    let isNew = false
    for (const [client, flat] of other.#ranges) if (this.addFlat(client, flat)) isNew = true
    return isNew
  }

  /** True if every id of the other set is in this one. */
  hasAll(other: IdSet): boolean {
    for (const [client, flat] of other.#ranges)
      if (!covers(this.#ranges.get(client) ?? [], flat)) return false
    return true
  }

  /** The ids that the other set lacks. */
  *without(other: IdSet): Iterable<IdRange> {
    for (const { client, start, end } of this.ranges()) {
      const flat = other.#ranges.get(client) ?? []
      let at = start
      for (let i = Math.max(0, lastStartingAtOrBefore(flat, start)); i < flat.length; i += 2) {
        const [from = 0, to = 0] = [flat[i], flat[i + 1]]
        if (from >= end) break
        if (at < from) yield { client, start: at, end: from }
        at = Math.max(at, to)
      }
      if (at < end) yield { client, start: at, end }
    }
  }

  /** How many ticks of a client are in the set from 0 on without a gap. */
  contiguous(client: ClientId): number {
    const flat = this.#ranges.get(client)
    return flat !== undefined && flat[0] === 0 ? (flat[1] ?? 0) : 0
  }

  /** Every range: clients in the order in which they came, ranges ascending. */
  *ranges(): Iterable<IdRange> {
    for (const [client, flat] of this.#ranges)
      for (let i = 0; i < flat.length; i += 2)
        yield { client, start: flat[i] ?? 0, end: flat[i + 1] ?? 0 }
  }

  /** The clients with at least one id, and the ticks each has from 0 on without a gap. */
  *clocks(): Iterable<readonly [ClientId, number]> {
    for (const client of this.#ranges.keys()) yield [client, this.contiguous(client)]
  }

  /** The state vector: per client the contiguous ticks from 0. Byte-equal to Yjs: clients descending. */
  toStateVector(): StateVector {
    // sorting ten thousand clients is most of the cost, and new ones are rare
    this.#descending ??= [...this.#ranges.keys()].toSorted((a, b) => b - a)
    const out = encoding.createEncoder()
    let known = 0
    for (const flat of this.#ranges.values()) if (flat[0] === 0) known++
    encoding.writeVarUint(out, known)
    for (const client of this.#descending) {
      const clock = this.contiguous(client)
      if (clock === 0) continue
      encoding.writeVarUint(out, client)
      encoding.writeVarUint(out, clock)
    }
    return encoding.toUint8Array(out) as StateVector // written above, entry by entry
  }

  /** The delete set of these ids. Byte-equal to Yjs: clients descending, ranges ascending. */
  toDeleteSet(): DeleteSet {
    const entries = [...this.#ranges].toSorted((a, b) => b[0] - a[0])
    const out = encoding.createEncoder()
    encoding.writeVarUint(out, entries.length)
    for (const [client, flat] of entries) {
      encoding.writeVarUint(out, client)
      encoding.writeVarUint(out, flat.length / 2)
      for (let i = 0; i < flat.length; i += 2) {
        const start = flat[i] ?? 0
        encoding.writeVarUint(out, start)
        encoding.writeVarUint(out, (flat[i + 1] ?? 0) - start)
      }
    }
    return encoding.toUint8Array(out) as DeleteSet // written above, range by range
  }
}

/** Index of the last range whose start is ≤ `id`, or -2 where there is none. */
const lastStartingAtOrBefore = (flat: readonly number[], id: number): number => {
  let low = 0
  let high = flat.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if ((flat[middle * 2] ?? 0) <= id) low = middle + 1
    else high = middle - 1
  }
  return high * 2
}

const covers = (flat: readonly number[], wanted: readonly number[]): boolean => {
  for (let i = 0; i < wanted.length; i += 2) {
    const at = lastStartingAtOrBefore(flat, wanted[i] ?? 0)
    if (at < 0 || (wanted[i + 1] ?? 0) > (flat[at + 1] ?? 0)) return false
  }
  return true
}

/** Merges [start, end) into sorted ranges; true if it brought something new. */
const insert = (flat: number[], start: number, end: number): boolean => {
  const lastEnd = flat[flat.length - 1] ?? 0
  if (start === lastEnd) {
    flat[flat.length - 1] = end // typing: the next tick of the same client
    return true
  }
  if (start > lastEnd) {
    flat.push(start, end)
    return true
  }
  let first = Math.max(0, lastStartingAtOrBefore(flat, start))
  if ((flat[first + 1] ?? 0) < start) first += 2 // ends before: neither overlaps nor touches
  if ((flat[first] ?? Infinity) <= start && end <= (flat[first + 1] ?? 0)) return false
  let past = first
  let mergedStart = start
  let mergedEnd = end
  while (past < flat.length && (flat[past] ?? 0) <= end) {
    mergedStart = Math.min(mergedStart, flat[past] ?? 0)
    mergedEnd = Math.max(mergedEnd, flat[past + 1] ?? 0)
    past += 2
  }
  flat.splice(first, past - first, mergedStart, mergedEnd)
  return true
}

/** The ids of two sorted lists of ranges, in one pass over both. */
const union = (a: readonly number[], b: readonly number[]): number[] => {
  const out: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if ((a[i] ?? Infinity) <= (b[j] ?? Infinity)) {
      append(out, a[i] ?? 0, a[i + 1] ?? 0)
      i += 2
    } else {
      append(out, b[j] ?? 0, b[j + 1] ?? 0)
      j += 2
    }
  }
  return out
}

/** Adds a range that starts at or after every start in `out`. */
const append = (out: number[], start: number, end: number): void => {
  const lastEnd = out[out.length - 1]
  if (lastEnd === undefined || start > lastEnd) out.push(start, end)
  else if (end > lastEnd) out[out.length - 1] = end
}

/** Sorted, disjoint, non-touching ranges with the same ids. */
const normalise = (ranges: readonly number[]): number[] => {
  const starts: number[] = []
  for (let i = 0; i < ranges.length; i += 2)
    if ((ranges[i] ?? 0) < (ranges[i + 1] ?? 0)) starts.push(i)
  starts.sort((a, b) => (ranges[a] ?? 0) - (ranges[b] ?? 0))
  const out: number[] = []
  for (const i of starts) append(out, ranges[i] ?? 0, ranges[i + 1] ?? 0)
  return out
}
