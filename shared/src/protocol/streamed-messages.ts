/*
 * Messages in a stream of bytes, for transports that keep bytes in order and know no messages:
 *
 *   Stream = Message, Message, …
 *   Message = varUint length, bytes
 *
 * Where the stream is cut says nothing: a piece may hold many messages, or a part of one.
 */
import { limits } from '../limits.ts'

/** Bytes that a message of this length takes in a stream. */
export const streamedLength = (length: number): number => {
  let bytes = 1
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes + length
}

/** Writes a message into `into` at `at`, where there is place for it. */
export const writeStreamed = (message: Uint8Array, into: Uint8Array, at: number): void => {
  let to = at
  let rest = message.length
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[to++] = (rest % 0x80) | 0x80
  into[to++] = rest
  into.set(message, to)
}

/** Room for a message that has only begun, bytes: what its length claims is not believed at once. */
const FIRST_ROOM_BYTES = 4_096

/**
 * Reads messages out of a stream, however it comes in pieces. It never throws; its memory is at most twice what has
 * come of one message. The first problem stays, and ends it: what follows in the stream cannot be told apart.
 */
export class StreamedMessages {
  readonly #limitBytes: number
  #piece: Uint8Array = NOTHING
  #at = 0
  #before = 0
  #length = { value: 0, scale: 1, bytes: 0 }
  #message: { readonly length: number; have: number; room: Uint8Array } | null = null
  #problem: string | null = null

  /** `limitBytes`: of one message. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** What is wrong with the stream, naming the limit; null where nothing is. */
  get problem(): string | null {
    return this.#problem
  }

  /** Bytes of the stream that have been read so far. */
  get position(): number {
    return this.#before + this.#at
  }

  /** Bytes of memory that a message which has only come in part takes. */
  get heldBytes(): number {
    return this.#message?.room.length ?? 0
  }

  /** True behind the beginning of a message, until its end. */
  get isInside(): boolean {
    return this.#message !== null || this.#length.bytes > 0
  }

  /** The next piece of the stream, in place of what is left of the last one. It is only read. */
  take(piece: Uint8Array): void {
    this.#before += this.#at
    this.#at = 0
    this.#piece = piece
  }

  /** The next whole message, in an array of its own; null where more has to come, or nothing may any more. */
  next(): Uint8Array | null {
    if (this.#problem !== null) return null
    if (this.#message === null) {
      const length = this.#readLength()
      if (length === null) return null
      const from = this.#at
      if (this.#piece.length - from >= length) {
        this.#at = from + length
        return new Uint8Array(this.#piece.subarray(from, this.#at)) // never a Buffer, whose slice is a view
      }
      this.#message = { length, have: 0, room: NOTHING }
    }
    return this.#gather(this.#message)
  }

  #readLength(): number | null {
    const length = this.#length
    while (this.#at < this.#piece.length) {
      const part = this.#piece[this.#at++] ?? 0
      length.value += (part & 0x7f) * length.scale
      length.scale *= 0x80
      length.bytes++
      if (length.value > this.#limitBytes || (part >= 0x80 && length.bytes >= limits.varUintBytes))
        return this.#fail(length.value)
      if (part < 0x80) {
        this.#length = { value: 0, scale: 1, bytes: 0 }
        return length.value
      }
    }
    return null
  }

  #fail(length: number): null {
    this.#problem = `a message of ${length} bytes or more, limit ${this.#limitBytes}`
    this.#piece = NOTHING
    return null
  }

  #gather(message: { readonly length: number; have: number; room: Uint8Array }): Uint8Array | null {
    const { length, have } = message
    const some = this.#piece.subarray(this.#at, this.#at + length - have)
    const need = have + some.length
    if (need > message.room.length) {
      const room = new Uint8Array(Math.min(length, Math.max(FIRST_ROOM_BYTES, 2 * need)))
      room.set(message.room.subarray(0, have))
      message.room = room
    }
    message.room.set(some, have)
    message.have = need
    this.#at += some.length
    if (need < length) return null
    this.#message = null
    return message.room
  }
}

const NOTHING = new Uint8Array(0)
