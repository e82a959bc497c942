/** Largest message that is looked at, bytes: a server cuts what it has to say into pieces of about 1 MiB. */
export const MESSAGE_BYTES = 256 * 1024 * 1024

/** One way to carry whole binary messages to a server and back, in order. */
export interface Transport {
  /** Begins to open a line; how that goes, the listener hears later. */
  open(url: string, listener: LineListener): Line
}

/** A line that is opening or open. */
export interface Line {
  /** Sends a message; what is sent before the line is open waits. The bytes are the line's from then on. */
  send(frame: Uint8Array<ArrayBuffer>): void
  /** Gives the line up: the listener hears nothing more. */
  close(): void
}

/** Whom a line tells. Exactly one `ended`, unless it is closed from here, and nothing after it. */
export interface LineListener {
  message(frame: Uint8Array): void
  ended(reason: string): void
}
