/** Bounds of what waits for logins. */
export interface BacklogLimits {
  readonly bytes: number
  readonly messages: number
}

/** What a kept message takes at least; were it only its bytes, a flood of small ones would be free. */
export const KEPT_MESSAGE_BYTES = 128

/** What clients said before their login was checked: of one of them, or of all on one connection. */
export class Backlog {
  readonly #limits: BacklogLimits
  #bytes = 0
  #messages = 0

  constructor(limits: BacklogLimits) {
    this.#limits = limits
  }

  /** Takes a message in, and says which limit it is over, if any; what is over is `forget`ten with the rest. */
  add(message: Uint8Array): string | null {
    this.#bytes += costOf(message)
    this.#messages++
    const { bytes, messages } = this.#limits
    if (this.#bytes > bytes)
      return `${this.#bytes} bytes before the login was checked, limit ${bytes}`
    if (this.#messages > messages)
      return `${this.#messages} messages before the login was checked, limit ${messages}`
    return null
  }

  /** Gives the place of messages back. */
  forget(messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#bytes -= costOf(message)
    this.#messages -= messages.length
  }
}

const costOf = (message: Uint8Array): number => Math.max(KEPT_MESSAGE_BYTES, message.length)
