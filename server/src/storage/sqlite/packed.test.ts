import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, transfersOf, unpack } from './packed.ts'

test('unpacking gives back what was packed, in views that do not overlap', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (parts) => {
      const unpacked = unpack(pack(parts))
      expect(unpacked).toEqual(parts)
      const total = parts.reduce((sum, part) => sum + part.length, 0)
      unpacked.forEach((view, i) => view.fill(i + 1))
      const bytes = unpacked[0] ? new Uint8Array(unpacked[0].buffer) : new Uint8Array()
      expect(bytes).toHaveLength(total)
      expect(unpacked.every((view, i) => view.every((byte) => byte === ((i + 1) & 255)))).toBe(true)
    }),
  )
})

test('packed bytes survive a transfer, and leave their sender', () => {
  const packed = pack([Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])
  const arrived = structuredClone({ packed }, { transfer: transfersOf({ packed }) })
  expect(unpack(arrived.packed)).toEqual([Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])
  expect(packed.bytes.byteLength).toBe(0)
})

test('what carries nothing transfers nothing', () => {
  for (const subject of [null, 7, 'name', [], { doc: 1 }]) expect(transfersOf(subject)).toEqual([])
})
