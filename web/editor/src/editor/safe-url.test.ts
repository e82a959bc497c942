import { describe, expect, it } from 'vitest'

import { linkUrlFromInput, safeImageUrl, safeLinkUrl } from './safe-url.ts'

describe('a link', () => {
  it.each(['http://a.b/c', 'https://a.b?x=1#y', 'mailto:ada@example.org', 'HTTPS://A.B'])(
    'may be %s',
    (url) => {
      expect(safeLinkUrl(url)).toBe(url)
    },
  )

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a.b/c',
    '//a.b',
    '/relative',
    '',
    null,
    7,
    {},
  ])('is refused when it is %j', (url) => {
    expect(safeLinkUrl(url)).toBeNull()
  })

  it.each([
    ['example.org', 'https://example.org'],
    ['  example.org/a b ', 'https://example.org/a b'],
    ['ada@example.org', 'mailto:ada@example.org'],
    ['localhost:4400/p/x', 'https://localhost:4400/p/x'],
    ['http://a.b', 'http://a.b'],
    ['javascript:alert(1)', null],
    ['hello', null],
    ['', null],
  ])('typed as %j becomes %j', (typed, expected) => {
    expect(linkUrlFromInput(typed)).toBe(expected)
  })
})

describe('an image address', () => {
  it('is http or https only', () => {
    expect(safeImageUrl('https://a.b/c.png')).toBe('https://a.b/c.png')
    expect(safeImageUrl('data:image/png;base64,AA')).toBeNull()
    expect(safeImageUrl('mailto:a@b.c')).toBeNull()
  })
})
