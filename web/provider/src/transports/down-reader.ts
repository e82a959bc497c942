import {
  err,
  EventReader,
  ok,
  StreamedMessages,
  type Result,
  type StreamOpening,
} from '@quire/shared'

/** What came down. */
export type DownNews =
  | { readonly kind: 'opened'; readonly opening: StreamOpening }
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }

/** The stream downwards (PROTOCOL.md P30, P31), over as many answers as it takes. The first problem is for good. */
export class DownReader {
  readonly #messages: StreamedMessages
  #events = new EventReader()
  #position = 0
  #isOpened = false

  /** `messageBytes`: of the largest message. */
  constructor(messageBytes: number) {
    this.#messages = new StreamedMessages(messageBytes)
  }

  /** Bytes of the stream that have been read. */
  get position(): number {
    return this.#position
  }

  /** What comes from here on is another answer, which goes on at the position. */
  goOn(): void {
    this.#events = new EventReader()
  }

  /** Reads a piece of an answer. */
  read(bytes: Uint8Array): Result<readonly DownNews[], string> {
    const events = this.#events.read(bytes)
    if (!events.ok) return events
    const news: DownNews[] = []
    for (const event of events.value)
      switch (event.kind) {
        case 'opened': {
          if (this.#isOpened) return err('a stream that begins twice')
          this.#isOpened = true
          const { kind: _, ...opening } = event
          news.push({ kind: 'opened', opening })
          break
        }
        case 'bytes': {
          const from = event.end - event.bytes.length
          if (from !== this.#position) return err(`bytes from ${from} on, at ${this.#position}`)
          this.#position = event.end
          this.#messages.take(event.bytes)
          for (let next = this.#messages.next(); next !== null; next = this.#messages.next())
            news.push({ kind: 'message', message: next })
          if (this.#messages.problem !== null) return err(this.#messages.problem)
          break
        }
        case 'closed':
          news.push(event)
      }
    return ok(news)
  }
}
