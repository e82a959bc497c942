/* How messages are laid out for whoever is in this process: there is no transport, but sockets share what was laid out. */
import type { Wire, WireBytes } from '../ports/socket.ts'

const LENGTH_BYTES = 4

/** Four bytes of length, then the frame. */
export const directWire: Wire = {
  transport: 'direct',
  lengthOf: (frame) => LENGTH_BYTES + frame.length,
  write(frame, into, at) {
    new DataView(into.buffer, into.byteOffset).setUint32(at, frame.length)
    into.set(frame, at + LENGTH_BYTES)
  },
}

/** The frames that were laid out, as views. */
export const framesIn = (bytes: WireBytes): readonly Uint8Array[] => {
  const frames: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES
    at = start + view.getUint32(at)
    frames.push(bytes.subarray(start, at))
  }
  return frames
}
