/*
 * A Yjs update, format V1, read without integrating it (yjs encoding.js, structs/*.js):
 *
 *   Update = varUint clients, clients × Block, DeleteSet                        (delete-set.ts)
 *   Block  = varUint structs, varUint client, varUint clock, structs × Struct
 *   Struct = info 0:  GC    varUint length
 *          | info 10: Skip  varUint length                        (a gap, from a merge)
 *          | Item  info: bits 0-4 content, 0x20 has a key in its parent, 0x40 right origin, 0x80 origin
 *                  [0x80: Id origin] [0x40: Id right origin]
 *                  [neither: varUint 1, varString root | other, Id parent; [0x20: varString key]]
 *                  Content                                                      (content.ts)
 *   Id     = varUint client, varUint clock
 *
 * Everything is checked that Yjs throws on and that can be seen without the document. PROTOCOL.md lists
 * what cannot. `Y.decodeUpdate` is not used for it: it throws, builds every struct, and creates a
 * `Y.Doc` for each subdocument it meets.
 */
import { concatBytes, type Update } from '../bytes.ts'
import { clientId, type ClientId } from '../ids.ts'
import { err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { skipContent } from './content.ts'
import { readDeletes } from './delete-set.ts'
import { IdSet } from './id-set.ts'
import { CONTENT, GC, HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, SKIP } from './structs.ts'

/** What an update brings and what it refers to. */
export interface UpdateContents {
  /** The update's bytes in Yjs' own order: the input itself, or a copy where the input was not in it. */
  readonly update: Update
  /** Ids of the structs it holds; gaps (Skip) are left out. */
  readonly structs: IdSet
  /** Ids that it deletes. */
  readonly deletes: IdSet
  /** Per other client the tick after the highest one that a struct refers to. */
  readonly needs: ReadonlyMap<ClientId, number>
}

const NO_NEEDS: ReadonlyMap<ClientId, number> = new Map()

/** Reads a whole update, or says what is wrong with it. Memory is bounded by the bytes given. */
export const readUpdate = (bytes: Uint8Array): Result<UpdateContents, DecodeProblem> => {
  const scan = new UpdateScan(bytes)
  const blocks = scan.blocks()
  const restAt = scan.reader.at
  const { deletes, inOrder } = readDeletes(scan.reader)
  scan.reader.end('the update')
  if (scan.reader.problem !== null) return err(scan.reader.problem)
  const update =
    inOrder && isDescending(blocks)
      ? (bytes as Update) // read to its end above
      : rewrite(bytes, blocks, restAt, inOrder ? bytes.subarray(restAt) : deletes.toDeleteSet())
  return ok({ update, structs: scan.structs, deletes, needs: scan.needs ?? NO_NEEDS })
}

/** Where a client's structs stand. */
interface Block {
  readonly client: number
  readonly from: number
  readonly to: number
}

const isDescending = (blocks: readonly Block[]): boolean =>
  blocks.every((block, i) => i === 0 || (blocks[i - 1]?.client ?? 0) > block.client)

/**
 * Puts an update into the order that Yjs writes and then relies on. Blocks in another order than highest
 * client first (very old clients) come out of its merge twice, and a reader keeps only the last. Deleted
 * ranges that do not ascend become other ranges when it stores them to wait for their structs, because
 * format V2 writes the differences unsigned.
 */
const rewrite = (
  bytes: Uint8Array,
  blocks: readonly Block[],
  restAt: number,
  rest: Uint8Array,
): Update => {
  const sorted = blocks.toSorted((a, b) => b.client - a.client)
  return concatBytes([
    bytes.subarray(0, blocks[0]?.from ?? restAt),
    ...sorted.map(({ from, to }) => bytes.subarray(from, to)),
    rest,
  ]) as Update // the same blocks and ids, another order
}

class UpdateScan {
  readonly reader: ByteReader
  readonly structs = new IdSet()
  needs: Map<ClientId, number> | null = null

  constructor(bytes: Uint8Array) {
    this.reader = new ByteReader(bytes)
  }

  blocks(): Block[] {
    const { reader } = this
    const blocks: Block[] = []
    const count = reader.clients('the update')
    const seen = count > 1 ? new Set<number>() : null // most updates are of one client
    for (let i = 0; i < count && reader.problem === null; i++) {
      const from = reader.at
      const structs = reader.varUint('number of structs')
      const client = reader.varUint('client id')
      // Yjs would keep only the second block: content that the log holds and nobody ever sees
      if (seen?.has(client)) reader.fail('order', `client ${client} stands twice in the update`)
      seen?.add(client)
      this.#block(clientId(client), structs)
      blocks.push({ client, from, to: reader.at })
    }
    return blocks
  }

  #block(client: ClientId, structs: number): void {
    const { reader } = this
    const first = reader.varUint('clock')
    let clock = first
    let start = first // of the run since the last gap
    for (let i = 0; i < structs && reader.problem === null; i++) {
      const info = reader.byte('struct')
      const isSkip = info === SKIP
      const length =
        isSkip || info === GC
          ? reader.varUint('length of a struct')
          : this.#item(client, clock, info)
      if (reader.problem !== null) return
      if (length === 0) return reader.fail('range', 'a struct has the length 0')
      if (clock + length > Number.MAX_SAFE_INTEGER)
        return reader.fail('range', 'a clock is over 2^53 - 1')
      if (isSkip) {
        // Yjs counts a gap at the front as known when it makes a state vector of the update
        if (clock === first) return reader.fail('order', `client ${client} starts with a gap`)
        this.structs.add(client, start, clock)
        start = clock + length
      }
      clock += length
    }
    this.structs.add(client, start, clock)
  }

  #item(client: ClientId, clock: number, info: number): number {
    const { reader } = this
    if ((info & HAS_ORIGIN) !== 0) this.#id(client, clock)
    if ((info & HAS_RIGHT_ORIGIN) !== 0) this.#id(client, clock)
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
      if (reader.varUint('kind of parent') === 1) reader.skipString('name of a root type')
      else this.#id(client, clock)
      if ((info & HAS_KEY) !== 0) reader.skipString('key in the parent')
    }
    return skipContent(reader, info & CONTENT)
  }

  /** Reads an id that the struct at `clock` of the client `from` refers to. */
  #id(from: ClientId, clock: number): void {
    const { reader } = this
    const client = clientId(reader.varUint('client of an id'))
    const tick = reader.varUint('clock of an id')
    if (reader.problem !== null) return
    if (client === from) {
      // Yjs waits for other clients only; what its own client has not written yet it looks up, and throws
      if (tick >= clock)
        reader.fail(
          'order',
          `struct ${clock} of client ${client} refers to its later struct ${tick}`,
        )
      return
    }
    this.needs ??= new Map()
    if (tick >= (this.needs.get(client) ?? 0)) this.needs.set(client, tick + 1)
  }
}
