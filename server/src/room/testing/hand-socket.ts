/* WebSockets under a test's hand, for stock providers: they open, hear and close when they are told to. */

type Listener = (event: unknown) => void

/** As much of a WebSocket as providers use. */
export interface HandSocket {
  readyState: number
  happen(name: 'open' | 'message' | 'close', event: unknown): void
}

/** The WebSockets of one provider. */
export interface HandSockets {
  /** Their class. */
  readonly Socket: new () => HandSocket
  /** What was sent on all of them. */
  readonly sent: readonly Uint8Array[]
  newest(): HandSocket
}

/** Makes the class of WebSockets for one provider. */
export const handSockets = (): HandSockets => {
  const sent: Uint8Array[] = []
  const made: HandSocket[] = []

  class Socket implements HandSocket {
    static readonly OPEN = 1
    readyState = 0
    binaryType = ''
    readonly #listeners = new Map<string, Listener | null>()

    constructor() {
      made.push(this)
    }

    set onopen(listener: Listener | null) {
      this.#listeners.set('open', listener)
    }

    set onmessage(listener: Listener | null) {
      this.#listeners.set('message', listener)
    }

    set onclose(listener: Listener | null) {
      this.#listeners.set('close', listener)
    }

    set onerror(listener: Listener | null) {
      this.#listeners.set('error', listener)
    }

    addEventListener(name: string, listener: Listener): void {
      this.#listeners.set(name, listener)
    }

    removeEventListener(name: string): void {
      this.#listeners.delete(name)
    }

    send(frame: Uint8Array): void {
      sent.push(frame.slice())
    }

    close(): void {
      this.readyState = 3
    }

    happen(name: string, event: unknown): void {
      this.#listeners.get(name)?.(event)
    }
  }

  return {
    Socket,
    sent,
    newest: (): HandSocket => {
      const newest = made.at(-1)
      if (newest === undefined) throw new Error('the provider has made no socket')
      return newest
    },
  }
}
