/*
 * Many byte strings in one ArrayBuffer, so that a message between threads moves one buffer, whatever
 * it carries, and copies nothing on the receiving side:
 *
 *   sizes   [3, 0, 2]
 *   bytes   | a a a | c c |
 */

/** Byte strings laid end to end. `bytes` is meant to be transferred, not cloned. */
export interface Packed {
  readonly sizes: readonly number[]
  readonly bytes: ArrayBuffer
}

/** Copies `parts` into one new buffer, which the caller owns. */
export const pack = (parts: readonly Uint8Array[]): Packed => {
  const sizes = parts.map((part) => part.length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  // Slow means unpooled: the pool's shared buffer could not be transferred. Not zeroed: all is set.
  const whole = Buffer.allocUnsafeSlow(total)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return { sizes, bytes: whole.buffer }
}

/** The parts as views of `packed.bytes`, in order and without overlap. */
export const unpack = ({ sizes, bytes }: Packed): Uint8Array[] => {
  let offset = 0
  return sizes.map((size) => {
    offset += size
    return new Uint8Array(bytes, offset - size, size)
  })
}

/** The buffers to transfer with a message about `subject`: that of its `packed`, if it has one. */
export const transfersOf = (subject: unknown): ArrayBuffer[] =>
  typeof subject === 'object' && subject !== null && 'packed' in subject
    ? [(subject.packed as Packed).bytes] // the field has this one meaning in operations.ts
    : []
