import { concatBytes, limits as protocol } from '@quire/shared'

/*
 * The stream downwards: what was said and is kept until the client has said that it has read it.
 *
 *     0 ─ ─ ─ ─ read ▕▉▉▉▉▉▉ taken ▕▉▉▉▉▉ sent ▕▉▉▉▉▉▉▉▉▉▉ end
 *       forgotten     kept          on its way   waits
 *
 * A client that comes back says how far it has read, and the rest is sent once more.
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
    if (position > this.#sent) return false
    this.#read = Math.max(this.#read, position)
    this.#taken = Math.max(this.#taken, this.#read)
    const unread = this.#kept.findIndex(({ end }) => end > this.#read)
    this.#kept.splice(0, unread === -1 ? this.#kept.length : unread)
    return true
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
