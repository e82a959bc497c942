import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mutate, mutations } from '../testing/mutations.ts'
import { streamedLength, StreamedMessages, writeStreamed } from './streamed-messages.ts'

const LIMIT_BYTES = 20_000
const OTHER = Uint8Array.of(2, 7, 7, 0, 130, 1)

const encode = (messages: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(messages.reduce((sum, { length }) => sum + streamedLength(length), 0))
  let at = 0
  for (const message of messages) {
    writeStreamed(message, out, at)
    at += streamedLength(message.length)
  }
  return out
}

/** All messages of a stream that comes in pieces of these sizes, over and over. */
const decode = (
  stream: Uint8Array,
  sizes: readonly number[],
  reader = new StreamedMessages(LIMIT_BYTES),
) => {
  const messages: Uint8Array[] = []
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    reader.take(stream.subarray(at, at + size))
    at += size
    for (let next = reader.next(); next !== null; next = reader.next()) messages.push(next)
  }
  return { messages, reader }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 5 })
const message = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .constantFrom(0, 1, 127, 128, 4_096, 4_097, 16_383, 16_384, LIMIT_BYTES)
    .map((length) => new Uint8Array(length).fill(7)),
)
const streams = fc.array(message, { maxLength: 8 })

describe('messages in a stream', () => {
  test('[P30] come back as they went, however the stream is cut', () => {
    fc.assert(
      fc.property(streams, sizes, (all, cuts) => {
        const stream = encode(all)
        const { messages, reader } = decode(stream, cuts)
        expect(messages).toEqual(all)
        expect(reader.problem).toBe(null)
        expect(reader.position).toBe(stream.length)
        expect([reader.isInside, reader.heldBytes]).toEqual([false, 0])
      }),
    )
  })

  test('are not views: what they came in may be written to again', () => {
    const stream = Buffer.from(encode([Uint8Array.of(1, 2, 3)]))
    const { messages } = decode(stream, [100])
    stream.fill(9)
    expect(messages).toEqual([Uint8Array.of(1, 2, 3)])
    expect(messages[0]?.constructor).toBe(Uint8Array)
  })

  test('[P30] one over the limit is a problem before any room is made for it', () => {
    const reader = new StreamedMessages(100)
    reader.take(encode([new Uint8Array(100), new Uint8Array(101)]))
    expect(reader.next()?.length).toBe(100)
    expect(reader.next()).toBe(null)
    expect(reader.problem).toBe('a message of 101 bytes or more, limit 100')
    reader.take(encode([new Uint8Array(1)]))
    expect(reader.next()).toBe(null)
    expect(reader.heldBytes).toBe(0)
  })

  test.each([
    ['is padded without end', new Uint8Array(20).fill(0x80)],
    ['is over 2^53', new Uint8Array(9).fill(0xff)],
  ])('[P3] a length that %s is a problem', (_, stream) => {
    const { messages, reader } = decode(stream, [3], new StreamedMessages(Number.MAX_SAFE_INTEGER))
    expect(messages).toEqual([])
    expect(reader.problem).toContain('limit')
  })

  test('[P30] what a length claims takes no memory before it has come', () => {
    const reader = new StreamedMessages(2 ** 30)
    reader.take(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x03, 1, 2, 3))
    expect(reader.next()).toBe(null)
    expect(reader.isInside).toBe(true)
    expect(reader.heldBytes).toBeLessThanOrEqual(4_096)
  })

  test('[P1] any bytes end in messages or in a problem, and hold at most twice what came', () => {
    fc.assert(
      fc.property(streams, fc.array(mutations, { maxLength: 4 }), sizes, (all, changes, cuts) => {
        const stream = changes.reduce((bytes, change) => mutate(bytes, change, OTHER), encode(all))
        const { messages, reader } = decode(stream, cuts)
        for (const { length } of messages) expect(length).toBeLessThanOrEqual(LIMIT_BYTES)
        expect(reader.heldBytes).toBeLessThanOrEqual(4_096 + 2 * stream.length)
        expect(reader.position).toBeLessThanOrEqual(stream.length)
      }),
    )
  })
})
