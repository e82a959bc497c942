import type { SocketListener, Socket } from '../../ports/socket.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'

/** A WebSocket class for stock clients whose connections are memory sockets; `accept` owns their far ends. */
export const memoryWebSocket = (
  accept: (socket: Socket) => SocketListener,
): { readonly WebSocket: new () => object; readonly opened: readonly Peer[] } => {
  const opened: Peer[] = []
  class MemoryWebSocket extends EventTarget {
    static readonly CONNECTING = 0
    static readonly OPEN = 1
    static readonly CLOSING = 2
    static readonly CLOSED = 3
    readyState = MemoryWebSocket.CONNECTING
    binaryType = 'arraybuffer'
    readonly #peer: Peer

    constructor() {
      super()
      const { socket, peer } = createMemorySocket()
      this.#peer = peer
      opened.push(peer)
      setImmediate(() => this.#open(socket))
    }

    send(frame: Uint8Array): void {
      this.#peer.say(frame.slice())
    }

    close(): void {
      this.#peer.hangUp()
    }

    #open(socket: Socket): void {
      if (this.#peer.ending !== null) return // closed before it was open
      const owner = accept(socket)
      const closed = (code: number, reason: string): void => {
        owner.closed(code, reason)
        this.readyState = MemoryWebSocket.CLOSED
        this.dispatchEvent(Object.assign(new Event('close'), { code, reason }))
      }
      this.#peer.open(
        { message: (bytes) => owner.message(bytes), drained: () => owner.drained(), closed },
        (frame) => this.dispatchEvent(new MessageEvent('message', { data: frame.slice().buffer })),
      )
      this.readyState = MemoryWebSocket.OPEN
      this.dispatchEvent(new Event('open'))
    }
  }
  return { WebSocket: MemoryWebSocket, opened }
}
