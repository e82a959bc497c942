import type { Bytes, Frame } from '@quire/shared'

/** Whole messages laid out as some transport writes them (for a WebSocket RFC 6455 §5.2, unmasked). */
export type WireBytes = Bytes<'wire'>

/** What carries a client's messages; `direct`: it is in this process. */
export type Transport = 'websocket' | 'event-stream' | 'direct'

/** How a transport lays out messages. Sockets with the same wire can be sent the same bytes. */
export interface Wire {
  /** What it is, for people. */
  readonly transport: Transport
  /** Bytes that a frame takes on the wire. */
  lengthOf(frame: Frame): number
  /** Writes a frame into `into` at `at`, where there is place for it. */
  write(frame: Frame, into: Uint8Array, at: number): void
}

/** From so many waiting bytes on a socket tells its owner when they are gone. */
export const DRAIN_BYTES = 64 * 1024

/**
 * One peer's open connection as the runtime sees it, whatever carries it: a WebSocket, or an event stream.
 * After `close` or `terminate` every method is a no-op.
 */
export interface Socket {
  /** The peer's address, of a trusted proxy's client the client's: an IP, or '' where there is none. */
  readonly address: string
  /** Addresses that count together where something is counted by address; null: nothing is. */
  readonly addressGroup: string | null
  readonly wire: Wire
  /**
   * Bytes that were given to `send` and that the operating system has not taken yet; of an event stream also what
   * its client has not read, beyond what is kept for it.
   */
  queuedBytes(): number
  /** Sends one binary message. The socket may keep a view: the caller never writes to `frame` again. */
  send(frame: Frame): void
  /**
   * Sends messages that `wire` has laid out, shared with other sockets: nobody writes to `bytes` again.
   */
  sendWire(bytes: WireBytes): void
  /**
   * Stops reading: what the peer still sends stays with it. What had been read already is delivered
   * nevertheless, and the end of the connection may not be noticed until `resume` or `close`.
   */
  pause(): void
  /** Reads on. */
  resume(): void
  /** True from `pause` to `resume` or the end. */
  readonly isPaused: boolean
  /**
   * Starts the closing handshake (RFC 6455 §7.1.2): what was sent before still goes out, what
   * arrives after is dropped. A reason over 123 bytes of UTF-8 is cut at a character.
   */
  close(code: number, reason: string): void
  /** Drops the connection at once, without a closing handshake: for peers that do not read. */
  terminate(): void
}

/** What the owner of a socket is told. Exactly one `closed` per socket, nothing after it. */
export interface SocketListener {
  /** A whole binary message. The bytes are the listener's to keep and are not written to again. */
  message(bytes: Uint8Array): void
  /** `DRAIN_BYTES` or more waited to be taken by the operating system, and it has taken all. */
  drained(): void
  /** The connection is gone. `code` is 1006 where no close frame came (RFC 6455 §7.1.5). */
  closed(code: number, reason: string): void
}
