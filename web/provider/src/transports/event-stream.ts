/*
 * quire.v1 without a WebSocket (PROTOCOL.md P30 to P37): one answer that does not end brings what the server says, and
 * one request after the other brings what the client says. Each may be cut, and goes on where it was.
 *
 *     opening ──opened──▶ reading ──cut──▶ coming back ──▶ reading …
 *        │ it fails          │ closed            │ too late, or refused
 *        ▼                   ▼                   ▼
 *     over: the line has ended, and whoever wants another one opens it
 */
import { QUIRE_SUBPROTOCOL, streamFields, type StreamOpening } from '@quire/shared'
import { DownReader } from './down-reader.ts'
import {
  Deadline,
  pause,
  request,
  streamProblem,
  streamUrl,
  type AnswerProblem,
  type StreamEnvironment,
} from './stream-requests.ts'
import { MESSAGE_BYTES, type Line, type LineListener, type Transport } from './transport.ts'
import { UpLine } from './up-line.ts'

/** How long a stream may take to begin, milliseconds. */
const OPEN_MS = 10_000
/** How long one attempt to come back may take, milliseconds: there is time for a second one. */
const ATTEMPT_MS = 4_000
/** Beats that are missed before a line is taken for dead. */
const MISSED_BEATS = 3
/** Two requests begin no closer to each other, milliseconds; after one that brought nothing twice that, and so on. */
const SPACING_MS = 100
const LONGEST_PAUSE_MS = 2_000
/** How long the end of a stream, which the other direction has noticed, may take to be told, milliseconds. */
const END_MS = 3_000

/** An event stream, for where WebSockets are blocked. */
export const eventStreamTransport = (environment: StreamEnvironment): Transport => ({
  open: (url, listener) => new EventStreamLine({ environment, url, listener, isHeldBack: false }),
})

/** The same with answers that end, for where an answer is handed on only when it has ended. */
export const pollingTransport = (environment: StreamEnvironment): Transport => ({
  open: (url, listener) => new EventStreamLine({ environment, url, listener, isHeldBack: true }),
})

interface LineOptions {
  readonly environment: StreamEnvironment
  readonly url: string
  readonly listener: LineListener
  /** Whoever stands between hands an answer on only when it has ended. */
  readonly isHeldBack: boolean
}

/** How an answer went. */
interface Reading extends AnswerProblem {
  /** The server has no such stream any more. */
  readonly isOver: boolean
  /** It told something. */
  readonly hasTold: boolean
}

class EventStreamLine implements Line {
  readonly #options: LineOptions
  readonly #url: string
  readonly #over = new AbortController()
  readonly #down = new DownReader(MESSAGE_BYTES)
  readonly #up: UpLine
  #listener: LineListener | null
  #opening: StreamOpening | null = null
  #undoTooLate: (() => void) | null = null
  #undoEnd: () => void = () => undefined

  constructor(options: LineOptions) {
    this.#options = options
    this.#listener = options.listener
    this.#url = streamUrl(options.url)
    this.#up = new UpLine({
      url: this.#url,
      environment: options.environment,
      signal: this.#over.signal,
      // how it ended is told on the other way, if it is told
      onOver: (reason) => {
        this.#undoEnd = options.environment.after(END_MS, () => this.#end(reason))
      },
    })
    void this.#listen()
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#listener !== null) this.#up.say(frame)
  }

  close(): void {
    this.#listener = null
    this.#undoTooLate?.()
    this.#undoEnd()
    this.#up.leave()
    this.#over.abort()
  }

  #end(reason: string): void {
    const listener = this.#listener
    this.close()
    listener?.ended(reason)
  }

  async #listen(): Promise<void> {
    const { environment, isHeldBack } = this.#options
    let failures = 0
    for (;;) {
      const beganAt = environment.now()
      const { reason, isFinal, isOver, hasTold } = await this.#readOnce()
      if (this.#listener === null) return
      const opening = this.#opening
      if (isOver) this.#up.stop()
      if (opening === null || isFinal) return this.#end(reason)
      failures = hasTold ? 0 : failures + 1
      // what is held back tells nothing for as long as it waits
      const lateMs = opening.resumeMs + (isHeldBack ? opening.speakMs : 0)
      if (!hasTold) this.#undoTooLate ??= environment.after(lateMs, () => this.#end(reason))
      const longestMs = Math.min(LONGEST_PAUSE_MS, SPACING_MS * 2 ** failures)
      const passedMs = Math.abs(environment.now() - beganAt)
      const pauseMs = failures > 0 ? longestMs * environment.random() : SPACING_MS - passedMs
      if (pauseMs > 0) await pause(environment, pauseMs, this.#over.signal)
    }
  }

  /** Reads one answer to its end, or until there is nothing more to be had from it. */
  async #readOnce(): Promise<Reading> {
    const { environment, isHeldBack } = this.#options
    const deadline = new Deadline(environment, this.#over.signal)
    deadline.set(
      this.#opening === null ? OPEN_MS : ATTEMPT_MS + (isHeldBack ? this.#opening.speakMs : 0),
    )
    let hasTold = false
    const end = (reason: string, how = { isFinal: false, isOver: false }): Reading => ({
      reason,
      hasTold,
      ...how,
    })
    try {
      const headers = this.#fields()
      const response = await request(environment, this.#url, { headers, signal: deadline.signal })
      if (typeof response === 'string') return end(deadline.isOver ? 'no answer in time' : response)
      const problem = await streamProblem(response)
      if (problem !== null) return { ...problem, isOver: problem.isFinal, hasTold }
      this.#down.goOn()
      const reader = response.body?.getReader()
      for (;;) {
        const { value } = (await reader?.read()) ?? {}
        if (value === undefined) return end('the connection was cut')
        const heard = this.#hear(value, hasTold)
        if (heard !== null) return end(heard.reason, { isFinal: true, isOver: heard.isOver })
        hasTold = true
        deadline.set(this.#opening === null ? OPEN_MS : MISSED_BEATS * this.#opening.beatMs)
      }
    } catch (error) {
      if (deadline.isOver) return end('the server is silent')
      return end(error instanceof Error ? error.message : String(error))
    } finally {
      deadline.end()
    }
  }

  /** Why the line ends with this; null if it goes on. */
  #hear(bytes: Uint8Array, hasTold: boolean): Pick<Reading, 'reason' | 'isOver'> | null {
    const news = this.#down.read(bytes)
    if (!news.ok) return { reason: `the server sent ${news.error}`, isOver: false }
    this.#undoTooLate?.()
    this.#undoTooLate = null
    if (!hasTold && this.#opening !== null && !this.#options.isHeldBack) this.#up.again()
    for (const one of news.value)
      switch (one.kind) {
        case 'opened':
          this.#opening = one.opening
          this.#up.open(one.opening)
          break
        case 'message':
          this.#listener?.message(one.message)
          break
        case 'closed':
          return { reason: `${one.reason} (${one.code})`, isOver: true }
      }
    this.#up.heard(this.#down.position)
    return null
  }

  #fields(): Record<string, string> {
    const opening = this.#opening
    const own: Record<string, string> =
      opening === null
        ? { [streamFields.protocol]: QUIRE_SUBPROTOCOL }
        : {
            [streamFields.stream]: opening.stream,
            [streamFields.lastEvent]: String(this.#down.position),
          }
    if (!this.#options.isHeldBack) return own
    const waitMs = opening === null ? 0 : opening.speakMs
    return { ...own, Prefer: `wait=${Math.floor(waitMs / 1_000)}` }
  }
}
