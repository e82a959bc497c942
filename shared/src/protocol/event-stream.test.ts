import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../limits.ts'
import { mutate, mutations } from '../testing/mutations.ts'
import {
  BEAT_EVENT,
  bytesEvent,
  closedEvent,
  EventReader,
  openedEvent,
  parsePosition,
  type StreamEvent,
} from './event-stream.ts'

const write = (event: StreamEvent): string => {
  switch (event.kind) {
    case 'opened': {
      const { kind: _, ...opening } = event
      return openedEvent(opening)
    }
    case 'bytes':
      return bytesEvent(event.end, Buffer.from(event.bytes).toString('base64'))
    case 'closed':
      return closedEvent(event.code, event.reason)
  }
}

/** Reads a text that comes in pieces of these many bytes, over and over; stops at a problem. */
const read = (text: string | Uint8Array, sizes: readonly number[] = [1_000_000]) => {
  const bytes = Buffer.from(text as string)
  const reader = new EventReader()
  const events: StreamEvent[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    const came = reader.read(bytes.subarray(at, at + size))
    if (!came.ok) return { events, problem: came.error }
    events.push(...came.value)
    at += size
  }
  return { events, problem: null }
}

const OTHER = Buffer.from('id: 5\r\ndata: AAEC\n\nevent: closed\n')
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const event: fc.Arbitrary<StreamEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('opened' as const),
    stream: fc.stringMatching(/^[\w-]{1,64}$/),
    beatMs: count,
    speakMs: count,
    resumeMs: count,
    ackBytes: count,
    postBytes: count,
  }),
  fc.record({
    kind: fc.constant('bytes' as const),
    end: fc.maxSafeNat(),
    bytes: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({
    kind: fc.constant('closed' as const),
    code: count,
    reason: fc.string({ unit: 'binary', maxLength: 100 }),
  }),
)
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })
const lineEnds = fc.constantFrom('\n', '\r\n', '\r')

describe('an event stream', () => {
  test('[P31] comes back as it went, however it is cut and whatever ends its lines', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), sizes, lineEnds, (events, cuts, lineEnd) => {
        const text = events.map((one) => BEAT_EVENT + write(one)).join('')
        expect(read(text.replaceAll('\n', lineEnd), cuts)).toEqual({ events, problem: null })
      }),
    )
  })

  test('[P31] has room for the largest event', () => {
    const bytes = new Uint8Array(limits.eventBytes).fill(255)
    const text = write({ kind: 'bytes', end: Number.MAX_SAFE_INTEGER, bytes })
    expect(read(text, [50_000]).events).toEqual([
      { kind: 'bytes', end: Number.MAX_SAFE_INTEGER, bytes },
    ])
  })

  test('[P31] events, fields and members that are not known are passed over', () => {
    const text = [
      '\ufeff: comment\nretry: 5\nid: 1\n\n',
      'event: weather\ndata: {"sun":true}\n\n',
      'event: closed\nfield: value\ndata:{"code":1001,"reason":"so","more":[]}\n\n',
    ].join('')
    expect(read(text)).toEqual({
      events: [{ kind: 'closed', code: 1001, reason: 'so' }],
      problem: null,
    })
  })

  test.each([
    ['id: 5\ndata: ÄÖ\n\n', 'an event of bytes that are not base64'],
    ['data\n\n', 'an event of bytes without a position'],
    ['id: -5\ndata: AAEC\n\n', 'an event of bytes without a position'],
    ['id: 5\ndata: AAEC\ndata: AAEC\n\n', 'an event with two lines of data'],
    ['event: opened\ndata: {}\n\n', 'an event stream without a name'],
    ['event: opened\ndata: {"stream":"a b"}\n\n', 'an event stream without a name'],
    [
      'event: opened\ndata: {"stream":"a","beatMs":1e999}\n\n',
      'an event stream that does not say how it is to be read',
    ],
    ['event: closed\ndata: [1]\n\n', 'an end without a code and a reason'],
    ['event: closed\ndata: null\n\n', 'an end without a code and a reason'],
    ['event: closed\ndata: {"code"\n\n', 'an end without a code and a reason'],
    [`<html>${'x'.repeat(2 * limits.eventBytes)}`, 'a line of more than 87448 characters'],
  ])('[P31] %j is a problem: %s', (text, problem) => {
    expect(read(text)).toEqual({ events: [], problem })
    expect(read(text, [1, 7]).problem).toBe(problem)
  })

  test('[P1] any bytes end in events or in a problem', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 4 }),
        fc.array(mutations, { maxLength: 4 }),
        sizes,
        (events, changes, cuts) => {
          const text: Uint8Array = new TextEncoder().encode(events.map(write).join(''))
          const { problem } = read(
            changes.reduce((bytes, change) => mutate(bytes, change, OTHER), text),
            cuts,
          )
          expect(problem).not.toBe('')
        },
      ),
    )
  })

  test('[P1] a text of nothing but line ends is read in time', () => {
    expect(read('\r'.repeat(4_000_000)).events).toEqual([])
  })
})

describe('a position', () => {
  test.each([
    ['0', 0],
    ['007', 7],
    [String(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    ['9007199254740992', null],
    ['', null],
    ['1, 2', null],
    ['-1', null],
    ['1e3', null],
    [null, null],
    [undefined, null],
  ])('%j is %j', (text, position) => {
    expect(parsePosition(text)).toBe(position)
  })
})
