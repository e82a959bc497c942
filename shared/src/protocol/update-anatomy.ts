/*
 * Of what an update is made, byte by byte: why a document is as large as it is. Nothing is integrated, so it holds for
 * updates of any size, and for those that cannot be integrated.
 *
 * Each byte is counted once. Of an item the head (ids, parent, key) is `links`, its content `live` or `deleted`; a
 * text that is deleted in part is split by its length. What Yjs has collected is `collected`; counts, client ids and
 * clocks are `frame`.
 *
 *     update = frame + links + live + deleted + collected + deleteSet
 *
 * The root type that an item is below stands in it only where it has no neighbour; otherwise it is that of the
 * neighbour, and so on. Where the way ends at something collected, or at something that is not here, nobody can tell.
 */
import type { Update } from '../bytes.ts'
import { ByteReader } from './byte-reader.ts'
import { readDeletes } from './delete-set.ts'
import type { IdSet } from './id-set.ts'
import {
  assertRead,
  CONTENT,
  HAS_KEY,
  HAS_ORIGIN,
  HAS_RIGHT_ORIGIN,
  isItem,
  readBlocks,
  SKIP,
  type Id,
  type StructBlock,
} from './structs.ts'

/** What the bytes of an update are; their sum is its length. */
export interface AnatomyParts {
  /** Content that is there. */
  readonly live: number
  /** Content that was deleted and is still kept. */
  readonly deleted: number
  /** What is left of deleted content that Yjs has dropped. */
  readonly collected: number
  /** Where items stand: neighbours, parents, keys. */
  readonly links: number
  /** Counts, client ids, clocks. */
  readonly frame: number
  readonly deleteSet: number
}

/** What is below one root type. */
export interface AnatomyRoot {
  /** Null for what nobody can tell of. */
  readonly name: string | null
  /** Of items, heads and contents. */
  readonly bytes: number
  /** Of them content that was deleted. */
  readonly deleted: number
  readonly items: number
}

/** Content of one kind. */
export interface AnatomyContent {
  readonly kind: ContentKind
  readonly bytes: number
  readonly items: number
}

/** What one client wrote. */
export interface AnatomyClient {
  readonly client: number
  readonly structs: number
  readonly bytes: number
}

/** Bytes of structs by who is stamped for them. */
export interface AnatomyAuthor {
  /** Null for somebody unnamed. */
  readonly user: string | null
  readonly bytes: number
  readonly clients: number
}

/** Of what an update is made. */
export interface UpdateAnatomy {
  readonly bytes: number
  readonly parts: AnatomyParts
  readonly structs: {
    readonly items: number
    /** Of them wholly deleted. */
    readonly deleted: number
    readonly collected: number
    readonly gaps: number
  }
  /** The largest first, as all below. */
  readonly roots: readonly AnatomyRoot[]
  readonly contents: readonly AnatomyContent[]
  readonly clients: readonly AnatomyClient[]
  readonly authors: readonly AnatomyAuthor[]
}

/** From this clock of a client on, until its next stamp, it was this user. */
export interface AnatomyStamp {
  readonly client: number
  readonly clock: number
  readonly user: string | null
}

const KINDS = {
  1: 'deleted',
  2: 'json',
  3: 'binary',
  4: 'text',
  5: 'embed',
  6: 'format',
  7: 'type',
  8: 'values',
  9: 'document',
} as const

/** A kind of content, for people. */
export type ContentKind = (typeof KINDS)[keyof typeof KINDS]

/** Takes an update apart that `readUpdate` has accepted. Throws on others. */
export const anatomyOf = (update: Update, stamps: readonly AnatomyStamp[]): UpdateAnatomy => {
  const reader = new ByteReader(update)
  const { blocks, deletesAt } = readBlocks(reader)
  reader.at = deletesAt
  const { deletes } = readDeletes(reader)
  assertRead(reader)
  const dissection = new Dissection(update, blocks, deletes)
  const known = byClient(stamps)
  for (const block of blocks) dissection.take(block, known.get(block.client) ?? [])
  return dissection.told(deletesAt)
}

