import { limits } from '@quire/shared'
import type { DocName } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeDocPath,
  docHref,
  docNameMessage,
  encodeDocPath,
  parseLinkableName,
} from './doc-name.ts'

function named(raw: string): DocName {
  const parsed = parseLinkableName(raw)
  if (!parsed.ok) throw new Error(`${raw}: ${parsed.error.kind}`)
  return parsed.value
}

const names = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
  .filter((raw) => parseLinkableName(raw).ok)
  .map(named)

describe('a document name', () => {
  it('survives encoding and decoding, whatever it holds', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(decodeDocPath(encodeDocPath(name))).toEqual({ ok: true, value: name })
      }),
    )
  })

  it('survives the URL parser of a browser', () => {
    fc.assert(
      fc.property(names, (name) => {
        const url = new URL(docHref(name), 'http://quire.test')
        expect(url.search + url.hash).toBe('')
        expect(decodeDocPath(url.pathname.slice('/p/'.length))).toEqual({ ok: true, value: name })
      }),
    )
  })

  it.each(['__proto__', 'constructor', 'a//b', '/', '50%', '%2F', 'a b?c#d', '☃/🫖', '...'])(
    'may be %j',
    (raw) => {
      const url = new URL(docHref(named(raw)), 'http://quire.test')
      expect(decodeDocPath(url.pathname.slice('/p/'.length))).toEqual({ ok: true, value: raw })
    },
  )

  it('is decoded exactly once', () => {
    expect(decodeDocPath('100%2525')).toEqual({ ok: true, value: '100%25' })
  })

  it('cannot be empty', () => {
    expect(decodeDocPath('')).toEqual({ ok: false, error: { kind: 'empty' } })
  })

  it('is measured in bytes, not characters', () => {
    const fits = 'é'.repeat(limits.nameBytes / 2)
    expect(parseLinkableName(fits).ok).toBe(true)
    expect(parseLinkableName(`${fits}x`)).toEqual({
      ok: false,
      error: { kind: 'too-long', bytes: limits.nameBytes + 1 },
    })
  })

  it.each(['.', '..', 'a/../b', 'a/.'])('cannot be %j, which URL parsers rewrite', (raw) => {
    expect(parseLinkableName(raw)).toMatchObject({ ok: false, error: { kind: 'dot-segment' } })
  })

  it.each(['%', '%zz', 'a/%E0%A4', '%ff'])('is not read from the broken path %j', (path) => {
    expect(decodeDocPath(path)).toEqual({ ok: false, error: { kind: 'bad-escape' } })
  })

  it('cannot hold half a surrogate pair', () => {
    expect(parseLinkableName('a\ud800')).toEqual({ ok: false, error: { kind: 'not-well-formed' } })
  })

  it('cannot hold U+0000, typed or in a path', () => {
    expect(parseLinkableName('a\0b')).toEqual({ ok: false, error: { kind: 'nul' } })
    expect(decodeDocPath('a%00b')).toEqual({ ok: false, error: { kind: 'nul' } })
  })

  it('is refused with a sentence for every reason', () => {
    const sentences = ['', '..', '\ud800', '%00', '%zz', 'x'.repeat(2000)].map((path) => {
      const parsed = decodeDocPath(path)
      return parsed.ok ? '' : docNameMessage(parsed.error)
    })
    expect(new Set(sentences).size).toBe(6)
    for (const sentence of sentences) expect(sentence).toMatch(/\.$/)
  })
})
