/*
 * Damage to bytes as links, disks, bugs and attackers do it: flipped bits, set, dropped, inserted, swapped
 * bytes, bytes that mean something to the formats, and two messages spliced. A mutation is data.
 */
import fc from 'fast-check'

/** One change; positions are taken modulo the length. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'drop'; readonly at: number; readonly size: number }
  | { readonly kind: 'swap'; readonly at: number; readonly with: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number }

/** Struct kinds and flags, `any` tags, varUint edges, 2^53, 2^63, padded varUints, broken UTF-8. */
const telling = fc.constantFrom<readonly number[]>(
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x7f, 0x80, 0xff, 0x84, 0x44, 0x27, 0x28, 0x8a, 0xca].map(
    (byte) => [byte],
  ),
  [118, 1, 9, ...new TextEncoder().encode('__proto__'), 116, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x81, 0x80, 0x00],
  [0xed, 0xa0, 0x80],
)
const places = fc.nat({ max: 2 ** 20 })
const bytes = fc.oneof(telling, fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 3 }))

/** Mutations of every kind. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: places, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('set' as const), at: places, bytes }),
  fc.record({ kind: fc.constant('insert' as const), at: places, bytes }),
  fc.record({
    kind: fc.constant('drop' as const),
    at: places,
    size: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ kind: fc.constant('swap' as const), at: places, with: places }),
  fc.record({ kind: fc.constant('splice' as const), at: places, from: places }),
)

/** The bytes after a mutation, a new array; `other` is what a splice continues with. */
export const mutate = (original: Uint8Array, mutation: Mutation, other: Uint8Array): Uint8Array => {
  const list = [...original]
  const at = mutation.at % (list.length + 1)
  switch (mutation.kind) {
    case 'flip':
      if (at < list.length) list[at] = (list[at] ?? 0) ^ (1 << mutation.bit)
      break
    case 'set':
      list.splice(at, mutation.bytes.length, ...mutation.bytes)
      break
    case 'insert':
      list.splice(at, 0, ...mutation.bytes)
      break
    case 'drop':
      list.splice(at, mutation.size)
      break
    case 'swap': {
      const second = mutation.with % (list.length + 1)
      const byte = list[at] ?? 0
      list[at] = list[second] ?? 0
      list[second] = byte
      break
    }
    case 'splice':
      list.splice(at, list.length, ...other.subarray(mutation.from % (other.length + 1)))
  }
  return Uint8Array.from(list)
}

/** The bytes cut short at every offset, as views. */
export const everyTruncation = (original: Uint8Array): Uint8Array[] =>
  Array.from(original, (_, end) => original.subarray(0, end))
