import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesEqual, concatBytes, EMPTY_STATE_VECTOR, EMPTY_UPDATE } from './bytes.ts'

test('[P15] the empty state vector and the empty update are those of an empty document', () => {
  const doc = new Y.Doc()
  expect(EMPTY_STATE_VECTOR).toEqual(Y.encodeStateVector(doc))
  expect(EMPTY_UPDATE).toEqual(Y.encodeStateAsUpdate(doc))
})

test('bytesEqual compares every byte and the length', () => {
  const bytes = Uint8Array.of(1, 2, 3)
  expect(bytesEqual(bytes, Uint8Array.of(1, 2, 3))).toBe(true)
  expect(bytesEqual(bytes, Uint8Array.of(1, 2))).toBe(false)
  expect(bytesEqual(bytes, Uint8Array.of(1, 2, 4))).toBe(false)
  expect(bytesEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true)
})

test('concatBytes is one copy of all parts in order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), (parts) => {
      expect([...concatBytes(parts)]).toEqual(parts.flatMap((part) => [...part]))
    }),
  )
})
