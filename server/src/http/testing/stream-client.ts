import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  concatBytes,
  EventReader,
  QUIRE_SUBPROTOCOL,
  streamFields,
  StreamedMessages,
  type Frame,
  type StreamEvent,
} from '@quire/shared'
import { expect } from 'vitest'
import { layOutFrame } from '../../edges/event-stream/stream-wire.ts'
import { until } from '../../edges/websocket/testing/until.ts'

/** Header fields of a request. */
export type Fields = Readonly<Record<string, string>>

/** What was answered to one request. */
export interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Makes a request, on a connection of its own. */
export const requestStream = async (
  port: number,
  method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS',
  headers: Fields,
  body?: Uint8Array,
): Promise<Answered> => {
  const asked = request({ port, method, headers, host: '127.0.0.1', path: '/stream', agent: false })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

/** An answer that is an event stream, as far as it has come. */
export interface Streaming {
  readonly answer: IncomingMessage
  readonly events: readonly StreamEvent[]
  /** The name in its first event; waits for it. */
  readonly name: () => Promise<string>
  /** The part of the stream downwards that has come on this answer. */
  readonly bytes: () => Uint8Array
  /** All that has come, beats included. */
  readonly text: () => string
  /** True once the answer has ended, as it should or not. */
  readonly isOver: () => boolean
  /** Cuts the connection, as a proxy may. */
  cut(): void
}

/** The fields of a first request. */
export const FIRST = { [streamFields.protocol]: QUIRE_SUBPROTOCOL }

/** Opens a stream, or with other fields goes on with one; throws what it is refused with. */
export const listen = async (port: number, headers: Fields = FIRST): Promise<Streaming> => {
  const asked = request({ port, headers, host: '127.0.0.1', path: '/stream', agent: false }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await text(answer)}`)
  const reader = new EventReader()
  const events: StreamEvent[] = []
  let body = ''
  let isOver = false
  answer.on('data', (chunk: Buffer) => {
    body += chunk.toString()
    const came = reader.read(chunk)
    if (!came.ok) throw new Error(came.error)
    events.push(...came.value)
  })
  answer.on('error', () => undefined)
  answer.on('close', () => (isOver = true))
  return {
    answer,
    events,
    name: async () => {
      await until(() => expect(events[0]?.kind).toBe('opened'))
      return events[0]?.kind === 'opened' ? events[0].stream : ''
    },
    bytes: () =>
      concatBytes(events.flatMap((event) => (event.kind === 'bytes' ? [event.bytes] : []))),
    text: () => body,
    isOver: () => isOver,
    cut: () => answer.destroy(),
  }
}

/** The fields of a client that comes back. */
export const comingBack = (name: string, position: number): Fields => ({
  [streamFields.stream]: name,
  [streamFields.lastEvent]: String(position),
})

/** The fields of a request that brings something. */
export const bringing = (name: string, from: number, read = 0): Fields => ({
  [streamFields.stream]: name,
  [streamFields.from]: String(from),
  [streamFields.read]: String(read),
})

/** Messages as a stream has them. */
export const laidOut = (...messages: readonly (readonly number[])[]): Uint8Array =>
  concatBytes(messages.map((message) => layOutFrame(Uint8Array.from(message) as Frame)))

/** The messages in a stream. */
export const messagesIn = (bytes: Uint8Array): Uint8Array[] => {
  const reader = new StreamedMessages(2 ** 30)
  reader.take(bytes)
  const messages: Uint8Array[] = []
  for (let next = reader.next(); next !== null; next = reader.next()) messages.push(next)
  return messages
}
