import { streamedLength, writeStreamed } from '@quire/shared'

/* The stream upwards, from the first byte on that the server has not said to have heard (PROTOCOL.md P30, P32). */

/** What is to be said, as bytes of a stream. */
export class UpQueue {
  #pieces: Uint8Array<ArrayBuffer>[] = []
  #from = 0
  #size = 0

  /** The position of the first byte. */
  get from(): number {
    return this.#from
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** Adds a message; its bytes are copied. */
  add(message: Uint8Array<ArrayBuffer>): void {
    const piece = new Uint8Array(streamedLength(message.length))
    writeStreamed(message, piece, 0)
    this.#pieces.push(piece)
    this.#size += piece.length
  }

  /** The next bytes, at most so many, in an array of their own. They stay until they are heard. */
  next(limit: number): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(Math.min(limit, this.#size))
    let at = 0
    for (const piece of this.#pieces) {
      if (at === body.length) break
      const part = piece.subarray(0, body.length - at)
      body.set(part, at)
      at += part.length
    }
    return body
  }

  /** So many bytes more were heard. */
  heard(bytes: number): void {
    this.#from += bytes
    this.#size -= bytes
    let left = bytes
    let whole = 0
    for (const piece of this.#pieces) {
      if (piece.length > left) break
      left -= piece.length
      whole++
    }
    this.#pieces.splice(0, whole)
    const [first] = this.#pieces
    if (first !== undefined && left > 0) this.#pieces[0] = first.subarray(left)
  }
}
