/** What bounds the edge. Every field is required: a bound that nobody chose is a bound nobody knows. */
export interface EdgeLimits {
  /** Longest message, bytes: 1009 before a longer one is buffered. 1 to 2^31 - 1. */
  readonly messageBytes: number
  /** Most frames of one message. Each may pin the chunk it came in, about 64 KiB. 1 to 2^31 - 1. */
  readonly fragments: number
  /**
   * Bytes that may wait for a peer that does not read. What is sent on top of a queue over this
   * closes the socket, so the most that is ever held is this and one message.
   */
  readonly queuedBytes: number
  /** Longest request head: request line and header fields, bytes. 431 beyond. */
  readonly headerBytes: number
  /** TCP connections, WebSockets or not. Dropped beyond, or 503. */
  readonly connections: number
  /** Connections that are no WebSocket, or not yet. 503 beyond. */
  readonly handshakes: number
  /** The same of one address. 429 beyond. */
  readonly handshakesPerAddress: number
  /** WebSocket handshakes of one address: so many at once, and so many a minute. 429 beyond. */
  readonly handshakesPerMinute: number
  /** Plain requests of one address: so many at once, and so many a minute. 429 beyond. */
  readonly requestsPerMinute: number
  /** WebSockets, those whose handshake is under way included. 503 beyond. */
  readonly sockets: number
  /** The same of one address. 429 beyond. */
  readonly socketsPerAddress: number
  /** Time for a whole handshake, headers and the app's answer each. 408 after it. */
  readonly handshakeMs: number
  /** Time without a sign of life after which a peer is gone, and before five quarters of it are over. */
  readonly silenceMs: number
  /** Time for the peer's half of the closing handshake, and to take a refusal. */
  readonly closeMs: number
}

/** Bounds for a server that carries documents; the assembly overrides what its options name. */
export const defaultEdgeLimits: EdgeLimits = {
  messageBytes: 16 * 1024 * 1024,
  fragments: 1024, // browsers cut at about 128 KiB a frame, so this is 128 MiB of honest message
  queuedBytes: 16 * 1024 * 1024,
  headerBytes: 16 * 1024, // what Node and most proxies allow
  connections: 20_000,
  handshakes: 5_000,
  handshakesPerAddress: 500,
  handshakesPerMinute: 3_000,
  requestsPerMinute: 20_000,
  sockets: 10_000,
  socketsPerAddress: 2_000,
  handshakeMs: 10_000,
  silenceMs: 22_000, // pinged every 5.5 s: below the 60 s after which common proxies cut who is idle
  closeMs: 5_000,
}

/**
 * How many TCP reads one frame may be spread over. An average under 512 bytes, less than the least
 * TCP segment of 536 (RFC 9293 §3.7.1), is a drip that costs the server more than the sender.
 */
export const readsPerFrame = (messageBytes: number): number => 1024 + Math.ceil(messageBytes / 512)
