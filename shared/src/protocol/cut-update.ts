/*
 * A large update as several small ones that mean the same, each of which a client can integrate as soon as
 * it has it. Structs are copied as they are; they leave in the order in which Yjs would integrate them
 * (StructStore.js, integrateStructs): a struct that refers to one of another client comes after it.
 *
 *   blocks   client 9: a b c d     client 4: x y z        b refers to y, z to c
 *   order    a | x y | b c d | z
 *   pieces   { 4: x y; 9: a }   { 9: b c d; 4: z }        a piece has each client once, clocks on end
 *
 * A text or an array that is itself too large is split like Yjs splits items (Item.js, splitItem). Other
 * content has one piece in which it stands alone. The deletes come last.
 */
import * as encoding from 'lib0/encoding'
import type { Update } from '../bytes.ts'
import { skipAny } from './any.ts'
import { ByteReader } from './byte-reader.ts'
import { decodeDeleteSet, updateOfDeletes } from './delete-set.ts'
import { IdSet } from './id-set.ts'
import {
  CONTENT,
  GC,
  HAS_ORIGIN,
  HAS_RIGHT_ORIGIN,
  isGap,
  isItem,
  readBlocks,
  readItemHead,
  SKIP,
  type Id,
  type StructBlock,
} from './structs.ts'
import { utf16Units } from './utf8.ts'

const STRING = 4
const ANY = 8

/** Bytes of the longest character in UTF-8. */
const LONGEST_CHARACTER = 4

/** What a section's head takes at most: three varUints. */
const SECTION_BYTES = 24

/** Ranges of a delete set in one piece, about: a range takes up to 16 bytes. */
const rangesIn = (maxBytes: number): number => Math.max(1, Math.floor(maxBytes / 16))

/**
 * Cuts an update that `readUpdate` has accepted into updates of about `maxBytes`, to be applied in order.
 * One that is small enough comes back as it is; a piece is larger where a single value is. Throws on
 * bytes that are no update.
 */
export const cutUpdate = (update: Update, maxBytes: number): readonly Update[] => {
  if (update.length <= maxBytes) return [update]
  const reader = new ByteReader(update)
  const { blocks, deletesAt } = readBlocks(reader)
  const pieces = new Pieces(update, maxBytes)
  inOrder(update, blocks, (block, index) => pieces.add(block, index))
  pieces.close()
  const deletes = decodeDeleteSet(update.subarray(deletesAt))
  if (!deletes.ok) throw new Error(`an accepted update: ${deletes.error.message}`)
  return [...pieces.made, ...cutDeletes(deletes.value, rangesIn(maxBytes))]
}

/** Calls `take` for every struct, those that it refers to first. */
const inOrder = (
  update: Update,
  blocks: readonly StructBlock[],
  take: (block: StructBlock, index: number) => void,
): void => {
  const walks = new Map(blocks.map((block) => [block.client, { block, next: 0 }]))
  const reader = new ByteReader(update)
  const open = new Set<number>()
  for (const client of walks.keys()) {
    const stack: Id[] = [{ client, clock: Infinity }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const walk = walks.get(top.client)
      if (walk === undefined) throw new Error(`client ${top.client} is not in the update`)
      const { block, next } = walk
      if (next === block.size || block.clock(next) > top.clock) {
        open.delete(top.client)
        stack.pop()
        continue
      }
      open.add(top.client)
      const missing = needsOf(reader, block, next).find((id) => {
        const other = walks.get(id.client)
        // in a circle nobody can be first: Yjs lets all of it wait
        if (other === undefined || open.has(id.client) || other.next === other.block.size)
          return false
        return other.block.clock(other.next) <= id.clock
      })
      if (missing !== undefined) stack.push(missing)
      else {
        take(block, next)
        walk.next++
      }
    }
  }
}

const needsOf = (reader: ByteReader, block: StructBlock, index: number): readonly Id[] => {
  reader.at = block.offset(index)
  const info = reader.byte('struct')
  return info === GC || info === SKIP ? [] : readItemHead(reader, info).needs
}

/** Consecutive structs of one client within one piece. */
interface Section {
  readonly client: number
  readonly clock: number
  structs: number
  /** Bytes of the structs, in order. */
  readonly parts: Uint8Array[]
  /** The part that stands in the update itself and may grow: its offsets there. */
  from: number
  to: number
}

class Pieces {
  readonly made: Update[] = []
  readonly #update: Update
  readonly #maxBytes: number
  #sections = new Map<number, Section>()
  #bytes = 0

  constructor(update: Update, maxBytes: number) {
    this.#update = update
    this.#maxBytes = maxBytes
  }

