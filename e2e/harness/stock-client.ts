/*
 * A stock y-websocket client on a document of its own. What goes over its socket is only watched:
 * `Wire` keeps what was sent, what the server has acknowledged of it, and what came from others.
 */
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import { Doc, type Text } from 'yjs'
import { readSyncFrame } from './frames.ts'
import type { Closed } from './raw-client.ts'
import { until } from './until.ts'

/** What went over the socket, over all connections. */
export interface Wire {
  /** Own updates whose echo came: committed, the server says. */
  readonly acknowledged: readonly Uint8Array[]
  /** Everything else that the server sent of the document. */
  readonly seen: Uint8Array[]
  /** How each connection ended that the server, or the network, ended. */
  readonly closes: readonly Closed[]
}

/** A client. */
export interface StockClient {
  readonly doc: Doc
  readonly text: Text
  readonly provider: WebsocketProvider
  readonly wire: Wire
  /** Waits until it is connected and has the server's state. */
  synced(withinMs?: number): Promise<void>
  /** From now on it reads nothing, as in a tab that hangs, until `wake`. */
  stall(): void
  wake(): void
  /** Disconnects for good. */
  close(): void
}

/** The root text that clients of these tests share. */
export const TEXT = 'text'

/** Opens a client; it connects at once and reconnects by itself. */
export const openClient = (server: { readonly yjsUrl: string }, document: string): StockClient => {
  const doc = new Doc()
  const acknowledged: Uint8Array[] = []
  const seen: Uint8Array[] = []
  const closes: Closed[] = []
  const provider = new WebsocketProvider(server.yjsUrl, encodeURIComponent(document), doc, {
    disableBc: true,
    maxBackoffTime: 500,
    // ws has the browser's interface as far as the provider uses it
    WebSocketPolyfill: watched(
      acknowledged,
      seen,
      closes,
    ) as unknown as typeof globalThis.WebSocket,
  })
  return {
    doc,
    text: doc.getText(TEXT),
    provider,
    wire: { acknowledged, seen, closes },
    synced: (withinMs) => until(`client of ${document} is synced`, () => provider.synced, withinMs),
    stall: () => socketOf(provider).pause(),
    wake: () => socketOf(provider).resume(),
    close() {
      provider.destroy()
      doc.destroy()
    },
  }
}

/** The socket of a provider that is connected; it is one of `watched`. */
const socketOf = (provider: WebsocketProvider): WebSocket => {
  if (provider.ws === null) throw new Error('the client is not connected')
  return provider.ws as unknown as WebSocket
}

const watched = (acknowledged: Uint8Array[], seen: Uint8Array[], closes: Closed[]) =>
  class WatchedSocket extends WebSocket {
    readonly #unacknowledged: Uint8Array[] = []

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { perMessageDeflate: false })
      this.on('message', (frame: ArrayBuffer) => this.#hear(new Uint8Array(frame)))
      this.on('close', (code, reason) => closes.push({ code, reason: reason.toString() }))
    }

    override send(frame: Uint8Array): void {
      const sync = readSyncFrame(frame)
      if (sync !== null && sync.kind !== 'step-1') this.#unacknowledged.push(sync.bytes)
      super.send(frame)
    }

    /** The echo is the update again, in the order of sending; an empty one is not echoed. */
    #hear(frame: Uint8Array): void {
      const sync = readSyncFrame(frame)
      if (sync === null || sync.kind === 'step-1') return
      const at = this.#unacknowledged.findIndex((sent) => Buffer.compare(sent, sync.bytes) === 0)
      if (sync.kind === 'step-2' || at < 0) seen.push(sync.bytes)
      else acknowledged.push(...this.#unacknowledged.splice(0, at + 1))
    }
  }
