import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { anyValues } from '../testing/values.ts'
import { skipAny, skipObject } from './any.ts'
import { ByteReader } from './byte-reader.ts'

const encoded = (value: unknown): Uint8Array => {
  const out = encoding.createEncoder()
  encoding.writeAny(out, value as encoding.AnyEncodable) // the arbitrary makes nothing else
  return encoding.toUint8Array(out)
}

const problemOf = (list: Iterable<number>): string | null => {
  const reader = new ByteReader(Uint8Array.from(list))
  skipAny(reader, 'it')
  reader.end('it')
  return reader.problem?.kind ?? null
}

const nested = (depth: number): number[] => [
  ...Array.from({ length: depth }, () => [117, 1]).flat(),
  126,
]
const proto = new TextEncoder().encode('__proto__')

describe('[P7] any', () => {
  test('every value that lib0 writes is passed over exactly', () => {
    fc.assert(
      fc.property(anyValues, (value) => {
        const bytes = encoded(value)
        expect(problemOf(bytes)).toBeNull()
        for (let end = 0; end < bytes.length; end++)
          expect(problemOf(bytes.subarray(0, end))).toBe('truncated')
      }),
    )
  })

  test('any bytes that pass are read by lib0 to the same place', () => {
    const tagged = fc.array(fc.oneof(fc.nat(255), fc.integer({ min: 116, max: 127 }), fc.nat(3)))
    fc.assert(
      fc.property(tagged, (list) => {
        const bytes = Uint8Array.from(list)
        const reader = new ByteReader(bytes)
        skipAny(reader, 'it')
        if (reader.problem !== null) return
        const decoder = decoding.createDecoder(bytes)
        decoding.readAny(decoder)
        expect(decoder.pos).toBe(reader.at)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('[P4] any', () => {
  test('nests as deep as the limit and no deeper', () => {
    expect(problemOf(nested(256))).toBeNull()
    expect(problemOf(nested(257))).toBe('limit')
    expect(problemOf(nested(100_000))).toBe('limit')
  })

  test('a value __proto__ is fine, the key is refused at any depth', () => {
    expect(problemOf(encoded(['__proto__', { a: '__proto__' }]))).toBeNull()
    expect(problemOf([118, 1, 9, ...proto, 126])).toBe('forbidden')
    expect(problemOf([117, 1, 118, 1, 1, 0x61, 118, 1, 9, ...proto, 126])).toBe('forbidden')
  })

  test('because lib0 makes of it an object that it cannot write again', () => {
    const bytes = Uint8Array.of(118, 1, 9, ...proto, 116, 1, 0)
    const value = decoding.readAny(decoding.createDecoder(bytes))
    expect(() => encoded(value)).toThrow(TypeError)
  })

  test.each([0, 1, 115, 128, 255])('tag %i is not known', (tag) => {
    expect(problemOf([tag])).toBe('unknown')
  })
})

describe('skipObject', () => {
  const problem = (value: unknown): string | null => {
    const reader = new ByteReader(encoded(value))
    skipObject(reader, 'options', ['secret'])
    return reader.problem?.message ?? null
  }

  test('takes objects, and refuses the keys it is told only at the top', () => {
    expect(problem({})).toBeNull()
    expect(problem({ a: { secret: 1 } })).toBeNull()
    expect(problem({ a: 1, secret: 1 })).toMatch('options hold the key "secret"')
    for (const value of [null, undefined, [], 'text', 1])
      expect(problem(value)).toMatch('options are not an object')
  })
})
