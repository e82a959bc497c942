import { QUIRE_SUBPROTOCOL } from '@quire/shared'
import type { Line, LineListener, Transport } from './transport.ts'

/** A WebSocket to `/sync` of a server (RFC 6455), as browsers and Node from 22 on have them. */
export const webSocketTransport: Transport = {
  open: (url, listener) => new WebSocketLine(url, listener),
}

class WebSocketLine implements Line {
  readonly #socket: WebSocket
  #early: Uint8Array<ArrayBuffer>[] = []
  #listener: LineListener | null

  constructor(url: string, listener: LineListener) {
    this.#listener = listener
    this.#socket = new WebSocket(syncUrl(url), QUIRE_SUBPROTOCOL)
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.addEventListener('open', () => {
      for (const frame of this.#early.splice(0)) this.#socket.send(frame)
    })
    this.#socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      // text is no message of this protocol
      if (data instanceof ArrayBuffer) this.#listener?.message(new Uint8Array(data))
      else this.#end('the server sent text')
    })
    this.#socket.addEventListener('close', ({ code, reason }) =>
      this.#end(reason === '' ? `the connection ended (${code})` : `${reason} (${code})`),
    )
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame)
    else if (this.#socket.readyState === WebSocket.CONNECTING) this.#early.push(frame)
  }

  close(): void {
    this.#listener = null
    this.#early = []
    this.#socket.close()
  }

  #end(reason: string): void {
    const listener = this.#listener
    this.close()
    listener?.ended(reason)
  }
}

/** `/sync` below a server's address, which may be given for HTTP as well. */
export const syncUrl = (url: string): string => {
  const sync = new URL(url)
  sync.protocol = sync.protocol === 'https:' || sync.protocol === 'wss:' ? 'wss:' : 'ws:'
  sync.pathname = `${sync.pathname.replace(/\/+$/, '')}/sync`
  return sync.href
}
