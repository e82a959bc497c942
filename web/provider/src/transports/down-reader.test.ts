import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytesEvent,
  closedEvent,
  concatBytes,
  openedEvent,
  streamedLength,
  writeStreamed,
  type StreamOpening,
} from '@quire/shared'
import { DownReader } from './down-reader.ts'

const opening: StreamOpening = {
  stream: 'abc',
  beatMs: 1,
  speakMs: 2,
  resumeMs: 3,
  ackBytes: 4,
  postBytes: 5,
}
const streamOf = (messages: readonly Uint8Array[]): Uint8Array =>
  concatBytes(
    messages.map((message) => {
      const piece = new Uint8Array(streamedLength(message.length))
      writeStreamed(message, piece, 0)
      return piece
    }),
  )
const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const event = (stream: Uint8Array, from: number, end: number): Uint8Array =>
  textBytes(bytesEvent(end, Buffer.from(stream.subarray(from, end)).toString('base64')))

describe('the stream downwards', () => {
  test('[P30] [P33] is read over as many answers as it takes, each cut anywhere', () => {
    const plan = fc.array(fc.record({ size: fc.integer({ min: 1, max: 60 }), cut: fc.nat(200) }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), plan, (messages, steps) => {
        const stream = streamOf(messages)
        const reader = new DownReader(50)
        const heard: Uint8Array[] = []
        const all = { size: stream.length, cut: Infinity }
        for (const { size, cut } of [...steps, all]) {
          reader.goOn()
          const from = reader.position
          const bytes = event(stream, from, Math.min(stream.length, from + size))
          const news = reader.read(bytes.subarray(0, cut))
          if (!news.ok) throw new Error(news.error)
          for (const one of news.value) if (one.kind === 'message') heard.push(one.message)
        }
        expect(heard).toEqual(messages)
        expect(reader.position).toBe(stream.length)
      }),
    )
  })

  test('tells the beginning and the end', () => {
    const reader = new DownReader(50)
    const text = openedEvent(opening) + closedEvent(4403, 'no')
    expect(reader.read(textBytes(text))).toEqual({
      ok: true,
      value: [
        { kind: 'opened', opening },
        { kind: 'closed', code: 4403, reason: 'no' },
      ],
    })
  })

  const stream = streamOf([new Uint8Array(10), new Uint8Array(60)])
  test.each([
    ['bytes that were told already', event(stream, 0, 5), 'bytes from 0 on, at 5'],
    ['bytes behind a gap', event(stream, 6, 8), 'bytes from 6 on, at 5'],
    [
      'a position before the beginning',
      textBytes('id: 1\ndata: AAEC\n\n'),
      'bytes from -2 on, at 5',
    ],
    ['a second beginning', textBytes(openedEvent(opening)), 'a stream that begins twice'],
    ['a message over the limit', event(stream, 5, 20), 'a message of 60 bytes or more, limit 50'],
    ['what is no event', textBytes('data: #\n\n'), 'an event of bytes without a position'],
  ])('[P31] ends with %s', (_, bytes, error) => {
    const reader = new DownReader(50)
    reader.read(textBytes(openedEvent(opening)))
    reader.read(event(stream, 0, 5))
    expect(reader.read(bytes)).toEqual({ ok: false, error })
  })
})
