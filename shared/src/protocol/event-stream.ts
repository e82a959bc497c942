/*
 * The way down of quire.v1 where there is no WebSocket: `text/event-stream` (HTML, "Server-sent events"), which
 * proxies know and hand on as it comes. PROTOCOL.md §1.12 has the events; their bytes are a stream of messages
 * (streamed-messages.ts), cut anywhere:
 *
 *   event: opened⏎ data: {"stream":…}⏎⏎                first of all: what the stream is called
 *   id: 4711⏎ data: AAECAwQ…⏎⏎                          bytes as base64; behind them it is at 4711
 *   :⏎⏎                                                 a beat
 *   event: closed⏎ data: {"code":4403,"reason":…}⏎⏎     last of all
 */
import { limits } from '../limits.ts'
import { err, ok, type Result } from '../result.ts'

/** The fields of requests; HTTP takes them in any case. */
export const streamFields = {
  /** Of the first request: the subprotocol that the client speaks. */
  protocol: 'Quire-Protocol',
  /** Of all others: the stream, which only its client knows. */
  stream: 'Quire-Stream',
  /** Of what is said: where in the stream upwards its first byte stands. */
  from: 'Quire-From',
  /** How far the client has read the stream downwards. */
  read: 'Quire-Read',
  /** Of a client that comes back: the same, as event streams have it. */
  lastEvent: 'Last-Event-ID',
} as const

/** What a stream begins with. All times are milliseconds. */
export interface StreamOpening {
  /** The stream's name, a secret of its client. */
  readonly stream: string
  /** The line is never silent for longer. */
  readonly beatMs: number
  /** So often the client says that it is there, at least. */
  readonly speakMs: number
  /** So long a stream waits for a client that was cut off. */
  readonly resumeMs: number
  /** Whenever it has read so much, a client says so. */
  readonly ackBytes: number
  /** Bytes that one request may bring. */
  readonly postBytes: number
}

/** What comes down. */
export type StreamEvent =
  | ({ readonly kind: 'opened' } & StreamOpening)
  /** `end`: how many bytes of the stream there are with these. */
  | { readonly kind: 'bytes'; readonly end: number; readonly bytes: Uint8Array }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }

/** Nothing, so that the line is not silent. */
export const BEAT_EVENT = ':\n\n'

/** Writes what a stream begins with. */
export const openedEvent = (opening: StreamOpening): string =>
  `event: opened\ndata: ${JSON.stringify(opening)}\n\n`

/** Writes at most `limits.eventBytes` of the stream, given as base64; with them it is at `end`. */
export const bytesEvent = (end: number, base64: string): string => `id: ${end}\ndata: ${base64}\n\n`

/** Writes how a stream ends. */
export const closedEvent = (code: number, reason: string): string =>
  `event: closed\ndata: ${JSON.stringify({ code, reason })}\n\n`

/** Reads a position in a stream as header fields have it; null where it is none. */
export const parsePosition = (text: string | null | undefined): number | null => {
  if (text === null || text === undefined || !/^\d{1,16}$/.test(text)) return null
  const position = Number(text)
  return Number.isSafeInteger(position) ? position : null
}

/** Longest line of an event stream, UTF-16 units: base64 takes four for three bytes. */
const LINE_LENGTH = Math.ceil(limits.eventBytes / 3) * 4 + 64

/**
 * Reads an event stream as it comes. It never throws, and keeps no more than one event. Events, fields and members that it
 * does not know it passes over; the first problem ends it.
 */
export class EventReader {
  readonly #decoder = new TextDecoder()
  #line: string[] = []
  #lineLength = 0
  #isBehindReturn = false
  #fields = NO_FIELDS

  /** The events that have come whole with these bytes. */
  read(bytes: Uint8Array): Result<readonly StreamEvent[], string> {
    const text = this.#decoder.decode(bytes, { stream: true })
    const events: StreamEvent[] = []
    // a line that ended with a carriage return has ended, whatever the next piece begins with
    let from = this.#isBehindReturn && text.startsWith('\n') ? 1 : 0
    if (text !== '') this.#isBehindReturn = text.endsWith('\r')
    LINE_END.lastIndex = from
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      const line = this.#add(text.slice(from, end.index))
      if (line === null) return tooLong
      this.#line = []
      this.#lineLength = 0
      from = LINE_END.lastIndex
      const event = this.#readLine(line.join(''))
      if (!event.ok) return event
      if (event.value !== null) events.push(event.value)
    }
    return this.#add(text.slice(from)) === null ? tooLong : ok(events)
  }

  #add(part: string): readonly string[] | null {
    this.#lineLength += part.length
    if (this.#lineLength > LINE_LENGTH) return null
    if (part !== '') this.#line.push(part)
    return this.#line
  }

  #readLine(line: string): Result<StreamEvent | null, string> {
    if (line === '') {
      const fields = this.#fields
      this.#fields = NO_FIELDS
      return fields.data === null ? ok(null) : readEvent(fields.event, fields.id, fields.data)
    }
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    if (name !== 'event' && name !== 'id' && name !== 'data') return ok(null)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    const before = this.#fields.data
    // none of ours has two lines of data, so a second one must not make an event grow without end
    if (name === 'data' && before !== null) return err('an event with two lines of data')
    this.#fields = { ...this.#fields, [name]: value }
    return ok(null)
  }
}

interface Fields {
  readonly event: string
  readonly id: string
  readonly data: string | null
}

const NO_FIELDS: Fields = { event: '', id: '', data: null }

const tooLong = err(`a line of more than ${LINE_LENGTH} characters`)

const LINE_END = /\r\n|\r|\n/g

const readEvent = (event: string, id: string, data: string): Result<StreamEvent | null, string> => {
  switch (event) {
    case '':
    case 'message':
      return readBytes(id, data)
    case 'opened':
      return readOpening(data)
    case 'closed':
      return readClosing(data)
    default:
      return ok(null) // of a newer server
  }
}

const readBytes = (id: string, data: string): Result<StreamEvent, string> => {
  const end = parsePosition(id)
  if (end === null) return err('an event of bytes without a position')
  const bytes = fromBase64(data)
  return bytes === null
    ? err('an event of bytes that are not base64')
    : ok({ kind: 'bytes', end, bytes })
}

const fromBase64 = (text: string): Uint8Array | null => {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return null
  }
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

const readOpening = (data: string): Result<StreamEvent, string> => {
  const { stream, ...numbers } = readObject(data)
  const { beatMs, speakMs, resumeMs, ackBytes, postBytes } = numbers
  if (typeof stream !== 'string' || !/^[\w-]{1,64}$/.test(stream))
    return err('an event stream without a name')
  if (
    isCount(beatMs) &&
    isCount(speakMs) &&
    isCount(resumeMs) &&
    isCount(ackBytes) &&
    isCount(postBytes)
  )
    return ok({ kind: 'opened', stream, beatMs, speakMs, resumeMs, ackBytes, postBytes })
  return err('an event stream that does not say how it is to be read')
}

const readClosing = (data: string): Result<StreamEvent, string> => {
  const { code, reason } = readObject(data)
  if (!isCount(code) || typeof reason !== 'string') return err('an end without a code and a reason')
  return ok({ kind: 'closed', code, reason })
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0

const readObject = (data: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null)
      return value as Readonly<Record<string, unknown>>
  } catch {
    // what is no JSON has no members
  }
  return {}
}
