import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LeftOut } from '../source.ts'
import { ySweetFile } from '../testing/y-sweet-file.ts'
import { updatesInYSweet } from './y-sweet.ts'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)

const hex = (...parts: string[]): Uint8Array =>
  new Uint8Array(Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'))

describe('a file of y-sweet’s', () => {
  it('is read byte by byte as it is laid out', () => {
    const file = hex(
      '0200000000000000', // two entries
      '0600000000000000 0000 646f63 00', // the number of `doc`
      '0400000000000000 00000102',
      '0700000000000000 0001 00000102 00', // its state
      '0200000000000000 0708',
    )
    expect(updatesInYSweet(file)).toEqual([bytes(7, 8)])
    expect(ySweetFile({ state: bytes(7, 8), number: 258 })).toEqual(file)
  })

  it('has its state and what came since, and nothing of another number', () => {
    const file = ySweetFile({
      state: bytes(1),
      updates: [bytes(2), bytes(3)],
      others: [
        [bytes(0, 1, 0, 0, 0, 1, 1), bytes(9)], // the state vector
        [bytes(0, 1, 0, 0, 0, 1, 3, 0x61, 0), bytes(9)], // what else is known
        [bytes(0, 1, 0, 0, 0, 2, 0), bytes(9)], // another document's state
      ],
    })
    expect(updatesInYSweet(file)).toEqual([bytes(1), bytes(2), bytes(3)])
  })

  it('may be of a document that nobody has written in', () => {
    expect(updatesInYSweet(bytes(0, 0, 0, 0, 0, 0, 0, 0))).toEqual([])
  })

  it.each([
    [bytes(1, 2, 3), 'it ends too early, at byte 0'],
    [bytes(1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255), 'the file ends there'],
    [bytes(255, 255, 255, 255, 255, 255, 255, 255), 'it ends too early, at byte 8'],
    [bytes(0, 0, 0, 0, 0, 0, 0, 0, 1), '1 bytes follow behind its end'],
    [ySweetFile({ state: bytes(1), name: 'other' }), 'holds no document of the name'],
  ])('that is broken is refused in words: %#', (file, sentence) => {
    expect(() => updatesInYSweet(file)).toThrow(LeftOut)
    expect(() => updatesInYSweet(file)).toThrow(sentence)
  })

  it('may be damaged anywhere', () => {
    const whole = ySweetFile({ state: bytes(1, 2, 3), updates: [bytes(4, 5)] })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, to, end) => {
        const file = whole.slice(0, Math.max(end, at + 1))
        file[at] = to
        let thrown: unknown = null
        try {
          updatesInYSweet(file)
        } catch (error) {
          thrown = error
        }
        expect(thrown === null || thrown instanceof LeftOut).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})
