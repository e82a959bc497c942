import type { Clock } from '../ports/clock.ts'

/** Writes a piece; returns its bytes, 0 if there was nothing left. */
export type WritePiece = () => number

/**
 * Shares the turns of the event loop among all who have more to write than fits into one: a piece of each, one
 * after the other, so many as a turn holds, and the rest in the next ones.
 */
export class Turns {
  /** Bytes that are written in one turn; the piece that reaches them is the last. */
  readonly bytes: number
  readonly #clock: Clock
  #writing: WritePiece[] = []
  #isDue = false

  constructor(clock: Clock, bytes: number) {
    this.#clock = clock
    this.bytes = bytes
  }

  /** Calls `write` from the end of this turn on until it has nothing left. It must not throw. */
  add(write: WritePiece): void {
    this.#writing.push(write)
    if (!this.#isDue) this.#goOn()
  }

  #goOn(): void {
    this.#isDue = true
    this.#clock.endOfTurn(() => this.#turn())
  }

  #turn(): void {
    this.#isDue = false
    for (let written = 0; written < this.bytes;) {
      const write = this.#writing.shift()
      if (write === undefined) return
      const bytes = write()
      written += bytes
      if (bytes > 0) this.#writing.push(write)
    }
    if (!this.#isDue) this.#goOn()
  }
}