  add(block: StructBlock, index: number): void {
    const [from, to] = [block.offset(index), block.offset(index + 1)]
    const clock = block.clock(index)
    if (to - from > this.#maxBytes && isItem(this.#update, from)) {
      for (const { bytes, at } of split(this.#update, { block, index }, this.#maxBytes)) {
        this.#makePlace(bytes.length)
        this.#section(block.client, at, (section) => {
          this.#settle(section)
          section.parts.push(bytes)
        })
        this.#bytes += bytes.length
      }
      return
    }
    this.#makePlace(to - from)
    // a block must not start with a gap, and nobody misses it
    if (!this.#sections.has(block.client) && isGap(this.#update, from)) return
    this.#section(block.client, clock, (section) => {
      if (section.to !== from) this.#settle(section)
      if (section.from === section.to) section.from = from
      section.to = to
    })
    this.#bytes += to - from
  }

  /** Ends the piece that is being made, if there is anything in it. */
  close(): void {
    const sections = [...this.#sections.values()].toSorted((a, b) => b.client - a.client)
    this.#sections = new Map()
    this.#bytes = 0
    if (sections.length === 0) return
    const out = encoding.createEncoder()
    encoding.writeVarUint(out, sections.length)
    for (const section of sections) {
      this.#settle(section)
      encoding.writeVarUint(out, section.structs)
      encoding.writeVarUint(out, section.client)
      encoding.writeVarUint(out, section.clock)
      for (const part of section.parts) encoding.writeUint8Array(out, part)
    }
    encoding.writeVarUint(out, 0) // no deletes
    this.made.push(encoding.toUint8Array(out) as Update) // blocks as they were, in Yjs' order
  }

  #makePlace(bytes: number): void {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.close()
  }

  #section(client: number, clock: number, extend: (section: Section) => void): void {
    let section = this.#sections.get(client)
    if (section === undefined) {
      section = { client, clock, structs: 0, parts: [], from: 0, to: 0 }
      this.#sections.set(client, section)
      this.#bytes += SECTION_BYTES
    }
    section.structs++
    extend(section)
  }

  #settle(section: Section): void {
    if (section.from < section.to)
      section.parts.push(this.#update.subarray(section.from, section.to))
    section.from = section.to = 0
  }
}

/** A struct that is too large, as several; as it is where it cannot be split. */
const split = (
  update: Update,
  { block, index }: { readonly block: StructBlock; readonly index: number },
  maxBytes: number,
): readonly { readonly bytes: Uint8Array; readonly at: number }[] => {
  const [from, to] = [block.offset(index), block.offset(index + 1)]
  const clock = block.clock(index)
  const reader = new ByteReader(update)
  reader.at = from + 1
  const head = readItemHead(reader, update[from] ?? 0)
  const kind = head.info & CONTENT
  const contentAt = reader.at
  const parts =
    kind === STRING
      ? splitString(reader, update, maxBytes)
      : kind === ANY
        ? splitAny(reader, maxBytes)
        : []
  if (parts.length < 2) return [{ bytes: update.subarray(from, to), at: clock }]
  let at = clock
  return parts.map((part, i) => {
    const out = encoding.createEncoder()
    if (i === 0) encoding.writeUint8Array(out, update.subarray(from, contentAt))
    else {
      encoding.writeUint8(out, kind | HAS_ORIGIN | (head.info & HAS_RIGHT_ORIGIN))
      encoding.writeVarUint(out, block.client)
      encoding.writeVarUint(out, at - 1)
      encoding.writeUint8Array(out, update.subarray(head.rightFrom, head.rightTo))
    }
    encoding.writeVarUint(out, part.count)
    encoding.writeUint8Array(out, update.subarray(part.from, part.to))
    const made = { bytes: encoding.toUint8Array(out), at }
    at += part.length
    return made
  })
}

/** A part of a content: its bytes, the number in front of them, and its length in ticks. */
interface ContentPart {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly length: number
}

const splitString = (reader: ByteReader, update: Update, maxBytes: number): ContentPart[] => {
  const bytes = reader.varUint('length of the text')
  const end = reader.at + bytes
  const parts: ContentPart[] = []
  for (let from = reader.at; from < end;) {
    let to = Math.min(end, from + Math.max(maxBytes, LONGEST_CHARACTER))
    while (to < end && ((update[to] ?? 0) & 0xc0) === 0x80) to-- // not within a character
    parts.push({ from, to, count: to - from, length: utf16Units(update, from, to) })
    from = to
  }
  return parts
}

const splitAny = (reader: ByteReader, maxBytes: number): ContentPart[] => {
  const values = reader.varUint('number of values')
  const parts: ContentPart[] = []
  let from = reader.at
  let count = 0
  for (let i = 0; i < values; i++) {
    const at = reader.at
    skipAny(reader, 'content')
    if (count > 0 && reader.at - from > maxBytes) {
      parts.push({ from, to: at, count, length: count })
      from = at
      count = 0
    }
    count++
  }
  parts.push({ from, to: reader.at, count, length: count })
  return parts
}

const cutDeletes = (deletes: IdSet, most: number): readonly Update[] => {
  const pieces: Update[] = []
  let piece = new IdSet()
  let ranges = 0
  const close = (): void => {
    if (ranges > 0) pieces.push(updateOfDeletes(piece.toDeleteSet()))
    piece = new IdSet()
    ranges = 0
  }
  for (const { client, start, end } of deletes.ranges()) {
    piece.add(client, start, end)
    if (++ranges === most) close()
  }
  close()
  return pieces
}
