import { StreamedMessages, type Millis } from '@quire/shared'
import { READ_BYTES } from '../../runtime/reading-pace.ts'

/*
 * The stream upwards: requests bring pieces of it, each with the position of its first byte. What has been heard is
 * passed over, so a request whose answer was lost may come again, whole or cut otherwise.
 *
 *     0 ─ ─ ─ ─ heard ▕▉▉▉▉ piece ▕
 *                  ▕▉▉▉▉▉▉▉▉▉▉▉▉▉▉▕     from: the client did not know how far it was heard
 */

/**
 * What came of a piece: all of it was heard; it begins behind what has been heard; a newer request brought
 * the same; the stream is over.
 */
export type Heard = 'taken' | 'gap' | 'superseded' | 'over'

/** What an upward stream needs. */
export interface UpStreamOptions {
  /** Longest message, bytes. */
  readonly messageBytes: number
  readonly hear: (message: Uint8Array) => void
  /** What it says is no stream of messages. */
  readonly fail: (problem: string) => void
}

/** Hears one piece at a time; while it is paused the answer to who brought it waits. */
export class UpStream {
  readonly #options: UpStreamOptions
  readonly #messages: StreamedMessages
  #answerHeld: ((heard: Heard) => void) | null = null
  #isPaused = false
  #isOver = false
  #heard = 0
  /** The message that was incomplete when it was looked at: which, how far the stream was, and since when it is timed. */
  #begun: { readonly message: number; readonly at: number; readonly since: Millis } | null = null

  constructor(options: UpStreamOptions) {
    this.#options = options
    this.#messages = new StreamedMessages(options.messageBytes)
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Bytes of memory that a message which is not whole yet takes. */
  get heldBytes(): number {
    return this.#messages.heldBytes
  }

  /** Hears a piece that begins at `from`. The bytes are kept until it is answered. */
  hear(from: number, bytes: Uint8Array): Promise<Heard> {
    if (this.#isOver) return Promise.resolve('over')
    const { position } = this.#messages
    if (from > position) return Promise.resolve('gap')
    if (bytes.length === 0) return Promise.resolve('taken') // says nothing, and is in nobody's way
    this.#answer('superseded')
    this.#messages.take(bytes.subarray(position - from))
    return new Promise((answer) => {
      this.#answerHeld = answer
      this.goOn()
    })
  }

  pause(): void {
    this.#isPaused = true
  }

  /** `goOn` is to follow. */
  resume(): void {
    this.#isPaused = false
  }

  /** Hears what is left of the piece that it has, as far as it may. */
  goOn(): void {
    while (!this.#isPaused && !this.#isOver) {
      const message = this.#messages.next()
      if (message === null) {
        if (this.#messages.problem !== null) this.#options.fail(this.#messages.problem)
        else this.#answer('taken')
        return
      }
      this.#heard++
      this.#options.hear(message)
    }
  }

  /** Hears nothing more. */
  end(): void {
    this.#isOver = true
    this.#isPaused = false
    this.#messages.take(NOTHING)
    this.#answer('over')
  }

  /** True if a message has begun and neither it nor 2 MiB of it came within that time. */
  isBehind(now: Millis, readMs: number): boolean {
    const { isInside, position } = this.#messages
    if (!isInside || this.#isPaused) this.#begun = null
    else if (this.#begun?.message !== this.#heard || position - this.#begun.at >= READ_BYTES)
      this.#begun = { message: this.#heard, at: position, since: now }
    return this.#begun !== null && now - this.#begun.since > readMs
  }

  #answer(heard: Heard): void {
    const answer = this.#answerHeld
    this.#answerHeld = null
    answer?.(heard)
  }
}

const NOTHING = new Uint8Array(0)
