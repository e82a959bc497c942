/*
 * A network whose weather a test makes: what is said waits on its line, in each direction in order, until it
 * is delivered, or lost with the line.
 */
import type { Line, LineListener, Transport } from '../transports/transport.ts'

/** What stands behind a network. */
export interface FarEnd {
  connected(line: TestLine): void
  heard(line: TestLine, frame: Uint8Array): void
  /** The client has given it up, or it was cut. */
  gone(line: TestLine): void
}

/** A line; which of both ends a method is for, says its comment. */
export class TestLine implements Line {
  readonly #far: FarEnd
  #listener: LineListener | null
  #up: (Uint8Array | 'end')[] = []
  #down: (Uint8Array | 'end')[] = []
  #phase: 'new' | 'connected' | 'over' = 'new'

  constructor(far: FarEnd, listener: LineListener) {
    this.#far = far
    this.#listener = listener
  }

  /** Whether the client has it still. */
  get isHeld(): boolean {
    return this.#listener !== null
  }

  /** What is under way. */
  get waiting(): number {
    if (this.#phase === 'over') return 0
    return this.#up.length + this.#down.length + (this.#phase === 'new' ? 1 : 0)
  }

  /** The client says something. */
  send(frame: Uint8Array): void {
    if (this.#phase !== 'over') this.#up.push(frame)
  }

  /** The client gives it up. */
  close(): void {
    this.#listener = null
    if (this.#phase === 'new') this.#phase = 'over'
    this.#up.push('end')
  }

  /** The far end says something. */
  answer(frame: Uint8Array): void {
    if (this.#phase === 'connected') this.#down.push(frame)
  }

  /** The far end gives it up. */
  finish(): void {
    if (this.#phase === 'connected') this.#down.push('end')
  }

  /** What the client said next arrives; first of all, that there is a line. */
  deliverUp(): void {
    if (this.#phase === 'over') return
    if (this.#phase === 'new') {
      this.#phase = 'connected'
      return this.#far.connected(this)
    }
    const next = this.#up.shift()
    if (next === undefined) return
    if (next !== 'end') return this.#far.heard(this, next)
    this.#phase = 'over'
    this.#far.gone(this)
  }

  /** What the far end said next arrives. */
  deliverDown(): void {
    const next = this.#down.shift()
    if (next === 'end') this.#lose('the far end has ended it')
    else if (next !== undefined) this.#listener?.message(next)
  }

  /** It is lost, with what was under way; both ends notice. */
  cut(): void {
    this.#lose('the line was cut')
  }

  #lose(reason: string): void {
    if (this.#phase === 'over') return
    const wasConnected = this.#phase === 'connected'
    this.#phase = 'over'
    this.#up = []
    this.#down = []
    if (wasConnected) this.#far.gone(this)
    const listener = this.#listener
    this.#listener = null
    listener?.ended(reason)
  }
}

/** A network, and a way into it. */
export class TestNetwork {
  readonly lines: TestLine[] = []
  readonly #far: FarEnd

  constructor(far: FarEnd) {
    this.#far = far
  }

  readonly transport: Transport = {
    open: (_, listener) => {
      const line = new TestLine(this.#far, listener)
      this.lines.push(line)
      return line
    },
  }

  /** Those that clients have. */
  get held(): readonly TestLine[] {
    return this.lines.filter(({ isHeld }) => isHeld)
  }

  /** Delivers all that is under way, and what comes of it. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await Promise.resolve() // logins are promises
      for (const line of this.lines)
        while (line.waiting > 0) {
          quiet = 0
          line.deliverUp()
          line.deliverDown()
        }
    }
  }

  cutAll(): void {
    for (const line of this.lines) line.cut()
  }
}
