/*
 * How often a room's outbox is flushed: latency while the process is quiet, efficiency while it is busy.
 * A write to a socket costs 7 to 9 µs whatever it holds, and each flush is one per recipient, so flushes
 * are spaced where they would cost too much: by up to one display frame, which nobody sees.
 */

/** The longest pause between two flushes: one frame of a 60 Hz display. */
const FRAME_MS = 16

/**
 * A room of so many is flushed once a frame. Smaller ones sooner, by the power of 1.5: with the people grow
 * both the writes of a flush and the updates that are close enough to share it.
 */
const CROWD = 200

/** From this share of the time on that the event loop is busy, all rooms flush less often … */
const BUSY_FROM = 0.5
/** … and from this on once a frame. */
const BUSY_TO = 0.9

/** Milliseconds between two flushes of a room, on an event loop that is busy for a share of the time. */
export const flushIntervalMs = (recipients: number, utilisation: number): number => {
  const busy = Math.max(0, (utilisation - BUSY_FROM) / (BUSY_TO - BUSY_FROM))
  const crowded = (recipients / CROWD) ** 1.5
  return FRAME_MS * Math.min(1, Math.max(crowded, busy))
}
