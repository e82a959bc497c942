import type { Line, LineListener, Transport } from './transport.ts'

/** A transport whose code is fetched once it is needed: most pages never need another one than a WebSocket. */
export const lazyTransport = (load: () => Promise<Transport>): Transport => ({
  open: (url, listener) => new LazyLine(load, url, listener),
})

class LazyLine implements Line {
  #line: Line | null = null
  #early: Uint8Array<ArrayBuffer>[] = []
  #listener: LineListener | null

  constructor(load: () => Promise<Transport>, url: string, listener: LineListener) {
    this.#listener = listener
    void this.#open(load, url)
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#line !== null) this.#line.send(frame)
    else if (this.#listener !== null) this.#early.push(frame)
  }

  close(): void {
    this.#listener = null
    this.#early = []
    this.#line?.close()
  }

  /** The code is fetched as anything else is, and that can fail. */
  async #open(load: () => Promise<Transport>, url: string): Promise<void> {
    try {
      const transport = await load()
      if (this.#listener === null) return
      this.#line = transport.open(url, this.#listener)
      for (const frame of this.#early.splice(0)) this.#line.send(frame)
    } catch (error) {
      this.#listener?.ended(error instanceof Error ? error.message : String(error))
      this.close()
    }
  }
}
