import { DRAIN_BYTES, type Socket, type WireBytes } from '../ports/socket.ts'

/** Bytes that are handed to a socket ahead of its reader: enough to keep a fast one busy. */
const AHEAD_BYTES = 256 * 1024

/** Bytes written without a pause: a document of 50 MB must not hold up the event loop. */
const AT_ONCE_BYTES = 1024 * 1024

/**
 * Large answers on their way to one client, no faster than it reads: however slow it is, they cost it the
 * pieces that the operating system has not taken, and the bytes of the answer are shared.
 */
export class Delivery {
  readonly #socket: Socket
  readonly #pieces: WireBytes[] = []
  #next = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** True while there is something left to write. */
  get isUnderWay(): boolean {
    return this.#next < this.#pieces.length
  }

  /** Adds an answer behind the others; `feed` is to follow. */
  add(pieces: readonly WireBytes[]): void {
    this.#pieces.push(...pieces)
  }

  /**
   * Writes on. `done`: all is written and little of it waits; `waits`: the socket will tell when it is
   * drained; `more`: call again in another turn.
   */
  feed(): 'done' | 'waits' | 'more' {
    let written = 0
    while (this.isUnderWay && this.#socket.queuedBytes() < AHEAD_BYTES) {
      if (written >= AT_ONCE_BYTES) return 'more'
      const piece = this.#pieces[this.#next++]
      if (piece === undefined) break
      this.#socket.sendWire(piece)
      written += piece.length
    }
    if (!this.isUnderWay) this.clear()
    return this.isUnderWay || this.#socket.queuedBytes() >= DRAIN_BYTES ? 'waits' : 'done'
  }

  /** Forgets what is not written: the session is gone. */
  clear(): void {
    this.#pieces.length = 0
    this.#next = 0
  }
}
