import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, vi } from 'vitest'
import {
  bytesEvent,
  openedEvent,
  streamedLength,
  writeStreamed,
  type StreamOpening,
} from '@quire/shared'
import { eventStreamTransport } from '../event-stream.ts'
import type { Line, Transport } from '../transport.ts'

/* The client against a server that a test writes: one that is as it should be, or lies. */

/** What the server's streams begin with. */
export const opening: StreamOpening = {
  stream: 'n4m3',
  beatMs: 1_000,
  speakMs: 2_000,
  resumeMs: 5_000,
  ackBytes: 1_000,
  postBytes: 100,
}

const WITHIN = { timeout: 10_000, interval: 5 }

/** Three beats. */
export const SILENCE_MS = 3_000
/** For which an answer is waited. */
export const ANSWER_MS = 60_000

/** A request, and what it is to be answered on. */
export interface Asked {
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
  readonly response: ServerResponse
}

/** Timers that a test moves: what falls due within a time falls due at once. */
const manualTimers = () => {
  let now = 0
  const timers = new Map<symbol, { readonly at: number; readonly task: () => void }>()
  return {
    now: () => now,
    random: () => 0.5,
    after: (ms: number, task: () => void) => {
      const key = Symbol('timer')
      timers.set(key, { at: now + ms, task })
      return () => void timers.delete(key)
    },
    advance: (ms: number) => {
      const until = now + ms
      for (;;) {
        const [next] = [...timers]
          .filter(([, { at }]) => at <= until)
          .toSorted(([, a], [, b]) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next[0])
        now = Math.max(now, next[1].at)
        next[1].task()
      }
      now = until
    },
    /** Waits until these are what waits, in milliseconds from now. */
    waits: (...expected: readonly number[]) =>
      vi.waitFor(() => {
        const left = [...timers.values()].map(({ at }) => at - now)
        expect(left.toSorted((a, b) => a - b)).toEqual(expected)
      }, WITHIN),
  }
}

/** A server, and a line to it. */
export const start = async (
  transportOf: (
    environment: Parameters<typeof eventStreamTransport>[0],
  ) => Transport = eventStreamTransport,
) => {
  const asked: Asked[] = []
  const timers = manualTimers()
  const server = createServer((request, response) => {
    void buffer(request).then(
      (body) => {
        const { method = '', headers } = request
        asked.push({ method, headers, body: new Uint8Array(body), response })
      },
      () => undefined,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  const messages: Uint8Array[] = []
  const ends: string[] = []
  const transport = transportOf({ ...timers, fetch: (url, init) => fetch(url, init) })
  const line: Line = transport.open(`ws://127.0.0.1:${port}/base/?x=1`, {
    message: (frame) => messages.push(frame),
    ended: (reason) => ends.push(reason),
  })
  onTestFinished(() => {
    line.close()
    server.close()
    server.closeAllConnections()
  })
  /** The next request that nobody has looked at. */
  const next = async (method: string): Promise<Asked> => {
    await vi.waitFor(() => expect(asked.map((one) => one.method)).toContain(method), WITHIN)
    const [found] = asked.splice(
      asked.findIndex((one) => one.method === method),
      1,
    )
    if (found === undefined) throw new Error('nothing was asked')
    return found
  }
  return { line, asked, timers, messages, ends, next, port }
}

/** Writes to an answer that is an event stream. */
export const answer = ({ response }: Asked, text: string): void => {
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write(text)
}
/** Answers with a status, and ends. */
export const status = ({ response }: Asked, code: number, text = '', type = 'text/plain'): void =>
  void response.writeHead(code, { 'Content-Type': type }).end(text)

/** A message as a stream has it. */
export const streamed = (...bytes: readonly number[]): Uint8Array => {
  const out = new Uint8Array(streamedLength(bytes.length))
  writeStreamed(Uint8Array.from(bytes), out, 0)
  return out
}
/** An event of bytes. */
export const told = (end: number, bytes: Uint8Array): string =>
  bytesEvent(end, Buffer.from(bytes).toString('base64'))

/** A line whose stream has begun. */
export const begin = async (transportOf?: typeof eventStreamTransport) => {
  const test = await start(transportOf)
  const get = await test.next('GET')
  answer(get, openedEvent(opening))
  await test.timers.waits(SILENCE_MS)
  return { ...test, get }
}
/** Waits until the line has ended, for this reason. */
export const ended = ({ ends }: { readonly ends: readonly string[] }, reason: string) =>
  vi.waitFor(() => expect(ends).toEqual([reason]), WITHIN)
