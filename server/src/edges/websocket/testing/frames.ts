/*
 * RFC 6455 §5.2 frames by hand, right or wrong as a test wants them.
 *
 *      0                   1                   2                   3
 *     |F|R R R| opcode|M| length 7    | length 16, if 126, or 64, if 127 … | mask, if M | content
 */

/** Opcodes of §5.2. */
export const opcodes = {
  more: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const

/** A frame from a client; what is absent is as §5.2 wants it. */
export interface ClientFrame {
  readonly opcode: number
  readonly content?: Uint8Array | string
  readonly fin?: boolean
  /** The three reserved bits as a number, 0 to 7. */
  readonly rsv?: number
  /** null: not masked. */
  readonly mask?: Uint8Array | null
  /** A length to declare other than the true one, always as 64 bits. */
  readonly declared?: bigint
}

const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d) // §5.7

/** Encodes a frame as it goes over the wire. */
export const encodeFrame = (frame: ClientFrame): Buffer => {
  const { opcode, fin = true, rsv = 0, mask = MASK, declared } = frame
  const content = Buffer.from(frame.content ?? '')
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const [short, extended] = encodeLength(content.length, declared)
  const head = Buffer.from([first, (mask === null ? 0 : 0x80) | short])
  if (mask === null) return Buffer.concat([head, extended, content])
  const masked = content.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return Buffer.concat([head, extended, mask, masked])
}

const encodeLength = (length: number, declared?: bigint): readonly [number, Buffer] => {
  const extended = Buffer.alloc(8)
  extended.writeBigUInt64BE(declared ?? BigInt(length))
  if (declared !== undefined || length > 0xffff) return [127, extended]
  return length > 125 ? [126, extended.subarray(6)] : [length, Buffer.alloc(0)]
}

/** The content of a close frame (§5.5.1). */
export const closeContent = (code: number, reason: string | Uint8Array = ''): Buffer =>
  Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])

/** A frame from the server. */
export interface ServerFrame {
  readonly opcode: number
  readonly fin: boolean
  readonly rsv: number
  readonly content: Buffer
}

/** Decodes the frame at the start of `bytes`; null while it is not whole. A server masks nothing. */
export const decodeFrame = (
  bytes: Buffer,
): { readonly frame: ServerFrame; readonly size: number } | null => {
  if (bytes.length < 2) return null
  const [first = 0, second = 0] = bytes
  if (second & 0x80) throw new Error('the server masked a frame (RFC 6455 §5.1)')
  const extra = second === 127 ? 8 : second === 126 ? 2 : 0
  if (bytes.length < 2 + extra) return null
  const length =
    extra === 8 ? Number(bytes.readBigUInt64BE(2)) : extra === 2 ? bytes.readUInt16BE(2) : second
  const size = 2 + extra + length
  if (bytes.length < size) return null
  const content = Buffer.from(bytes.subarray(2 + extra, size))
  return {
    frame: { opcode: first & 0x0f, fin: first > 0x7f, rsv: (first >> 4) & 7, content },
    size,
  }
}
