import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CloseCode, closeCodes, closeNameOf, fitCloseReason } from './close-codes.ts'
import { texts } from './testing/values.ts'

const rows: readonly (readonly [string, CloseCode])[] = Object.entries(closeCodes)

describe('[P14] close codes', () => {
  test.each(rows)('%s may be sent (RFC 6455 §7.4.2)', (_, { code }) => {
    // 1004 to 1006 and 1015 never stand in a frame; of 1000-2999 only registered ones may
    const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
    expect(registered.includes(code) || (code >= 4000 && code <= 4999)).toBe(true)
  })

  test.each(rows.filter(([, { code }]) => code >= 4000))(
    '%s is final for y-websocket exactly if it advises to stop',
    (_, { code, advice }) => {
      expect(code >= 4400 && code <= 4499).toBe(advice === 'stop')
    },
  )

  test('PROTOCOL.md has the same table', () => {
    const text = readFileSync(join(import.meta.dirname, '../PROTOCOL.md'), 'utf8')
    const printed = [...text.matchAll(/^\| (\d{4}) \| (\w+) \| (\w+) \| (.*) \|$/gm)]
    expect(printed.map((row) => row.slice(1))).toEqual(
      rows.map(([name, { code, advice, meaning }]) => [`${code}`, name, advice, meaning]),
    )
  })

  test('no code stands twice, and each meaning fits a close frame', () => {
    expect(new Set(rows.map(([, { code }]) => code)).size).toBe(rows.length)
    for (const [, { meaning }] of rows) expect(fitCloseReason(meaning)).toBe(meaning)
  })

  test('each is found by its code, and no other code is', () => {
    expect(rows.map(([, { code }]) => closeNameOf(code))).toEqual(rows.map(([name]) => name))
    for (const code of [0, 999, 1005, 1006, 4402, NaN]) expect(closeNameOf(code)).toBeNull()
  })
})

describe('[P14] close reasons', () => {
  test('a reason is cut at the last character that fits 123 bytes', () => {
    expect(fitCloseReason('a'.repeat(200))).toBe('a'.repeat(123))
    expect(fitCloseReason('a'.repeat(120) + '\u{1f600}')).toBe('a'.repeat(120))
    expect(fitCloseReason('a'.repeat(119) + '\u{1f600}b')).toBe('a'.repeat(119) + '\u{1f600}')
    expect(fitCloseReason('\u20ac'.repeat(50))).toBe('\u20ac'.repeat(41))
  })

  test('a cut reason is well-formed, fits, and is a prefix that one more character would burst', () => {
    fc.assert(
      fc.property(texts, fc.nat({ max: 130 }), (reason, maxBytes) => {
        const cut = fitCloseReason(reason, maxBytes)
        const size = (text: string): number => new TextEncoder().encode(text).length
        expect(reason.toWellFormed().startsWith(cut)).toBe(true)
        expect(cut.isWellFormed()).toBe(true)
        expect(size(cut)).toBeLessThanOrEqual(maxBytes)
        const next = reason.toWellFormed().slice(cut.length).codePointAt(0)
        const whole = next === undefined
        expect(whole || size(cut + String.fromCodePoint(next)) > maxBytes).toBe(true)
      }),
    )
  })

  test('a lone surrogate becomes U+FFFD', () => {
    expect(fitCloseReason('a\ud800b')).toBe('a\ufffdb')
  })
})
