import type { Socket as TcpSocket } from 'node:net'

/*
 * A half-open peer looks like a quiet one until it is pinged (RFC 6455 §5.5.2). Its pong may wait
 * behind a long upload or our ping behind a long download, so what counts as life is bytes, not the
 * pong frame: any byte that came in, or a full send buffer that the peer's window let drain.
 */

/*
 * A peer is pinged at every beat and is gone at the fourth in a row that finds no life. Its last sign
 * came up to one beat before the first reading that found it, so that is after `silenceMs` and before
 * five quarters of it: long enough for one who stalls, and a bound for who is shown as present.
 */

/** Readings in a row without life after which a peer is gone. */
const BEATS = 4

/** Time between two readings. */
export const beatMs = (silenceMs: number): number => silenceMs / BEATS

/** The last reading, and how many in a row found no life. */
export interface Pulse {
  readonly signs: VitalSigns
  readonly silent: number
}

/** The pulse after a further reading; null if the peer is gone. Without a reading before it is alive. */
export const nextPulse = (before: Pulse | null, signs: VitalSigns): Pulse | null => {
  if (before === null || showsLife(before.signs, signs)) return { signs, silent: 0 }
  const silent = before.silent + 1
  return silent < BEATS ? { signs, silent } : null
}

/** What a connection's counters say at one moment. */
export interface VitalSigns {
  /** Bytes that came in so far. */
  readonly received: number
  /** Bytes that the operating system took from us so far, a part of a large write included. */
  readonly taken: number
  /** Bytes that it has not taken yet. */
  readonly queued: number
}

/** Reads the counters; `queued` may count a write whole until its last byte is taken. */
export const vitalSigns = (tcp: TcpSocket, queued: number): VitalSigns => {
  // Node counts a write only when it is complete, which for a document on a slow link is minutes;
  // libuv's handle knows better. No public name for it: without one, complete writes must do.
  const { _handle: handle } = tcp as TcpSocket & {
    readonly _handle?: { readonly bytesWritten: number; readonly writeQueueSize: number } | null
  }
  const taken = handle ? handle.bytesWritten - handle.writeQueueSize : tcp.bytesWritten - queued
  return { received: tcp.bytesRead, taken, queued }
}

/** True if the peer showed life between two readings. `before` is taken before the ping goes out. */
export const showsLife = (before: VitalSigns, now: VitalSigns): boolean =>
  now.received > before.received || (before.queued > 0 && now.taken > before.taken)
