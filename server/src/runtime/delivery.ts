import type { Millis } from '@quire/shared'
import { DRAIN_BYTES, type Socket, type WireBytes } from '../ports/socket.ts'
import type { PaceFacts, ReadingPace } from './reading-pace.ts'

/** Bytes that are handed to a socket ahead of its reader: enough to keep a fast one busy. */
const AHEAD_BYTES = 256 * 1024

/** Bytes written without a pause: a document of 50 MB must not hold up the event loop. */
const AT_ONCE_BYTES = 1024 * 1024

/** A message of an answer, laid out when it is written: what nobody reads takes no memory. */
export type Piece = () => WireBytes

interface Waiting {
  readonly pieces: readonly Piece[]
  next: number
  readonly done: () => void
}

/**
 * Large answers on their way to one client, no faster than it reads: however slow it is, they cost it the
 * pieces that the operating system has not taken, and the bytes of the answer are shared.
 */
export class Delivery {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  readonly #pace: ReadingPace
  #isTimed = false

  /** `pace`: of the socket, which others may read on. */
  constructor(socket: Socket, pace: ReadingPace) {
    this.#socket = socket
    this.#pace = pace
  }

  /** True while there is something left to write. */
  get isUnderWay(): boolean {
    return this.#waiting.length > 0
  }

  /** True if its reader has been too slow for it to keep its place. */
  isBehind(now: Millis): boolean {
    return this.isUnderWay && this.#pace.isBehind(now)
  }

  /** Adds an answer behind the others; `feed` is to follow. `done`: it is written, or never will be. */
  add(pieces: readonly Piece[], done: () => void): void {
    this.#waiting.push({ pieces, next: 0, done })
  }

  /**
   * Writes on. `done`: all is written and little of it waits; `waits`: the socket will tell when it is
   * drained; `more`: call again in another turn.
   */
  feed(facts: PaceFacts): 'done' | 'waits' | 'more' {
    this.#time(facts)
    let written = 0
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const piece = first.pieces[first.next]
      if (piece === undefined) {
        this.#waiting.shift()
        first.done()
        continue
      }
      if (this.#socket.queuedBytes() >= AHEAD_BYTES) break
      if (written >= AT_ONCE_BYTES) return 'more'
      const bytes = piece()
      this.#socket.sendWire(bytes)
      first.next++
      written += bytes.length
      this.#pace.wrote(bytes.length, this.#socket.queuedBytes(), facts)
    }
    this.#time(facts)
    return this.isUnderWay || this.#socket.queuedBytes() >= DRAIN_BYTES ? 'waits' : 'done'
  }

  /** Forgets what is not written: the session is gone. */
  clear(): void {
    for (const { done } of this.#waiting.splice(0)) done()
    if (this.#isTimed) this.#pace.stop()
    this.#isTimed = false
  }

  /** Its reader's time counts while there is something to read. */
  #time(facts: PaceFacts): void {
    if (this.#isTimed === this.isUnderWay) return
    this.#isTimed = this.isUnderWay
    if (this.#isTimed) this.#pace.start(facts)
    else this.#pace.stop()
  }
}
