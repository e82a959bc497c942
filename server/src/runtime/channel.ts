import type { Frame } from '@quire/shared'
import type { Socket, Wire, WireBytes } from '../ports/socket.ts'

/** What the owner of a shared socket does for its channels. */
export interface ChannelOwner {
  /** Stops reading for a channel; the others share the socket, so they stop as well. */
  pause(channel: Channel): void
  resume(channel: Channel): void
  /** The server ends this one session. */
  ended(channel: Channel, code: number, reason: string): void
}

/** One session's share of a socket that carries several: its messages have its address in them. */
export class Channel implements Socket {
  readonly #socket: Socket
  readonly #owner: ChannelOwner
  #isOpen = true

  constructor(socket: Socket, owner: ChannelOwner) {
    this.#socket = socket
    this.#owner = owner
  }

  get address(): string {
    return this.#socket.address
  }

  get addressGroup(): string | null {
    return this.#socket.addressGroup
  }

  get wire(): Wire {
    return this.#socket.wire
  }

  /** True while the whole socket is not read, whichever of its sessions that is for. */
  get isPaused(): boolean {
    return this.#socket.isPaused
  }

  /** Bytes that wait on the whole socket: they are read in order, whoever they are for. */
  queuedBytes(): number {
    return this.#isOpen ? this.#socket.queuedBytes() : 0
  }

  send(frame: Frame): void {
    if (this.#isOpen) this.#socket.send(frame)
  }

  sendWire(bytes: WireBytes): void {
    if (this.#isOpen) this.#socket.sendWire(bytes)
  }

  pause(): void {
    if (this.#isOpen) this.#owner.pause(this)
  }

  resume(): void {
    this.#owner.resume(this)
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#owner.resume(this)
    this.#owner.ended(this, code, reason)
  }

  /** Drops the connection: a peer that does not read one of its sessions reads none. */
  terminate(): void {
    if (this.#isOpen) this.#socket.terminate()
  }

  /** Nothing is sent any more: the client has left, or the socket is gone. */
  end(): void {
    this.#isOpen = false
    this.#owner.resume(this)
  }
}
