/*
 * One simulated client of a document: joins, writes what it is given, and tells what it hears. It has no
 * Y.Doc; one that keeps what it hears can be asked for the text afterwards.
 */
import type { Running } from '../servers/server.ts'
import { clocksOf, EMPTY, textOf, type Base } from './corpus.ts'
import type { Heard } from './dialects.ts'
import { clientFrame } from './frames.ts'
import { scanUpdate, type TakeRange } from './update-scan.ts'
import { WireClient } from './wire-client.ts'

/** How a client comes. */
export interface MemberOptions {
  /** What it has already; nothing by default. */
  readonly has?: Base
  /** Told what every update brings. */
  readonly onRange?: TakeRange
  readonly onPresence?: (bytes: Uint8Array, from: number, to: number) => void
  /** Keeps all updates that it hears. */
  readonly keeps?: boolean
  /** Its answer to a server that asks what it has; nothing by default. */
  readonly offers?: Uint8Array
}

/** Nothing, as an update. */
const NOTHING = Uint8Array.of(0, 0)

/** A client. */
export class Member {
  readonly document: string
  /** Resolves when the server has answered its request for what it lacks. */
  readonly joined: Promise<void>
  /** Updates that the server said it has taken (Hocuspocus only: the others echo). */
  taken = 0
  /** When it asked, when it was answered; milliseconds of `performance.now()`. */
  askedAt = 0
  answeredAt = 0
  /** Bytes of all updates that it heard. */
  heardBytes = 0
  readonly #server: Running
  readonly #wire: WireClient
  readonly #kept: Uint8Array[] = []
  readonly #options: MemberOptions
  readonly #heard: Heard = { kind: 'other', from: 0, to: 0 }
  #answered: () => void = () => {}

  constructor(server: Running, document: string, options: MemberOptions = {}) {
    this.document = document
    this.#server = server
    this.#options = options
    const { dialect, answers } = server.kind
    if (options.keeps === true && options.has !== undefined) this.#kept.push(options.has.update)
    this.#wire = new WireClient(
      { port: server.port, path: dialect.path(document) },
      (bytes, from, to) => this.#hear(bytes, from, to),
    )
    const answered = this.#answer()
    const greeting = dialect.hello(document, (options.has ?? EMPTY).stateVector)
    const frames = Buffer.concat(greeting.map((message) => clientFrame(message)))
    this.joined = this.#wire.opened.then(() => {
      this.askedAt = performance.now()
      if (!answers) return
      this.#wire.write(frames)
      return answered
    })
    this.joined.catch(() => {}) // who waits is told; who does not, reads `ended`
  }

  /** Why its connection has ended; null while it has not. */
  get ended(): string | null {
    return this.#wire.ended
  }

  /** Asks again for what it lacks beyond this; resolves with the answer, which comes in its turn. */
  async ask(stateVector: Uint8Array): Promise<void> {
    const messages = this.#server.kind.dialect.hello(this.document, stateVector)
    const question = messages.at(-1)
    if (question === undefined) return
    this.answeredAt = 0
    this.askedAt = performance.now()
    const answered = this.#answer()
    this.#wire.write(clientFrame(question))
    await answered
  }

  /** A frame of its own that can be written later, and as often as wanted. */
  frame(update: Uint8Array): Buffer {
    return clientFrame(this.#server.kind.dialect.update(this.document, update))
  }

  /** A frame of presence. */
  presenceFrame(entries: Uint8Array): Buffer {
    return clientFrame(this.#server.kind.dialect.presence(this.document, entries))
  }

  write(frame: Buffer): void {
    this.#wire.write(frame)
  }

  /** The text of all that it has heard and of these updates; only if it keeps what it hears. */
  text(own: readonly Uint8Array[] = []): string {
    return textOf([...this.#kept, ...own])
  }

  /** How much of a client's work it has heard; only if it keeps what it hears. */
  clockOf(client: number): number {
    return clocksOf(this.#kept).get(client) ?? 0
  }

  pause(): void {
    this.#wire.pause()
  }

  resume(): void {
    this.#wire.resume()
  }

  close(): void {
    this.#wire.close()
  }

  #answer(): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      this.#answered = resolve
      const { label } = this.#server.kind
      void this.#wire.ending.then((why) => reject(new Error(`${label}: ${why}`)))
    })
    answered.catch(() => {}) // who waits is told
    return answered
  }

  #hear(bytes: Uint8Array, from: number, to: number): void {
    const heard = this.#heard
    const { dialect } = this.#server.kind
    dialect.read(bytes, [from, to], heard)
    switch (heard.kind) {
      case 'update':
      case 'step-2':
        this.heardBytes += heard.to - heard.from
        if (this.#options.onRange !== undefined)
          scanUpdate(bytes, [heard.from, heard.to], this.#options.onRange)
        if (this.#options.keeps === true)
          this.#kept.push(new Uint8Array(bytes.subarray(heard.from, heard.to)))
        if (heard.kind === 'step-2' && this.answeredAt === 0) {
          this.answeredAt = performance.now()
          this.#answered()
        }
        return
      case 'step-1':
        this.#wire.write(
          clientFrame(dialect.stepTwo(this.document, this.#options.offers ?? NOTHING)),
        )
        return
      case 'presence':
        this.#options.onPresence?.(bytes, heard.from, heard.to)
        return
      case 'taken':
        this.taken++
        return
      case 'refused':
      case 'other':
    }
  }
}
