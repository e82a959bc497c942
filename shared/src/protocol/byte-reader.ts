/*
 * A reader of lib0's encoding (varUint: 7 bits a byte, little end first; varString and byte arrays:
 * varUint length, then the bytes) that is total: it never throws and never looks outside its bytes.
 *
 * lib0's own decoder is not used on what a peer sent: it throws, it rounds integers above 2^53, and it
 * takes views of the *underlying buffer*, so a length that lies reads a neighbour's memory when the
 * frame is a view into a receive pool.
 *
 * The first problem latches: later reads return 0 or nothing, and the caller looks at `problem` once
 * at the end. A loop whose count came from the peer must check it in each round.
 */
import { limits } from '../limits.ts'
import { utf16Units } from './utf8.ts'

/** Why bytes did not decode; `at` is the offset where reading stopped. */
export interface DecodeProblem {
  readonly kind:
    | 'truncated'
    | 'range'
    | 'utf8'
    | 'json'
    | 'limit'
    | 'unknown'
    | 'trailing'
    | 'order'
    | 'forbidden'
  readonly at: number
  /** Names what, where and the limit. */
  readonly message: string
}

const NOTHING = new Uint8Array(0)
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads one byte array from front to back. Byte arrays that it returns are views. */
export class ByteReader {
  at = 0
  problem: DecodeProblem | null = null
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.at
  }

  /** Latches a problem; the first one stays. */
  fail(kind: DecodeProblem['kind'], message: string): void {
    this.problem ??= { kind, at: this.at, message: `${message} at byte ${this.at}` }
    this.at = this.#bytes.length // nothing more is read
  }

  byte(what: string): number {
    const value = this.#bytes[this.at]
    if (value === undefined) {
      this.fail('truncated', `${what} is missing`)
      return 0
    }
    this.at++
    return value
  }

  /** An unsigned integer up to 2^53 - 1. */
  varUint(what: string): number {
    const bytes = this.#bytes
    const first = bytes[this.at]
    if (first !== undefined && first < 0x80) {
      this.at++
      return first
    }
    let value = 0
    let scale = 1
    for (let i = 0; i < limits.varUintBytes; i++) {
      const part = bytes[this.at + i]
      if (part === undefined) {
        this.fail('truncated', `${what} ends inside a varUint`)
        return 0
      }
      value += (part & 0x7f) * scale
      scale *= 0x80
      if (part < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        this.at += i + 1
        return value
      }
    }
    this.fail('range', `${what} is over 2^53 - 1`)
    return 0
  }

  /** Passes over a signed varInt: sign in bit 6 of the first byte, then 7 bits a byte. */
  skipVarInt(what: string): void {
    let part = this.byte(what)
    let value = part & 0x3f
    let scale = 0x40
    for (let i = 1; part >= 0x80 && this.problem === null; i++) {
      part = this.byte(what)
      value += (part & 0x7f) * scale
      scale *= 0x80
      if (value > Number.MAX_SAFE_INTEGER || i >= limits.varUintBytes) {
        this.fail('range', `${what} is over 2^53 - 1`)
        return
      }
    }
  }

  /** Passes over the next `length` bytes. */
  skip(length: number, what: string): void {
    if (length > this.left)
      this.fail('truncated', `${what} claims ${length} bytes, ${this.left} are left`)
    else this.at += length
  }

  /** Passes over a varUint length and that many bytes. */
  skipBytes(what: string): void {
    this.skip(this.varUint(what), what)
  }

  /** A varUint length and that many bytes, as a view. */
  bytes(what: string): Uint8Array {
    const length = this.varUint(what)
    const from = this.at
    this.skip(length, what)
    return this.problem === null ? this.#bytes.subarray(from, this.at) : NOTHING
  }

  /** A varString, decoded. */
  string(what: string): string {
    return this.text(this.bytes(what), what)
  }

  /** Decodes bytes that were read as UTF-8. */
  text(bytes: Uint8Array, what: string): string {
    if (this.problem !== null) return ''
    if (utf16Units(bytes, 0, bytes.length) === -1) {
      this.fail('utf8', `${what} is not UTF-8`)
      return ''
    }
    return decoder.decode(bytes)
  }

  /** Passes over a varString after checking it; returns its length in UTF-16 units. */
  skipString(what: string): number {
    const length = this.varUint(what)
    const from = this.at
    this.skip(length, what)
    if (this.problem !== null) return 0
    const units = utf16Units(this.#bytes, from, this.at)
    if (units === -1) {
      this.fail('utf8', `${what} is not UTF-8`)
      return 0
    }
    return units
  }

  /** How many clients follow, within the limit. */
  clients(what: string): number {
    const count = this.varUint(`number of clients in ${what}`)
    if (count <= limits.clientsPerDocument) return count
    this.fail('limit', `${what} has ${count} clients, limit ${limits.clientsPerDocument}`)
    return 0
  }

  /** Fails unless everything has been read. */
  end(what: string): void {
    if (this.problem === null && this.left > 0)
      this.fail('trailing', `${this.left} bytes after the end of ${what}`)
  }
}
