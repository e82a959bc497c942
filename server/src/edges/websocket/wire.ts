import type { Wire } from '../../ports/socket.ts'

/*
 * A whole binary message as a server sends it (RFC 6455 §5.2): FIN and opcode 2, the length in 7 bits, or
 * 126 and 16 bits, or 127 and 64 bits, no mask, the payload.
 */
const FIN_BINARY = 0x82

const headerBytes = (length: number): number => (length < 126 ? 2 : length < 0x10000 ? 4 : 10)

/** WebSocket frames of a server, one per message. ws has no way to share them between its sockets. */
export const webSocketWire: Wire = {
  transport: 'websocket',
  lengthOf: ({ length }) => headerBytes(length) + length,
  write(frame, into, at) {
    const { length } = frame
    const header = headerBytes(length)
    into[at] = FIN_BINARY
    if (header === 2) into[at + 1] = length
    else {
      const view = new DataView(into.buffer, into.byteOffset)
      into[at + 1] = header === 4 ? 126 : 127
      if (header === 4) view.setUint16(at + 2, length)
      else view.setBigUint64(at + 2, BigInt(length))
    }
    into.set(frame, at + header)
  },
}
