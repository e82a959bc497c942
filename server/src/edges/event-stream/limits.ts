import { defaultEdgeLimits, type EdgeLimits } from '../websocket/limits.ts'

/** What bounds an event stream; what it shares with WebSockets has the same limits. */
export interface StreamLimits extends Pick<
  EdgeLimits,
  'messageBytes' | 'queuedBytes' | 'silenceMs' | 'closeMs'
> {
  /**
   * Bytes that were handed to the network and that the client has not said to have read: they are kept for when it is
   * cut off. What is over this counts as waiting, since whoever stands between may take in everything.
   */
  readonly keptBytes: number
  /** How long a stream waits for a client that was cut off. */
  readonly resumeMs: number
  /** Bytes that one request may bring. */
  readonly postBytes: number
  /** Requests of one stream a second; 429 beyond. */
  readonly requestsPerSecond: number
  /** Time for 2 MiB of a message that has begun, or its end. */
  readonly readMs: number
}

/** Bounds for a server that carries documents; the assembly overrides what its options name. */
export const defaultStreamLimits: StreamLimits = {
  messageBytes: defaultEdgeLimits.messageBytes,
  queuedBytes: defaultEdgeLimits.queuedBytes,
  silenceMs: defaultEdgeLimits.silenceMs,
  closeMs: defaultEdgeLimits.closeMs,
  keptBytes: 512 * 1024, // a line of 40 Mbit/s with 100 ms there and back has so much under way
  resumeMs: 10_000, // with the silence before it under the 30 s in which a caret must be gone
  postBytes: 512 * 1024, // half of what common proxies let through
  requestsPerSecond: 200, // a client makes 60 at most, and waits for each
  readMs: 60_000,
}