/** In the order of their clocks; sorted out once, as there may be as many clients as stamps. */
const byClient = (
  stamps: readonly AnatomyStamp[],
): ReadonlyMap<number, readonly AnatomyStamp[]> => {
  const known = new Map<number, AnatomyStamp[]>()
  for (const stamp of stamps) {
    const own = known.get(stamp.client)
    if (own === undefined) known.set(stamp.client, [stamp])
    else own.push(stamp)
  }
  for (const own of known.values()) own.sort((a, b) => a.clock - b.clock)
  return known
}

/** Not looked at, on the way of somebody who looks, and nobody can tell; others are indices of names. */
const UNKNOWN = -1
const UNDER_WAY = -2
const NOWHERE = -3

class Dissection {
  readonly #update: Update
  readonly #reader: ByteReader
  readonly #blocks: ReadonlyMap<number, StructBlock>
  readonly #deletes: ReadonlyMap<number, readonly (readonly [number, number])[]>
  /** The root of each struct of a client, as far as it is known. */
  readonly #roots = new Map<number, Int32Array>()
  readonly #names: string[] = []
  readonly #indices = new Map<string, number>()
  readonly #byRoot = new Map<number, { bytes: number; deleted: number; items: number }>()
  readonly #byKind = new Map<ContentKind, { bytes: number; items: number }>()
  readonly #byUser = new Map<string | null, { bytes: number; clients: Set<number> }>()
  readonly #clients: AnatomyClient[] = []
  readonly #parts = { live: 0, deleted: 0, collected: 0, links: 0 }
  readonly #structs = { items: 0, deleted: 0, collected: 0, gaps: 0 }

  constructor(update: Update, blocks: readonly StructBlock[], deletes: IdSet) {
    this.#update = update
    this.#reader = new ByteReader(update)
    this.#blocks = new Map(blocks.map((block) => [block.client, block]))
    const ranges = new Map<number, (readonly [number, number])[]>()
    for (const { client, start, end } of deletes.ranges()) {
      const known = ranges.get(client)
      if (known === undefined) ranges.set(client, [[start, end]])
      else known.push([start, end])
    }
    this.#deletes = ranges
  }

