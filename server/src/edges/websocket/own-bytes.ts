/*
 * ws hands out a view where it can: of the chunk that the TCP read delivered (Node gives each read
 * its own memory, cut to size, and never writes to it again) or of Node's shared pool. Such a view is
 * safe to keep but keeps the whole chunk: a 20-byte update may pin 64 KiB for as long as it lives in
 * a log or a batch. So a view of most of its memory is handed on, and a small part of a big chunk is
 * copied out.
 */

/** Memory that a kept view may waste besides its own length: frame headers and small neighbours. */
const SLACK_BYTES = 64

/** The same bytes, pinning at most about twice their length: a view, or a copy where it must be. */
export const ownBytes = (view: Uint8Array): Uint8Array =>
  view.buffer.byteLength > 2 * view.byteLength + SLACK_BYTES
    ? new Uint8Array(view) // copies
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength) // a Buffer's slice would not copy
