import { streamFields, type StreamOpening } from '@quire/shared'
import {
  Deadline,
  pause,
  request,
  sayingProblem,
  type AnswerProblem,
  type StreamEnvironment,
} from './stream-requests.ts'
import { UpQueue } from './up-queue.ts'

/*
 * What a client says, by one request after the other (PROTOCOL.md P32): what is said while one is under way goes with the
 * next. A request that fails, or is not answered, is made again with the same bytes, or with half of them where a proxy or
 * a slow line may not let through so many. That something was read, and that
 * somebody is here (P33, P34), is told with each of them, and by requests of their own that nothing waits for.
 */

/** Two requests with bytes begin no closer to each other, milliseconds: one frame of a display. */
const SPACING_MS = 16
/** How long an answer is waited for; the server holds it back for who says too much. */
const ANSWER_MS = 60_000
/** The same for a request that says nothing. */
const ALIVE_MS = 10_000
/** How long requests may fail, milliseconds from the first failure on. */
const FAILING_MS = 30_000
/** The pause after a failure, doubled with each to the longest, milliseconds. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
/** What a proxy is taken to let through in any case, bytes. */
const LEAST_BODY_BYTES = 4_096
/** The part of the time between two signs of life after which the next occasion is taken: there is another one in time. */
const SIGN_AT = 3 / 4

/** What a line upwards needs. */
export interface UpLineOptions {
  readonly url: string
  readonly environment: StreamEnvironment
  /** Aborted when the line ends. */
  readonly signal: AbortSignal
  /** What is said does not arrive, for good. */
  readonly onOver: (reason: string) => void
}

/** The line upwards of one stream. */
export class UpLine {
  readonly #options: UpLineOptions
  readonly #queue = new UpQueue()
  #opening: StreamOpening | null = null
  #bodyBytes = 0
  #read = 0
  #toldRead = 0
  #spokeAt = 0
  #isSaying = false
  #isSigning = false
  #isOver = false
  #saying: Deadline | null = null

  constructor(options: UpLineOptions) {
    this.#options = options
  }

  /** The stream has begun: what was said waits no longer. */
  open(opening: StreamOpening): void {
    this.#opening = opening
    this.#bodyBytes = opening.postBytes
    this.#spokeAt = this.#options.environment.now()
    this.#sayAllSoon()
  }

  /** Says a message, after those before. */
  say(message: Uint8Array<ArrayBuffer>): void {
    this.#queue.add(message)
    this.#sayAllSoon()
  }

  /** Something has come, and all up to there has been read. */
  heard(position: number): void {
    this.#read = position
    if (this.#isSignDue() && !this.#isSigning) void this.#sign()
  }

  /** The line downwards was cut: what is under way upwards was probably cut as well. */
  again(): void {
    this.#saying?.end()
  }

  /** Says nothing more: the stream is over. */
  stop(): void {
    this.#isOver = true
  }

  /** Tells the server that nobody comes back. */
  leave(): void {
    const opening = this.#opening
    if (opening === null || this.#isOver) return
    this.#isOver = true
    const headers = { [streamFields.stream]: opening.stream }
    // a page that goes away does not stop it
    void request(this.#options.environment, this.#options.url, {
      method: 'DELETE',
      headers,
      keepalive: true,
    })
  }

  #isSignDue(): boolean {
    if (this.#opening === null || this.#isOver) return false
    const { ackBytes, speakMs } = this.#opening
    if (this.#read - this.#toldRead >= ackBytes) return true
    // a clock that was set back says nothing about how long it was
    return Math.abs(this.#options.environment.now() - this.#spokeAt) >= speakMs * SIGN_AT
  }

  async #sign(): Promise<void> {
    this.#isSigning = true
    do {
      const deadline = this.#deadline(ALIVE_MS)
      const problem = await this.#post(new Uint8Array(), deadline)
      if (problem !== null && problem.isFinal) this.#end(problem.reason)
      else if (problem !== null) {
        // there will be another occasion, and not at once
        await pause(this.#options.environment, FIRST_PAUSE_MS, this.#options.signal)
        break
      }
    } while (this.#isSignDue())
    this.#isSigning = false
  }

  #sayAllSoon(): void {
    if (!this.#isSaying && this.#opening !== null && !this.#isOver) void this.#sayAll()
  }

  async #sayAll(): Promise<void> {
    const { environment, signal } = this.#options
    let failures = 0
    let failingSince: number | null = null
    this.#isSaying = true
    while (!this.#queue.isEmpty && !this.#isOver && !signal.aborted) {
      const body = this.#queue.next(this.#bodyBytes)
      const beganAt = environment.now()
      const deadline = this.#deadline(ANSWER_MS)
      this.#saying = deadline
      const problem = await this.#post(body, deadline)
      this.#saying = null
      let pauseMs = SPACING_MS - Math.abs(environment.now() - beganAt)
      if (problem === null) {
        this.#queue.heard(body.length)
        failures = 0
        failingSince = null
      } else if (problem.isFinal) this.#end(problem.reason)
      else if ((problem.isTooLarge || deadline.isLate) && body.length > LEAST_BODY_BYTES)
        this.#bodyBytes = Math.max(LEAST_BODY_BYTES, Math.floor(body.length / 2))
      else if (deadline.isLate || !deadline.isOver) {
        failingSince ??= environment.now()
        if (Math.abs(environment.now() - failingSince) >= FAILING_MS) this.#end(problem.reason)
        pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++)
        pauseMs *= (1 + environment.random()) / 2
      }
      if (pauseMs > 0 && !this.#isOver) await pause(environment, pauseMs, signal)
    }
    this.#isSaying = false
  }

  /** Null once the server has heard it. */
  async #post(body: Uint8Array<ArrayBuffer>, deadline: Deadline): Promise<SayingProblem | null> {
    const { environment, url } = this.#options
    const stream = this.#opening?.stream ?? ''
    const read = this.#read
    this.#spokeAt = environment.now()
    const headers = {
      'Content-Type': 'application/octet-stream',
      [streamFields.stream]: stream,
      [streamFields.from]: String(this.#queue.from),
      [streamFields.read]: String(read),
    }
    const response = await request(environment, url, {
      method: 'POST',
      headers,
      body,
      signal: deadline.signal,
    })
    try {
      if (typeof response === 'string')
        return { reason: response, isFinal: false, isTooLarge: false }
      const problem = await sayingProblem(response)
      if (problem !== null) return { ...problem, isTooLarge: response.status === TOO_LARGE }
      this.#toldRead = Math.max(this.#toldRead, read) // one request may overtake the other
      return null
    } finally {
      deadline.clear()
    }
  }

  #deadline(ms: number): Deadline {
    const { environment, signal } = this.#options
    const deadline = new Deadline(environment, signal)
    deadline.set(ms)
    return deadline
  }

  #end(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onOver(reason)
  }
}

const TOO_LARGE = 413

type SayingProblem = AnswerProblem & { readonly isTooLarge: boolean }
