import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { initials, maxPersonNameChars, namelessPerson, parsePerson } from './person.ts'

describe('a person read from a peer', () => {
  it('is safe to render whatever JSON the peer sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (raw, clientId) => {
        const { name, colour } = parsePerson(raw, clientId)
        expect(name.trim()).toBe(name)
        expect(Array.from(name).length).toBeGreaterThan(0)
        expect(Array.from(name).length).toBeLessThanOrEqual(maxPersonNameChars)
        expect(colour).toMatch(/^#[0-9a-f]{6}$/i)
      }),
    )
  })

  it('keeps a decent name and colour as they are', () => {
    expect(parsePerson({ name: 'Ada Lovelace', color: '#4F46E5' }, 1)).toEqual({
      name: 'Ada Lovelace',
      colour: '#4F46E5',
    })
  })

  it('has its name cut to the limit, never inside a character', () => {
    const { name } = parsePerson({ name: '🫖'.repeat(100) }, 1)
    expect(name).toBe('🫖'.repeat(maxPersonNameChars))
  })

  it('cannot turn the text around it or break its line', () => {
    expect(parsePerson({ name: '\u202eada\n\u0000' }, 1).name).toBe('ada')
  })

  it.each([
    null,
    7,
    [],
    {},
    { name: '   ' },
    { name: { toString: 'x' } },
    JSON.parse('{"__proto__": {"name": "Eve"}}'),
  ])('is a guest when it is %j', (raw) => {
    expect(parsePerson(raw, 1).name).toBe(namelessPerson)
  })
})

describe('initials', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['Jean-Luc de la Cruz', 'JC'],
    ['👩‍🚀 Sam', '👩‍🚀S'],
  ])('of %s are %s', (name, expected) => {
    expect(initials(name)).toBe(expected)
  })
})
