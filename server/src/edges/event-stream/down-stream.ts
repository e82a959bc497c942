import { concatBytes, limits as protocol } from '@quire/shared'

/*
 * The stream downwards: what was said and is kept until the client has said that it has read it.
 *
 *     0 ─ ─ ─ ─ read ▕▉▉▉▉▉▉ taken ▕▉▉▉▉▉ sent ▕▉▉▉▉▉▉▉▉▉▉ end
 *       forgotten     kept          on its way   waits
 *
 * A client that comes back says how far it has read, and the rest is sent once more. Requests overtake
 * each other, so an older position may come late, and take `sent` back behind what the client has read meanwhile: what was
 * told once counts as told.
 */

/** A piece of the stream for one event. */
export interface StreamPiece {
  readonly bytes: Uint8Array
  /** The position behind it. */
  readonly end: number
}

/** Positions are bytes from the beginning of the stream. */
export class DownStream {
  readonly #keptBytes: number
  #kept: StreamPiece[] = []
  #waiting: Uint8Array[] = []
  #read = 0
  #taken = 0
  #sent = 0
  /** The furthest that was ever sent. */
  #told = 0
  #end = 0

  /** `keptBytes` may be unread before they count as queued. */
  constructor(keptBytes: number) {
    this.#keptBytes = keptBytes
  }

  /** True while something has not been sent. */
  get isWaiting(): boolean {
    return this.#sent < this.#end
  }

  /** Bytes that nobody has taken, and what is unread beyond what may be. */
  get queuedBytes(): number {
    return this.#end - this.#taken + Math.max(0, this.#taken - this.#read - this.#keptBytes)
  }

  /** Says more. The bytes are kept, and only read. */
  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#end += bytes.length
  }

  /** What is to be sent next; null where nothing waits. */
  next(): StreamPiece | null {
    const parts: Uint8Array[] = []
    let room: number = protocol.eventBytes
    for (const part of this.#waiting) {
      if (room === 0) break
      parts.push(part.length > room ? part.subarray(0, room) : part)
      room -= Math.min(room, part.length)
    }
    const last = parts.at(-1)
    if (last === undefined) return null
    const cut = this.#waiting[parts.length - 1]?.subarray(last.length)
    this.#waiting.splice(0, parts.length, ...(cut === undefined || cut.length === 0 ? [] : [cut]))
    const bytes = parts.length === 1 ? last : concatBytes(parts)
    this.#sent += bytes.length
    this.#told = Math.max(this.#told, this.#sent)
    const piece = { bytes, end: this.#sent }
    this.#kept.push(piece)
    return piece
  }

  /** The operating system has taken everything up to there. */
  took(end: number): void {
    this.#taken = Math.max(this.#taken, end)
  }

  /** The client has read up to there; false if nobody can have. */
  acknowledge(position: number): boolean {
    if (position > this.#told) return false
    this.#skipTo(position)
    this.#read = Math.max(this.#read, position)
    this.#taken = Math.max(this.#taken, this.#read)
    const unread = this.#kept.findIndex(({ end }) => end > this.#read)
    this.#kept.splice(0, unread === -1 ? this.#kept.length : unread)
    return true
  }

  /** What waits to be sent again need not be, up to there. */
  #skipTo(position: number): void {
    let left = position - this.#sent
    if (left <= 0) return
    this.#sent = position
    let whole = 0
    for (const { length } of this.#waiting) {
      if (length > left) break
      left -= length
      whole++
    }
    this.#waiting.splice(0, whole)
    const [first] = this.#waiting
    if (first !== undefined && left > 0) this.#waiting[0] = first.subarray(left)
  }

  /** The connection is lost, and nobody knows what of it arrived. */
  lost(): void {
    this.#taken = this.#read
  }

  /** The client goes on reading there; false if that is not kept, or was never sent. */
  rewind(position: number): boolean {
    if (position < this.#read || !this.acknowledge(position)) return false
    const again = this.#kept.map(({ bytes, end }) =>
      end - bytes.length < position ? bytes.subarray(bytes.length - (end - position)) : bytes,
    )
    this.#waiting = [...again, ...this.#waiting]
    this.#kept = []
    this.#sent = position
    this.#taken = position
    return true
  }
}
