import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { texts } from './testing/values.ts'
import { parseDocName, utf8Length } from './ids.ts'

describe('[P13] document names', () => {
  test.each([
    'a',
    '__proto__',
    'constructor',
    'team/2026/plan',
    '../..',
    ' ',
    '\u{1f9d1}\u200d\u{1f680}',
    '\ufeff',
    '\n',
    'a'.repeat(1024),
    '\u{1f600}'.repeat(256),
    '\u20ac'.repeat(341) + 'a',
  ])('%j is one', (raw) => {
    expect(parseDocName(raw)).toEqual({ ok: true, value: raw })
  })

  test.each([
    ['', 'empty'],
    ['a'.repeat(1025), 'too-long'],
    ['\u{1f600}'.repeat(256) + 'a', 'too-long'],
    ['\u20ac'.repeat(342), 'too-long'],
    ['a\0b', 'nul'],
    ['\0', 'nul'],
    ['\ud83d', 'not-well-formed'],
    ['\ude00\ud83d', 'not-well-formed'],
  ])('%j is none', (raw, kind) => {
    const parsed = parseDocName(raw)
    expect(parsed.ok ? null : parsed.error.kind).toBe(kind)
  })

  test('a name that is too long is told its size and the limit', () => {
    const parsed = parseDocName('\u20ac'.repeat(400))
    expect(parsed.ok ? '' : parsed.error.message).toBe(
      'document name is 1200 bytes of UTF-8, limit 1024',
    )
  })
})

test('utf8Length is the length that TextEncoder gives', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(utf8Length(text.toWellFormed())).toBe(
        new TextEncoder().encode(text.toWellFormed()).length,
      )
    }),
  )
})
