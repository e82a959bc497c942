import { expect, test } from 'vitest'
import { ownBytes } from './bytes.ts'

test('a view of most of its memory is handed on without a copy', () => {
  const chunk = Buffer.alloc(1000, 7)
  const view = chunk.subarray(10)
  const own = ownBytes(view)
  expect(own.buffer).toBe(chunk.buffer)
  expect([...own]).toEqual([...view])
})

test('a small part of a large chunk is copied out, so that the chunk can go', () => {
  const chunk = Buffer.alloc(64 * 1024, 7)
  const own = ownBytes(chunk.subarray(100, 120))
  expect(own.buffer.byteLength).toBe(20)
  expect([...own]).toEqual(Array.from({ length: 20 }, () => 7))
})

test("what is handed on is no Buffer, whose slice would be a view where Uint8Array's is a copy", () => {
  for (const size of [10, 1000]) {
    const own = ownBytes(Buffer.from(new ArrayBuffer(1000), 0, size))
    expect(Object.getPrototypeOf(own)).toBe(Uint8Array.prototype)
  }
})
