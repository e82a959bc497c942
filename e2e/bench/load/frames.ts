/*
 * WebSocket frames (RFC 6455 §5.2), as far as the load generator needs them:
 *
 *   byte 0: 0x80 last piece | opcode;  byte 1: 0x80 masked | length, or 126 and 2 bytes, or 127 and 8 bytes;
 *   [4 bytes of mask]; the message
 */

export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** Clients must mask. The mask need not be a secret here, but zeros would let servers skip the work. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const

/** A client's frame, ready to be written. */
export const clientFrame = (message: Uint8Array, opcode = BINARY): Buffer => {
  const { length } = message
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + 4 + length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (headerBytes === 4) frame.writeUInt16BE(length, 2)
  else if (headerBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  frame.set(MASK, headerBytes)
  for (let i = 0; i < length; i++)
    frame[headerBytes + 4 + i] = (message[i] ?? 0) ^ (MASK[i & 3] ?? 0)
  return frame
}

/** Told each message: its opcode and where it stands. The bytes are only valid during the call. */
export type TakeMessage = (opcode: number, bytes: Uint8Array, from: number, to: number) => void

/** Cuts a server's bytes into messages. */
export class FrameReader {
  readonly #take: TakeMessage
  #left: Buffer | null = null

  constructor(take: TakeMessage) {
    this.#take = take
  }

  /** Reads what came; a frame that is not whole yet is kept as a copy. Throws on what no server may send. */
  push(chunk: Buffer): void {
    const bytes = this.#left === null ? chunk : Buffer.concat([this.#left, chunk])
    this.#left = null
    let at = 0
    for (;;) {
      const next = this.#frame(bytes, at)
      if (next === at) break
      at = next
    }
    if (at < bytes.length) this.#left = Buffer.from(bytes.subarray(at))
  }

  /** Where the next frame starts, or `at` while this one is not whole. */
  #frame(bytes: Buffer, at: number): number {
    if (bytes.length < at + 2) return at
    const head = bytes[at] ?? 0
    const short = bytes[at + 1] ?? 0
    if ((head & 0xf0) !== 0x80 || short > 127)
      throw new Error(`frame starts with ${head} ${short}: in pieces, compressed or masked`)
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    if (bytes.length < from) return at
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2))
    if (bytes.length < from + length) return at
    this.#take(head & 0x0f, bytes, from, from + length)
    return from + length
  }
}
