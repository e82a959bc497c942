import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { texts } from '../testing/values.ts'
import { ByteReader } from './byte-reader.ts'

const written = (write: (out: encoding.Encoder) => void): Uint8Array => {
  const out = encoding.createEncoder()
  write(out)
  return encoding.toUint8Array(out)
}

const naturals = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((exponent) => 2 ** exponent - 1),
  fc.integer({ min: 0, max: 52 }).map((exponent) => 2 ** exponent),
)

describe('[P3] varUint', () => {
  test('what lib0 writes is read back, with every byte used', () => {
    fc.assert(
      fc.property(naturals, (value) => {
        const bytes = written((out) => encoding.writeVarUint(out, value))
        const reader = new ByteReader(bytes)
        expect(reader.varUint('it')).toBe(value)
        expect(reader.left).toBe(0)
        expect(reader.problem).toBeNull()
      }),
      { numRuns: 1000 },
    )
  })

  test('on any bytes it reads what lib0 reads, or says what is wrong', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const reader = new ByteReader(bytes)
        const value = reader.varUint('it')
        if (reader.problem !== null) return
        const decoder = decoding.createDecoder(bytes)
        expect(decoding.readVarUint(decoder)).toBe(value)
        expect(decoder.pos).toBe(reader.at)
        expect(Number.isSafeInteger(value)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['2^53 - 1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 53 - 1],
    ['a padded 1', [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 1],
  ])('%s is read', (_, list, value) => {
    expect(new ByteReader(Uint8Array.from(list)).varUint('it')).toBe(value)
  })

  test.each([
    ['nothing', [], 'truncated'],
    ['a byte that promises another', [0x80], 'truncated'],
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], 'range'],
    ['2^63', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 'range'],
    ['nine bytes of padding', [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 'range'],
  ])('%s is a problem', (_, list, kind) => {
    const reader = new ByteReader(Uint8Array.from(list))
    expect(reader.varUint('it')).toBe(0)
    expect(reader.problem).toMatchObject({ kind, at: 0 })
  })
})

describe('[P3] varInt', () => {
  test('what lib0 writes is passed over exactly', () => {
    fc.assert(
      fc.property(naturals, fc.boolean(), (value, negative) => {
        const bytes = written((out) => encoding.writeVarInt(out, negative ? -value : value))
        const reader = new ByteReader(bytes)
        reader.skipVarInt('it')
        expect(reader).toMatchObject({ left: 0, problem: null })
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['nothing', [], 'truncated'],
    ['a byte that promises another', [0xc1], 'truncated'],
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], 'range'],
    ['padding without end', Array.from({ length: 60 }, () => 0x80), 'range'],
  ])('%s is a problem', (_, list, kind) => {
    const reader = new ByteReader(Uint8Array.from(list))
    reader.skipVarInt('it')
    expect(reader.problem?.kind).toBe(kind)
  })
})

describe('[P1] a reader', () => {
  test('never looks outside its bytes when these are a view into a larger buffer', () => {
    const pool = new Uint8Array(64).fill(0x53) // what other frames left in the pool
    const views = [[5, 1, 2], [0xff, 0xff, 0xff, 0xff, 0x0f, 1], [0x80], [3, 0xe2, 0x82]] as const
    for (const list of views) {
      pool.set(list, 20)
      const frame = pool.subarray(20, 20 + list.length)
      for (const read of ['bytes', 'string', 'skipString', 'skipBytes', 'varUint'] as const) {
        const reader = new ByteReader(frame)
        reader[read]('it')
        expect(reader.problem !== null || read === 'varUint').toBe(true)
        expect(reader.at).toBeLessThanOrEqual(frame.length)
      }
    }
  })

  test('gives views of exactly the bytes that a length names', () => {
    const pool = new Uint8Array(32).fill(0x53)
    pool.set([2, 7, 8, 9], 10)
    const reader = new ByteReader(pool.subarray(10, 14))
    const view = reader.bytes('it')
    expect([...view]).toEqual([7, 8])
    expect(view.byteOffset).toBe(11)
    expect(reader.left).toBe(1)
  })

  test('keeps its first problem and reads nothing after it', () => {
    const reader = new ByteReader(Uint8Array.of(9, 1, 2, 3))
    expect(reader.bytes('the first')).toHaveLength(0)
    const { problem } = reader
    expect(problem).toEqual({
      kind: 'truncated',
      at: 1,
      message: 'the first claims 9 bytes, 3 are left at byte 1',
    })
    expect(reader.varUint('a second')).toBe(0)
    expect(reader.byte('a third')).toBe(0)
    expect(reader.string('a fourth')).toBe('')
    expect(reader.skipString('a fifth')).toBe(0)
    reader.end('it all')
    expect(reader.problem).toBe(problem)
    expect(reader.left).toBe(0)
  })

  test('reads the strings that lib0 writes and counts their UTF-16 units', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = written((out) => encoding.writeVarString(out, text.toWellFormed()))
        expect(new ByteReader(bytes).string('it')).toBe(text.toWellFormed())
        expect(new ByteReader(bytes).skipString('it')).toBe(text.length)
      }),
    )
  })

  test('[P2] says how many bytes are left over', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3))
    reader.byte('it')
    reader.end('it')
    expect(reader.problem).toMatchObject({
      kind: 'trailing',
      message: '2 bytes after the end of it at byte 1',
    })
  })
})
