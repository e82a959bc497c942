import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeDocPath,
  docHref,
  docNameMessage,
  encodeDocPath,
  maxDocNameBytes,
  parseDocName,
} from './doc-name.ts'
import type { DocName } from './doc-name.ts'

function named(raw: string): DocName {
  const parsed = parseDocName(raw)
  if (!parsed.ok) throw new Error(`${raw}: ${parsed.problem.kind}`)
  return parsed.name
}

const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
  .filter((raw) => parseDocName(raw).ok)
  .map(named)

describe('a document name', () => {
  it('survives encoding and decoding, whatever it holds', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(decodeDocPath(encodeDocPath(name))).toEqual({ ok: true, name })
      }),
    )
  })

  it('survives the URL parser of a browser', () => {
    fc.assert(
      fc.property(names, (name) => {
        const url = new URL(docHref(name), 'http://quire.test')
        expect(url.search + url.hash).toBe('')
        expect(decodeDocPath(url.pathname.slice('/p/'.length))).toEqual({ ok: true, name })
      }),
    )
  })

  it.each(['__proto__', 'constructor', 'a//b', '/', '50%', '%2F', 'a b?c#d', '☃/🫖', '...'])(
    'may be %j',
    (raw) => {
      const url = new URL(docHref(named(raw)), 'http://quire.test')
      expect(decodeDocPath(url.pathname.slice('/p/'.length))).toEqual({ ok: true, name: raw })
    },
  )

  it('is decoded exactly once', () => {
    expect(decodeDocPath('100%2525')).toEqual({ ok: true, name: '100%25' })
  })

  it('cannot be empty', () => {
    expect(decodeDocPath('')).toEqual({ ok: false, problem: { kind: 'empty' } })
  })

  it('is measured in bytes, not characters', () => {
    const fits = 'é'.repeat(maxDocNameBytes / 2)
    expect(parseDocName(fits).ok).toBe(true)
    expect(parseDocName(`${fits}x`)).toEqual({
      ok: false,
      problem: { kind: 'tooLong', bytes: maxDocNameBytes + 1 },
    })
  })

  it.each(['.', '..', 'a/../b', 'a/.'])('cannot be %j, which URL parsers rewrite', (raw) => {
    expect(parseDocName(raw)).toMatchObject({ ok: false, problem: { kind: 'dotSegment' } })
  })

  it.each(['%', '%zz', 'a/%E0%A4', '%ff'])('is not read from the broken path %j', (path) => {
    expect(decodeDocPath(path)).toEqual({ ok: false, problem: { kind: 'malformed' } })
  })

  it('cannot hold half a surrogate pair', () => {
    expect(parseDocName('a\ud800')).toEqual({ ok: false, problem: { kind: 'malformed' } })
  })

  it('is refused with a sentence for every reason', () => {
    const sentences = ['', '..', '\ud800', 'x'.repeat(2000)].map((raw) => {
      const parsed = parseDocName(raw)
      return parsed.ok ? '' : docNameMessage(parsed.problem)
    })
    expect(new Set(sentences).size).toBe(4)
    for (const sentence of sentences) expect(sentence).toMatch(/\.$/)
  })
})
