/*
 * The structs of an update one by one, for whoever takes updates apart. Format: update.ts. Only for bytes
 * that `readUpdate` has accepted: nothing is checked a second time.
 */
import type { Update } from '../bytes.ts'
import type { ByteReader } from './byte-reader.ts'
import { skipContent } from './content.ts'

export const GC = 0
export const SKIP = 10
export const CONTENT = 0x1f
export const HAS_KEY = 0x20
export const HAS_RIGHT_ORIGIN = 0x40
export const HAS_ORIGIN = 0x80

/** One tick of one client. */
export interface Id {
  readonly client: number
  readonly clock: number
}

/** What an item says in front of its content. */
export interface ItemHead {
  readonly info: number
  /** The ids that it refers to: origin, right origin, parent. */
  readonly needs: readonly Id[]
  /** Where the right origin stands; equal where there is none. */
  readonly rightFrom: number
  readonly rightTo: number
}

/** The structs of one client in an update; struct `i` takes `offsets[i]` to `offsets[i + 1]`. */
export class StructBlock {
  readonly client: number
  readonly offsets: number[] = []
  /** First tick of each struct, and the tick after the last one. */
  readonly clocks: number[] = []

  constructor(client: number) {
    this.client = client
  }

  get size(): number {
    return this.offsets.length - 1
  }

  /** The first tick of struct `index`, or the tick after the last struct. */
  clock(index: number): number {
    return this.clocks[index] ?? 0
  }

  /** Where struct `index` starts, or where the last one ends. */
  offset(index: number): number {
    return this.offsets[index] ?? 0
  }
}

/** All structs of an update, and the offset at which its delete set starts. */
export const readBlocks = (
  reader: ByteReader,
): { readonly blocks: readonly StructBlock[]; readonly deletesAt: number } => {
  const blocks: StructBlock[] = []
  const count = reader.varUint('number of clients')
  for (let i = 0; i < count && reader.problem === null; i++) blocks.push(readBlock(reader))
  assertRead(reader)
  return { blocks, deletesAt: reader.at }
}

const readBlock = (reader: ByteReader): StructBlock => {
  const structs = reader.varUint('number of structs')
  const block = new StructBlock(reader.varUint('client id'))
  let clock = reader.varUint('clock')
  for (let i = 0; i < structs && reader.problem === null; i++) {
    block.offsets.push(reader.at)
    block.clocks.push(clock)
    clock += readStruct(reader)
  }
  block.offsets.push(reader.at)
  block.clocks.push(clock)
  return block
}

/** Passes over a struct; returns its length in ticks. */
export const readStruct = (reader: ByteReader): number => {
  const info = reader.byte('struct')
  if (info === GC || info === SKIP) return reader.varUint('length')
  readHead(reader, info, null)
  return skipContent(reader, info & CONTENT)
}

/** Reads on to the content of the item whose info byte has just been read. */
export const readItemHead = (reader: ByteReader, info: number): ItemHead => {
  const needs: Id[] = []
  return { info, needs, ...readHead(reader, info, needs) }
}

const readHead = (
  reader: ByteReader,
  info: number,
  needs: Id[] | null,
): { readonly rightFrom: number; readonly rightTo: number } => {
  const id = (): void => {
    const client = reader.varUint('client of an id')
    const clock = reader.varUint('clock of an id')
    needs?.push({ client, clock })
  }
  if ((info & HAS_ORIGIN) !== 0) id()
  const rightFrom = reader.at
  if ((info & HAS_RIGHT_ORIGIN) !== 0) id()
  const rightTo = reader.at
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
    if (reader.varUint('kind of parent') === 1) reader.skipString('name of a root type')
    else id()
    if ((info & HAS_KEY) !== 0) reader.skipString('key in the parent')
  }
  return { rightFrom, rightTo }
}

/** Throws if the bytes were not an update after all: stored ones may be damaged. */
export const assertRead = ({ problem }: ByteReader): void => {
  if (problem !== null) throw new Error(`not an update: ${problem.message}`)
}

/** True if the struct that starts at `at` is a gap. */
export const isGap = (update: Uint8Array, at: number): boolean => update[at] === SKIP

/** True if the struct that starts at `at` has a head and a content. */
export const isItem = (update: Update, at: number): boolean =>
  update[at] !== GC && update[at] !== SKIP