  take(block: StructBlock, stamps: readonly AnatomyStamp[]): void {
    const { client, size } = block
    let passed = 0
    for (let i = 0; i < size; i++) {
      const [from, to] = [block.offset(i), block.offset(i + 1)]
      if (isItem(this.#update, from)) this.#takeItem(block, i)
      else if (this.#update[from] === SKIP) {
        this.#structs.gaps++
        this.#parts.collected += to - from
      } else {
        this.#structs.collected++
        this.#parts.collected += to - from
      }
      // clocks ascend, and so do the stamps
      while ((stamps[passed]?.clock ?? Infinity) <= block.clock(i)) passed++
      const user = stamps[passed - 1]?.user ?? null
      const own = this.#byUser.get(user) ?? { bytes: 0, clients: new Set<number>() }
      own.bytes += to - from
      own.clients.add(client)
      this.#byUser.set(user, own)
    }
    this.#clients.push({ client, structs: size, bytes: block.offset(size) - block.offset(0) })
  }

  #takeItem(block: StructBlock, index: number): void {
    const [from, to] = [block.offset(index), block.offset(index + 1)]
    const { info, contentAt } = this.#head(from)
    const kind = KINDS[(info & CONTENT) as keyof typeof KINDS]
    const contentBytes = to - contentAt
    const [start, end] = [block.clock(index), block.clock(index + 1)]
    const gone = kind === 'deleted' ? end - start : this.#deletedTicks(block.client, start, end)
    const deleted = Math.round((contentBytes * gone) / (end - start))
    this.#parts.links += contentAt - from
    this.#parts.deleted += deleted
    this.#parts.live += contentBytes - deleted
    this.#structs.items++
    if (gone === end - start) this.#structs.deleted++
    const root = this.#rootOf(block, index)
    const below = this.#byRoot.get(root) ?? { bytes: 0, deleted: 0, items: 0 }
    below.bytes += to - from
    below.deleted += deleted
    below.items++
    this.#byRoot.set(root, below)
    const like = this.#byKind.get(kind) ?? { bytes: 0, items: 0 }
    like.bytes += contentBytes
    like.items++
    this.#byKind.set(kind, like)
  }

  /** How many of these ticks of a client are in the delete set. */
  #deletedTicks(client: number, start: number, end: number): number {
    const ranges = this.#deletes.get(client) ?? []
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ranges[middle]?.[1] ?? 0) <= start) low = middle + 1
      else high = middle
    }
    let ticks = 0
    for (let i = low; i < ranges.length; i++) {
      const [from, to] = ranges[i] ?? [0, 0]
      if (from >= end) break
      ticks += Math.min(end, to) - Math.max(start, from)
    }
    return ticks
  }

  /** The way to the root is walked once for all that stand on it. */
  #rootOf(first: StructBlock, firstIndex: number): number {
    const way: [Int32Array, number][] = []
    let block: StructBlock | undefined = first
    let index = firstIndex
    let root = UNKNOWN
    while (root === UNKNOWN) {
      const known: Int32Array = this.#known(block)
      const there = known[index] ?? NOWHERE
      if (there === UNDER_WAY) root = NOWHERE // a circle, which only forgers write
      else if (there !== UNKNOWN) root = there
      else {
        known[index] = UNDER_WAY
        way.push([known, index])
        const next: Id | string | null = this.#leadsOf(block.offset(index))
        if (typeof next === 'string') root = this.#indexOf(next)
        else {
          const target: StructBlock | undefined =
            next === null ? undefined : this.#blocks.get(next.client)
          const at = next === null || target === undefined ? -1 : indexAt(target, next.clock)
          if (target === undefined || at === -1) root = NOWHERE
          else [block, index] = [target, at]
        }
      }
    }
    for (const [known, at] of way) known[at] = root
    return root
  }

  #known(block: StructBlock): Int32Array {
    const known = this.#roots.get(block.client)
    if (known !== undefined) return known
    const made = new Int32Array(block.size).fill(UNKNOWN)
    this.#roots.set(block.client, made)
    return made
  }

  #indexOf(name: string): number {
    const known = this.#indices.get(name)
    if (known !== undefined) return known
    this.#indices.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  #leadsOf(from: number): Id | string | null {
    return isItem(this.#update, from) ? this.#head(from).leads : null
  }

  /** Where the content of an item begins, and what leads to its root: an id, or the root's name. */
  #head(from: number): {
    readonly info: number
    readonly contentAt: number
    readonly leads: Id | string
  } {
    const reader = this.#reader
    reader.at = from
    const info = reader.byte('struct')
    const id = (): Id => ({ client: reader.varUint('client'), clock: reader.varUint('clock') })
    const origin = (info & HAS_ORIGIN) === 0 ? null : id()
    const rightOrigin = (info & HAS_RIGHT_ORIGIN) === 0 ? null : id()
    let leads: Id | string | null = origin ?? rightOrigin
    if (leads === null) {
      leads = reader.varUint('kind of parent') === 1 ? reader.string('name of a root type') : id()
      if ((info & HAS_KEY) !== 0) reader.skipString('key in the parent')
    }
    return { info, contentAt: reader.at, leads }
  }

  told(deletesAt: number): UpdateAnatomy {
    const { live, deleted, collected, links } = this.#parts
    const bytes = this.#update.length
    const frame = deletesAt - live - deleted - collected - links
    return {
      bytes,
      parts: { live, deleted, collected, links, frame, deleteSet: bytes - deletesAt },
      structs: { ...this.#structs },
      roots: largest(
        [...this.#byRoot].map(([i, own]) => Object.assign({ name: this.#names[i] ?? null }, own)),
      ),
      contents: largest([...this.#byKind].map(([kind, own]) => Object.assign({ kind }, own))),
      clients: largest(this.#clients),
      authors: largest(
        [...this.#byUser].map(([user, own]) => ({
          user,
          bytes: own.bytes,
          clients: own.clients.size,
        })),
      ),
    }
  }
}

const largest = <T extends { readonly bytes: number }>(list: readonly T[]): readonly T[] =>
  list.toSorted((a, b) => b.bytes - a.bytes)

/** The struct with this tick; -1 where it is not here. */
const indexAt = (block: StructBlock, clock: number): number => {
  let low = 0
  let high = block.size - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (block.clock(middle) > clock) high = middle - 1
    else if (block.clock(middle + 1) <= clock) low = middle + 1
    else return middle
  }
  return -1
}
