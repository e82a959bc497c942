/*
 * Which clocks of which clients an update (format V1) brings, found without decoding it. It is read once
 * per recipient, so it only steps over what typing makes: text, deletions, gaps. For anything else the
 * whole reader of @quire/shared is asked. Structs as in yjs' structs/*.js:
 *
 *   Update = varUint clients, clients × (varUint structs, varUint client, varUint clock, structs × Struct), …
 */
import { readUpdate } from '@quire/shared'

/** Told the clocks [start, end) of a client. */
export type TakeRange = (client: number, start: number, end: number) => void

const GC = 0
const SKIP = 10
const CONTENT = 0x1f
const CONTENT_DELETED = 1
const CONTENT_STRING = 4
const HAS_KEY = 0x20
const HAS_RIGHT_ORIGIN = 0x40
const HAS_ORIGIN = 0x80

/** Reads the update in bytes [from, to); throws where it is none. */
export const scanUpdate = (
  bytes: Uint8Array,
  [from, to]: readonly [from: number, to: number],
  take: TakeRange,
): void => {
  const scan = new Scan(bytes, from)
  if (scan.run(take)) return
  const contents = readUpdate(bytes.subarray(from, to))
  if (!contents.ok) throw new Error(`not an update: ${contents.error.message}`)
  for (const { client, start, end } of contents.value.structs.ranges()) take(client, start, end)
}

class Scan {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** False at the first thing that it does not know, with the ranges before it told. */
  run(take: TakeRange): boolean {
    for (let clients = this.#varUint(); clients > 0; clients--) {
      const structs = this.#varUint()
      const client = this.#varUint()
      let start = this.#varUint()
      let clock = start
      for (let i = 0; i < structs; i++) {
        const info = this.#byte()
        if (info === SKIP) {
          if (clock > start) take(client, start, clock)
          clock += this.#varUint()
          start = clock
          continue
        }
        const length = info === GC ? this.#varUint() : this.#item(info)
        if (length === 0) return false
        clock += length
      }
      if (clock > start) take(client, start, clock)
    }
    return true
  }

  /** Steps over an item; its length, or 0 where that cannot be told. */
  #item(info: number): number {
    if ((info & HAS_ORIGIN) !== 0) this.#id()
    if ((info & HAS_RIGHT_ORIGIN) !== 0) this.#id()
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
      if (this.#varUint() === 1) this.#text()
      else this.#id()
      if ((info & HAS_KEY) !== 0) this.#text()
    }
    const content = info & CONTENT
    if (content === CONTENT_DELETED) return this.#varUint()
    if (content !== CONTENT_STRING) return 0
    const bytes = this.#varUint()
    return this.#utf16Units(bytes)
  }

  /** Steps over UTF-8 text; its length as JavaScript has it. */
  #utf16Units(bytes: number): number {
    const end = this.#at + bytes
    let units = 0
    while (this.#at < end) {
      const byte = this.#byte()
      if (byte >= 0xf0) units += 2
      else if (byte < 0x80 || byte >= 0xc0) units++
    }
    return units
  }

  #text(): void {
    const bytes = this.#varUint()
    this.#at += bytes
  }

  #id(): void {
    this.#varUint()
    this.#varUint()
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error('not an update: it ends too early')
    return byte
  }

  #varUint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
}
