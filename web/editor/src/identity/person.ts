import { isRecord, ownField } from '../json.ts'
import { derivedColour, parseColour } from './colour.ts'
import type { HexColour } from './colour.ts'

/** Who someone says they are: a label and a colour, both safe to render. Proves nothing. */
export interface Person {
  readonly name: string
  readonly colour: HexColour
}

/** Longest name of a person, in characters. */
export const maxPersonNameChars = 64

/** Names a peer cannot be given are shown as this one. */
export const namelessPerson = 'Guest'

// Controls, line breaks and direction overrides: they could break out of a label or rewrite it.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
// Joins emoji sequences such as a family; a format character that is worth keeping.
const zeroWidthJoiner = '\u200d'

/** A name of 1 to 64 printable characters, trimmed and cut to length; `null` if none is left. */
export function parsePersonName(raw: unknown): string | null {
  if (typeof raw !== 'string') return null
  const printable = raw
    .slice(0, 8 * maxPersonNameChars) // a peer's megabyte is not searched
    .toWellFormed()
    .replace(unprintable, (char) => (char === zeroWidthJoiner ? char : ''))
    .trim()
  const name = Array.from(printable).slice(0, maxPersonNameChars).join('').trim()
  return name === '' || name === zeroWidthJoiner ? null : name
}

/** Reads the `user` field of a peer's presence, which may be anything JSON can hold. */
export function parsePerson(raw: unknown, clientId: number): Person {
  const fields = isRecord(raw) ? raw : {}
  return {
    name: parsePersonName(ownField(fields, 'name')) ?? namelessPerson,
    colour: parseColour(ownField(fields, 'color')) ?? derivedColour(clientId),
  }
}

/** One or two letters for an avatar. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word !== '')
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => firstGrapheme(word ?? ''))
    .join('')
  return letters.toLocaleUpperCase('en')
}

function firstGrapheme(word: string): string {
  for (const { segment } of new Intl.Segmenter('en').segment(word)) return segment
  return ''
}
