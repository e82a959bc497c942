/*
 * What an update holds beyond given clocks, copied struct by struct: Yjs' `diffUpdate` decodes everything
 * and writes it anew, which for 300 KB takes several times as long. A struct that is known in part comes
 * whole: whoever integrates it skips what it has (yjs encoding.js, integrateStructs).
 */
import * as encoding from 'lib0/encoding'
import { EMPTY_UPDATE, type Update } from '../bytes.ts'
import { clientId, type ClientId } from '../ids.ts'
import { ByteReader } from './byte-reader.ts'
import { assertRead, isGap, readStruct } from './structs.ts'

/** The end of a client's block: structs that stand one behind the other. */
export interface Rest {
  readonly client: number
  readonly clock: number
  readonly structs: number
  readonly bytes: Uint8Array
}

/** The structs that end beyond these clocks, and all deletes, of an update that `readUpdate` has accepted. Throws on others. */
export const updateBeyond = (update: Update, clocks: ReadonlyMap<ClientId, number>): Update => {
  const reader = new ByteReader(update)
  const rests: Rest[] = []
  const count = reader.varUint('number of clients')
  for (let i = 0; i < count && reader.problem === null; i++) {
    const rest = readRest(reader, update, clocks)
    if (rest !== null) rests.push(rest)
  }
  assertRead(reader)
  const deletes = update.subarray(reader.at)
  return updateOf(rests, deletes)
}

/** An update of these blocks, which must be in Yjs' order, and the bytes of a delete set. */
export const updateOf = (rests: readonly Rest[], deletes: Uint8Array): Update => {
  if (rests.length === 0 && deletes.length === 1) return EMPTY_UPDATE
  const out = encoding.createEncoder()
  encoding.writeVarUint(out, rests.length)
  for (const { client, clock, structs, bytes } of rests) {
    encoding.writeVarUint(out, structs)
    encoding.writeVarUint(out, client)
    encoding.writeVarUint(out, clock)
    encoding.writeUint8Array(out, bytes)
  }
  encoding.writeUint8Array(out, deletes)
  return encoding.toUint8Array(out) as Update // blocks as they were, in Yjs' order
}

/** A client's structs from the first one on that ends beyond its clock; none starts with a gap. */
const readRest = (
  reader: ByteReader,
  update: Update,
  clocks: ReadonlyMap<ClientId, number>,
): Rest | null => {
  const structs = reader.varUint('number of structs')
  const client = clientId(reader.varUint('client id'))
  let clock = reader.varUint('clock')
  const known = clocks.get(client) ?? 0
  let first: { readonly at: number; readonly clock: number; readonly left: number } | null = null
  for (let i = 0; i < structs && reader.problem === null; i++) {
    const { at } = reader
    const length = readStruct(reader)
    if (first === null && clock + length > known && !isGap(update, at))
      first = { at, clock, left: structs - i }
    clock += length
  }
  if (first === null) return null
  return {
    client,
    clock: first.clock,
    structs: first.left,
    bytes: update.subarray(first.at, reader.at),
  }
}
