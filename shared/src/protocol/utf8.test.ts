import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { texts } from '../testing/values.ts'
import { utf16Units } from './utf8.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const unitsByDecoder = (bytes: Uint8Array): number => {
  try {
    return decoder.decode(bytes).length
  } catch {
    return -1
  }
}

const units = (bytes: Uint8Array): number => utf16Units(bytes, 0, bytes.length)

describe('[P4] UTF-8', () => {
  test.each([
    ['nothing', [], 0],
    ['a byte order mark, which counts', [0xef, 0xbb, 0xbf, 0x61], 2],
    ['U+0000', [0], 1],
    ['an emoji: two units', [0xf0, 0x9f, 0x98, 0x80], 2],
    ['U+10FFFF', [0xf4, 0x8f, 0xbf, 0xbf], 2],
    ['U+D7FF, the last before the surrogates', [0xed, 0x9f, 0xbf], 1],
    ['a surrogate', [0xed, 0xa0, 0x80], -1],
    ['a surrogate pair (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], -1],
    ['overlong, two bytes', [0xc0, 0x80], -1],
    ['overlong, two bytes', [0xc1, 0xbf], -1],
    ['overlong, three bytes', [0xe0, 0x9f, 0xbf], -1],
    ['overlong, four bytes', [0xf0, 0x8f, 0xbf, 0xbf], -1],
    ['over U+10FFFF', [0xf4, 0x90, 0x80, 0x80], -1],
    ['F5', [0xf5, 0x80, 0x80, 0x80], -1],
    ['a tail alone', [0x80], -1],
    ['a lead alone', [0xc3], -1],
    ['three of four bytes', [0xf0, 0x9f, 0x98], -1],
    ['FF', [0xff], -1],
  ])('%s', (_, list, expected) => {
    const bytes = Uint8Array.from(list)
    expect(units(bytes)).toBe(expected)
    expect(unitsByDecoder(bytes)).toBe(expected)
  })

  test('every sequence of up to three bytes at the edges of the table agrees with TextDecoder', () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0]
    edges.push(0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff)
    const different: number[][] = []
    for (const a of edges)
      for (const b of edges)
        for (const c of edges)
          for (const d of [0x61, 0xbf]) {
            const bytes = Uint8Array.of(a, b, c, d)
            if (units(bytes) !== unitsByDecoder(bytes)) different.push([...bytes])
          }
    expect(different).toEqual([])
  })

  test('text and damaged text agree with TextDecoder', () => {
    const encoded = texts.map((text) => new TextEncoder().encode(text.toWellFormed()))
    fc.assert(
      fc.property(fc.oneof(encoded, fc.uint8Array()), fc.nat(), fc.nat(255), (bytes, at, byte) => {
        expect(units(bytes)).toBe(unitsByDecoder(bytes))
        const damaged = Uint8Array.from(bytes)
        if (bytes.length > 0) damaged[at % bytes.length] = byte
        expect(units(damaged)).toBe(unitsByDecoder(damaged))
      }),
      { numRuns: 2000 },
    )
  })

  test('[P1] a sequence that goes on behind the end is cut there', () => {
    const bytes = new TextEncoder().encode('a\u{1f600}b')
    for (let end = 2; end < 5; end++) expect(utf16Units(bytes, 0, end)).toBe(-1)
    expect(utf16Units(bytes, 1, 5)).toBe(2)
  })
})
