import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { contrast, derivedColour, parseColour, personColours, textColourOn } from './colour.ts'
import type { HexColour } from './colour.ts'

const anyColour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value): HexColour => `#${value.toString(16).padStart(6, '0')}`)

describe('a colour', () => {
  it('carries a label that is readable, whatever a peer chose', () => {
    fc.assert(
      fc.property(anyColour, (colour) => {
        expect(contrast(colour, textColourOn(colour))).toBeGreaterThanOrEqual(4.5)
      }),
    )
  })

  it.each(personColours)('%s of the palette carries white text', (colour) => {
    expect(textColourOn(colour)).toBe('#ffffff')
    expect(contrast(colour, '#ffffff')).toBeGreaterThanOrEqual(4.5)
  })

  it('measures contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  })

  it.each([
    '#abc',
    '#12345g',
    ' #123456',
    '#1234567',
    'red',
    '#123456;background:url(//x)',
    '#123456\n',
    7,
    null,
    ['#123456'],
  ])('is not read from %j', (raw) => {
    expect(parseColour(raw)).toBeNull()
  })

  it('is derived the same way for every client id', () => {
    expect(derivedColour(4294967295)).toBe(derivedColour(4294967295))
    expect(personColours).toContain(derivedColour(-3.5))
  })
})
