import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { concatBytes, seq } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { decodeFrames, encodeFrame, VERSION, type Frame } from './frames.ts'

const numbers = fc.nat({ max: 2 ** 40 })
const bytes = fc.uint8Array({ maxLength: 40 })
const position = fc.option(fc.record({ epoch: numbers, seq: numbers.map(seq) }))
const log = fc.array(fc.record({ number: numbers, updates: numbers, bytes }), { maxLength: 3 })
const key = fc.record({ number: numbers, index: numbers })
const unsaved = fc.array(fc.record({ key, at: numbers, bytes }), { maxLength: 3 })

const header: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constant('header' as const),
  version: fc.constant(VERSION),
  life: fc.string(),
  label: bytes,
})
const batch: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constant('batch' as const),
  position,
  log,
  unsaved,
  saved: fc.array(key, { maxLength: 3 }),
})
const snapshot: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constant('snapshot' as const),
  next: numbers,
  foldedBytes: numbers,
  position,
  log,
  unsaved,
})
/** A frame with content that nobody has checked. */
const framed = (content: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(12 + content.length)
  frame.set(new TextEncoder().encode('Quir'))
  const view = new DataView(frame.buffer)
  view.setUint32(4, content.length, true)
  view.setUint32(8, crc32(content), true)
  frame.set(content, 12)
  return frame
}

const files = fc
  .tuple(header, fc.array(fc.oneof(batch, snapshot), { minLength: 1, maxLength: 6 }))
  .map(([first, rest]): readonly Frame[] => [first].concat(rest))

const encode = (frames: readonly Frame[]): readonly Uint8Array[] => frames.map(encodeFrame)

const read = (file: Uint8Array) => {
  const decoded = decodeFrames(file)
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

const plain = (frames: readonly Frame[]): unknown => JSON.parse(JSON.stringify(frames)) as unknown

describe('the file of a document', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(files, (frames) => {
        const file = concatBytes(encode(frames))
        const decoded = read(file)
        expect(plain(decoded.frames)).toEqual(plain(frames))
        expect(decoded.length).toBe(file.length)
      }),
    )
  })

  it('[OS14] cut off anywhere it holds the frames that are whole', () => {
    fc.assert(
      fc.property(files, fc.nat(), (frames, at) => {
        const parts = encode(frames)
        const whole = concatBytes(parts)
        const file = whole.subarray(0, at % (whole.length + 1))
        let [length, count] = [0, 0]
        for (const part of parts) {
          if (length + part.length > file.length) break
          length += part.length
          count++
        }
        const decoded = read(file)
        expect(decoded.length).toBe(length)
        expect(plain(decoded.frames)).toEqual(plain(frames.slice(0, count)))
      }),
    )
  })

  it('[OS14] with anything behind it holds the same frames, whatever that is', () => {
    const marks = fc.constantFrom('Quir', 'Q', 'Quir\u0000\u0000\u0000\u0000', '\u0000'.repeat(30))
    const rest = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      marks.map((text) => new TextEncoder().encode(text)),
    )
    fc.assert(
      fc.property(files, fc.array(rest, { maxLength: 3 }), (frames, garbage) => {
        const whole = concatBytes(encode(frames))
        const decoded = read(concatBytes([whole, ...garbage]))
        expect(decoded.length).toBe(whole.length)
      }),
    )
  })

  it('is damaged if what does not read is not at its end', () => {
    fc.assert(
      fc.property(files, fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, at, by) => {
        const parts = encode(frames)
        const file = concatBytes(parts)
        const last = file.length - (parts.at(-1)?.length ?? 0)
        const where = at % last
        file[where] = (file[where] ?? 0) ^ by
        const decoded = decodeFrames(file)
        const message = decoded.ok ? 'it reads' : decoded.error.message
        expect(message).toMatch(/^it is damaged from byte \d+ to \d+$/)
        const [from = 0, to = 0] = (message.match(/\d+/g) ?? []).map(Number)
        expect(from <= where && where < to).toBe(true)
      }),
    )
  })

  it('is left to the newer version that has written it', () => {
    const future = encodeFrame({
      kind: 'header',
      version: VERSION + 1,
      life: '?',
      label: Uint8Array.of(1),
    })
    expect(decodeFrames(future)).toEqual({
      ok: false,
      error: { kind: 'newer', message: `it is of version ${VERSION + 1}` },
    })
  })

  it('reads anything at all without throwing', () => {
    const reframed = fc.tuple(files, fc.uint8Array({ maxLength: 30 })).map(([frames, content]) => {
      const [first] = encode(frames)
      return concatBytes([first ?? new Uint8Array(0), framed(content)])
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), reframed), (file) => {
        decodeFrames(file)
      }),
    )
  })
})
