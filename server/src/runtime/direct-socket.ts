/* The socket of whoever is in this process: there is no transport, but sockets share what was laid out. */
import { closeNameOf, type CloseName } from '@quire/shared'
import type { Socket, Wire, WireBytes } from '../ports/socket.ts'

const LENGTH_BYTES = 4

/** Four bytes of length, then the frame. */
const directWire: Wire = {
  transport: 'direct',
  lengthOf: (frame) => LENGTH_BYTES + frame.length,
  write(frame, into, at) {
    new DataView(into.buffer, into.byteOffset).setUint32(at, frame.length)
    into.set(frame, at + LENGTH_BYTES)
  },
}

/** The frames that were laid out, as views. */
const framesIn = (bytes: WireBytes): readonly Uint8Array[] => {
  const frames: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES
    at = start + view.getUint32(at)
    frames.push(bytes.subarray(start, at))
  }
  return frames
}

/** Who is behind the socket of this process. */
export interface DirectEnd {
  receive(frame: Uint8Array): void
  /** The server closes it; it may say so again. */
  close(close: CloseName, reason: string): void
}

/** A socket for who takes each frame at once, and says one thing or nothing. */
export const directSocket = (
  client: Pick<Socket, 'address' | 'addressGroup'>,
  end: DirectEnd,
): Socket => ({
  ...client,
  isPaused: false,
  wire: directWire,
  queuedBytes: () => 0, // whoever waits in memory does not lag
  send: (frame) => end.receive(frame),
  sendWire: (bytes) => framesIn(bytes).forEach((frame) => end.receive(frame)),
  pause: () => undefined, // it says one thing
  resume: () => undefined,
  close: (code, reason) => end.close(closeNameOf(code) ?? 'internalError', reason),
  terminate: () => end.close('internalError', 'the session was ended'),
})
