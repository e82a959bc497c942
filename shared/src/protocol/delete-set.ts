/*
 * DeleteSet = varUint clients, clients × (varUint client, varUint n, n × (varUint clock, varUint length))
 *                                                                          (yjs DeleteSet.js, V1)
 */
import type { DeleteSet, Update } from '../bytes.ts'
import { clientId, type ClientId } from '../ids.ts'
import { limits } from '../limits.ts'
import { err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { IdSet } from './id-set.ts'

/** Decodes a delete set. */
export const decodeDeleteSet = (bytes: Uint8Array): Result<IdSet, DecodeProblem> => {
  const reader = new ByteReader(bytes)
  const { deletes } = readDeletes(reader)
  reader.end('the delete set')
  return reader.problem === null ? ok(deletes) : err(reader.problem)
}

/**
 * True if Yjs reads these bytes as a delete set: all that `decodeDeleteSet` accepts, and what it refuses for
 * the order of it. A tenth of its work: nothing is kept.
 */
export const isDeleteSet = (bytes: Uint8Array): bytes is DeleteSet => {
  const reader = new ByteReader(bytes)
  const clients = reader.clients('the delete set')
  for (let i = 0; i < clients && reader.problem === null; i++) {
    reader.varUint('client of the delete set')
    const count = reader.varUint('number of deleted ranges')
    for (let n = 0; n < count && reader.problem === null; n++) {
      const start = reader.varUint('clock of a deleted range')
      const end = start + reader.varUint('length of a deleted range')
      if (end > Number.MAX_SAFE_INTEGER) return false
    }
  }
  reader.end('the delete set')
  return reader.problem === null
}

/** The update that deletes exactly this and brings no structs. */
export const updateOfDeletes = (deletes: DeleteSet): Update => {
  const update = new Uint8Array(deletes.length + 1) // leading 0: no blocks
  update.set(deletes, 1)
  return update as Update // zero blocks and a delete set: see update.ts
}

/** What was read, and whether its ranges stood as Yjs writes them: not empty, ascending, disjoint. */
export interface ReadDeletes {
  readonly deletes: IdSet
  readonly inOrder: boolean
}

/** Reads a delete set from within a message; a problem latches in the reader. */
export const readDeletes = (reader: ByteReader): ReadDeletes => {
  const deletes = new IdSet()
  let inOrder = true
  let unsorted = 0
  const clients = reader.clients('the delete set')
  const seen = clients > 1 ? new Set<ClientId>() : null
  for (let i = 0; i < clients && reader.problem === null; i++) {
    const client = clientId(reader.varUint('client of the delete set'))
    // no writer does that, and merging piece by piece would make the cost quadratic
    if (seen?.has(client)) reader.fail('order', `client ${client} stands twice in the delete set`)
    seen?.add(client)
    const ranges = readRanges(reader)
    if (!isAscending(ranges)) {
      inOrder = false
      unsorted += ranges.length / 2
      if (unsorted > limits.unsortedRanges)
        reader.fail('limit', `over ${limits.unsortedRanges} deleted ranges do not ascend`)
    }
    if (reader.problem === null) deletes.addFlat(client, ranges)
  }
  return { deletes, inOrder }
}

/** True if no range is empty and each starts after the one before it. */
const isAscending = (ranges: readonly number[]): boolean => {
  for (let at = 0; at < ranges.length; at += 2) {
    const start = ranges[at] ?? 0
    if (start >= (ranges[at + 1] ?? 0) || start < (ranges[at - 1] ?? 0)) return false
  }
  return true
}

const readRanges = (reader: ByteReader): number[] => {
  const ranges: number[] = []
  const count = reader.varUint('number of deleted ranges')
  for (let i = 0; i < count && reader.problem === null; i++) {
    const start = reader.varUint('clock of a deleted range')
    const end = start + reader.varUint('length of a deleted range')
    if (end > Number.MAX_SAFE_INTEGER) reader.fail('range', 'a deleted range ends over 2^53 - 1')
    ranges.push(start, end)
  }
  return ranges
}
