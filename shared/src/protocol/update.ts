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
import type { Update } from '../bytes.ts'
import { clientId, type ClientId } from '../ids.ts'
import { err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { skipContent } from './content.ts'
import { readDeletes } from './delete-set.ts'
import { IdSet } from './id-set.ts'
import { CONTENT, GC, HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, SKIP } from './structs.ts'
import { updateOf } from './update-beyond.ts'

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
    inOrder && areAsYjsWrites(blocks)
      ? (bytes as Update) // read to its end above
      : rewrite(bytes, blocks, inOrder ? bytes.subarray(restAt) : deletes.toDeleteSet())
  return ok({ update, structs: scan.structs, deletes, needs: scan.needs ?? NO_NEEDS })
}

/** A client's structs from the first one on that is no gap, and where they stand. */
interface Block {
  readonly client: number
  readonly clock: number
  readonly structs: number
  readonly from: number
  readonly to: number
  /** Whether gaps stand in front of them. */
  readonly isLed: boolean
}

const areAsYjsWrites = (blocks: readonly Block[]): boolean =>
  blocks.every(
    ({ client, isLed }, i) => !isLed && (i === 0 || (blocks[i - 1]?.client ?? 0) > client),
  )

/**
 * Puts an update into the form that Yjs 13 writes and then relies on. Blocks in another order than highest
 * client first (very old clients) come out of its merge twice, and a reader keeps only the last. Deleted
 * ranges that do not ascend become other ranges when it stores them to wait for their structs, because
 * format V2 writes the differences unsigned. A gap at the front of a block (Yjs 14, of a client whose first
 * structs it has not heard of) it would count as known in a state vector that it makes of the update.
 */
const rewrite = (bytes: Uint8Array, blocks: readonly Block[], deletes: Uint8Array): Update =>
  updateOf(
    blocks
      .filter(({ structs }) => structs > 0)
      .toSorted((a, b) => b.client - a.client)
      .map(({ client, clock, structs, from, to }) => ({
        client,
        clock,
        structs,
        bytes: bytes.subarray(from, to),
      })),
    deletes,
  )

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
      const structs = reader.varUint('number of structs')
      const client = reader.varUint('client id')
      // Yjs would keep only the second block: content that the log holds and nobody ever sees
      if (seen?.has(client)) reader.fail('order', `client ${client} stands twice in the update`)
      seen?.add(client)
      blocks.push(this.#block(clientId(client), structs))
    }
    return blocks
  }

  #block(client: ClientId, structs: number): Block {
    const { reader } = this
    let clock = reader.varUint('clock')
    let start = clock // of the run since the last gap
    let lead = { gaps: 0, clock, to: reader.at } // gaps at the front, and where they end
    for (let i = 0; i < structs && reader.problem === null; i++) {
      const info = reader.byte('struct')
      const isSkip = info === SKIP
      const length =
        isSkip || info === GC
          ? reader.varUint('length of a struct')
          : this.#item(client, clock, info)
      if (length === 0) reader.fail('range', 'a struct has the length 0')
      if (clock + length > Number.MAX_SAFE_INTEGER) reader.fail('range', 'a clock is over 2^53 - 1')
      if (reader.problem !== null) break
      if (isSkip) {
        this.structs.add(client, start, clock)
        start = clock + length
        if (i === lead.gaps) lead = { gaps: i + 1, clock: start, to: reader.at }
      }
      clock += length
    }
    this.structs.add(client, start, clock)
    const { gaps, clock: first, to: from } = lead
    return { client, clock: first, structs: structs - gaps, from, to: reader.at, isLed: gaps > 0 }
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
