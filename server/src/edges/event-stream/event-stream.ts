import {
  assertNever,
  closeCodes,
  fitCloseReason,
  millis,
  type CloseCode,
  type Millis,
  type Result,
} from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Socket, SocketListener } from '../../ports/socket.ts'
import type { Undo } from '../../ports/undo.ts'
import type { NoPlace } from '../../runtime/places.ts'
import { Rate } from '../../runtime/rate.ts'
import type { ClientAddress } from '../websocket/client-address.ts'
import { beatMs, nextPulse, type Pulse } from '../websocket/vital-signs.ts'
import { DownLine, type StreamAnswer } from './down-line.ts'
import type { StreamLimits } from './limits.ts'
import { layOutFrame, streamWire } from './stream-wire.ts'
import { UpStream, type Heard } from './up-stream.ts'

/*
 * One client without a WebSocket, from its first request until its session is over, over as many requests as that
 * takes:
 *
 *     open ──▶ closing ──▶ gone
 *       └─────────────────────▲     terminate, the client says so, or it does not come back
 *
 * `closing` has a deadline, within which the client may also come back to hear how it ended; nothing is heard in it and
 * nothing more is said. `gone` is when the listener is told `closed`.
 */

type Phase =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closing'
      readonly code: number
      readonly reason: string
      /** When it is over. */
      readonly until: Millis
      readonly undoDeadline: Undo
    }
  | { readonly kind: 'gone' }

/** What a stream needs. */
export interface StreamSetting {
  /** What the client calls it in each request, and nobody else knows. */
  readonly name: string
  readonly client: ClientAddress
  readonly limits: StreamLimits
  readonly clock: Clock
  /** Room for so many bytes of a message that has come in part. */
  readonly takeRoom: (bytes: number) => Result<Undo, NoPlace>
  readonly onBug: (error: Error) => void
  /** It is over, and its owner has been told. */
  readonly onGone: () => void
}

/** The client of a stream is gone without a word (RFC 6455 §7.1.5). */
const ABNORMAL = 1006

/** How far a stream may be ahead of its rate of requests. */
const BURST_MS = 2_000

/** Milliseconds between two signs of life that a client is to give: two of them fit into the silence that is taken for death. */
export const speakMs = (silenceMs: number): number => silenceMs / 2

/** A running stream. */
export class EventStream {
  readonly #setting: StreamSetting
  readonly #down: DownLine
  readonly #up: UpStream
  readonly #rate: Rate
  readonly #undoBeat: Undo
  #phase: Phase = { kind: 'open' }
  #owner: SocketListener | null = null
  #undoAway: Undo = () => undefined
  #undoRoom: Undo = () => undefined
  #requests = 0
  #pulse: Pulse | null = null
  #undoReading: Undo = () => undefined

  constructor(setting: StreamSetting) {
    this.#setting = setting
    const { limits, clock } = setting
    this.#rate = new Rate(
      {
        messagesPerSecond: limits.requestsPerSecond,
        bytesPerSecond: Number.MAX_SAFE_INTEGER,
        burstMs: BURST_MS,
      },
      clock.now(),
    )
    this.#down = new DownLine({
      limits,
      clock,
      onDrained: () => this.#tell('drained', (owner) => owner.drained()),
      onAway: () => this.#waitForClient(),
      onEnd: () => this.#over(),
    })
    this.#up = new UpStream({
      messageBytes: limits.messageBytes,
      hear: (message) => this.#tell('message', (owner) => owner.message(message)),
      fail: (problem) => this.#fail(closeCodes.messageTooBig, problem),
    })
    this.#undoBeat = clock.every(beatMs(limits.silenceMs), () => this.#beat())
  }

  /** Answers the first request, and asks `open` for the owner, which may use the socket at once. */
  start(answer: StreamAnswer, open: (socket: Socket) => SocketListener): void {
    const { name, limits } = this.#setting
    const { silenceMs, resumeMs, keptBytes, postBytes } = limits
    this.#down.attach(answer, {
      stream: name,
      beatMs: Math.ceil(beatMs(silenceMs)),
      speakMs: Math.ceil(speakMs(silenceMs)),
      resumeMs,
      ackBytes: Math.ceil(keptBytes / 4),
      postBytes,
    })
    try {
      this.#owner = open(this.#socket())
    } catch (cause) {
      this.#blame('open', cause)
    }
  }

  /** Counts a request; for how many milliseconds its client is to wait with the next one, 0 for not at all. */
  takeRequest(now: Millis): number {
    this.#requests++
    return this.#rate.take(1, 0, now)
  }

  /**
   * Answers a client that has come back and has read up to `position`, after `begin` has written the answer's head; false
   * if that is not kept.
   */
  resume(position: number, answer: StreamAnswer, begin: () => void): boolean {
    if (this.#phase.kind === 'gone' || !this.#down.rewind(position)) return false
    this.#undoAway()
    begin()
    this.#down.attach(answer, null)
    return true
  }

  /** The client has read up to there; false if it cannot have. */
  acknowledge(position: number): boolean {
    return this.#down.acknowledge(position)
  }

  /** A request begins to bring something: `undo` ends whichever did before, which this one repeats. */
  startReading(undo: Undo): void {
    this.#undoReading()
    this.#undoReading = undo
  }

  /** Hears a piece of the stream upwards that begins at `from`. */
  async hear(from: number, bytes: Uint8Array): Promise<Heard> {
    const heard = this.#up.hear(from, bytes)
    this.#holdRoom()
    return heard
  }

  /** The client leaves. */
  leave(): void {
    if (this.#phase.kind === 'open') this.#end(closeCodes.normal.code, '')
  }

  /**
   * Says how it ends, behind what was said before; within so many milliseconds it is over, also where another end
   * was said that had longer.
   */
  close({ code }: Pick<CloseCode, 'code'>, reason: string, withinMs: number): void {
    const phase = this.#phase
    if (phase.kind === 'gone') return
    const { clock } = this.#setting
    const until = millis(clock.now() + withinMs)
    if (phase.kind === 'closing' && phase.until <= until) return
    const undoDeadline = clock.after(withinMs, () => this.#over())
    if (phase.kind === 'closing') {
      phase.undoDeadline()
      this.#phase = { ...phase, until, undoDeadline }
      return
    }
    const told = fitCloseReason(reason)
    this.#phase = { kind: 'closing', code, reason: told, until, undoDeadline }
    this.#undoAway() // the deadline of the end is there
    this.#up.end()
    this.#holdRoom()
    this.#down.end(code, told)
  }

  #socket(): Socket {
    const { client, limits } = this.#setting
    const up = this.#up
    const isOpen = (): boolean => this.#phase.kind === 'open'
    return {
      address: client.address,
      addressGroup: client.group,
      wire: streamWire,
      queuedBytes: () => (this.#phase.kind === 'gone' ? 0 : this.#down.queuedBytes),
      send: (frame) => this.#send(layOutFrame(frame)),
      sendWire: (bytes) => this.#send(bytes),
      pause: () => {
        if (isOpen()) up.pause()
      },
      resume: () => {
        if (!up.isPaused) return
        up.resume()
        this.#pulse = null // who was not heard could show no life
        process.nextTick(() => {
          up.goOn()
          this.#holdRoom()
        })
      },
      get isPaused() {
        return up.isPaused
      },
      close: (code, reason) => this.close({ code }, reason, limits.closeMs),
      terminate: () => this.#end(ABNORMAL, ''),
    }
  }

  #send(bytes: Uint8Array): void {
    if (this.#phase.kind !== 'open') return
    const { queuedBytes } = this.#setting.limits
    if (this.#down.queuedBytes <= queuedBytes) this.#down.send(bytes)
    else this.#fail(closeCodes.tryAgainLater, `over ${queuedBytes} bytes wait to be read`)
  }

  #fail(row: CloseCode, reason: string): void {
    this.close(row, reason, this.#setting.limits.closeMs)
  }

  /** What the owner's code throws is its bug and costs it this stream. */
  #blame(told: string, cause: unknown): void {
    this.#setting.onBug(new Error(`the owner of a stream threw in ${told}`, { cause }))
    this.#fail(closeCodes.internalError, closeCodes.internalError.meaning)
  }

  #tell(told: string, call: (owner: SocketListener) => void): void {
    if (this.#owner === null || this.#phase.kind !== 'open') return
    try {
      call(this.#owner)
    } catch (cause) {
      this.#blame(told, cause)
    }
  }

  #waitForClient(): void {
    if (this.#phase.kind !== 'open') return
    this.#undoAway() // an end of an answer may be noticed twice
    const { clock, limits } = this.#setting
    this.#undoAway = clock.after(limits.resumeMs, () => this.#end(ABNORMAL, ''))
  }

  /** A message that has come in part takes room from all who send. */
  #holdRoom(): void {
    this.#undoRoom()
    this.#undoRoom = () => undefined
    const { heldBytes } = this.#up
    if (heldBytes === 0 || this.#phase.kind !== 'open') return
    const room = this.#setting.takeRoom(heldBytes)
    if (room.ok) this.#undoRoom = room.value
    else
      this.#fail(
        closeCodes.tryAgainLater,
        `messages that are on their way hold ${room.error.limit} bytes, which is the limit`,
      )
  }

  #beat(): void {
    if (this.#phase.kind !== 'open') return
    this.#down.beat()
    if (this.#up.isPaused) return // whoever paused it has a deadline
    const { limits, clock } = this.#setting
    if (this.#up.isBehind(clock.now(), limits.readMs))
      return this.#fail(closeCodes.tryAgainLater, `a message took over ${limits.readMs} ms`)
    this.#pulse = nextPulse(this.#pulse, { received: this.#requests, taken: 0, queued: 0 })
    if (this.#pulse !== null) return
    // whoever is shown as present is not waited for twice
    const withinMs = Math.min(limits.closeMs, beatMs(limits.silenceMs) / 4)
    this.close(closeCodes.tryAgainLater, `no sign of life for ${limits.silenceMs} ms`, withinMs)
  }

  /** The end that was said has been heard, or its time is over. */
  #over(): void {
    const phase = this.#phase
    switch (phase.kind) {
      case 'closing':
        return this.#end(phase.code, phase.reason)
      case 'open':
      case 'gone':
        return
      default:
        assertNever(phase)
    }
  }

  #end(code: number, reason: string): void {
    if (this.#phase.kind === 'gone') return
    if (this.#phase.kind === 'closing') this.#phase.undoDeadline()
    this.#phase = { kind: 'gone' }
    this.#undoBeat()
    this.#undoAway()
    this.#undoReading()
    this.#undoRoom()
    this.#up.end()
    this.#down.destroy()
    const owner = this.#owner
    this.#owner = null
    const { clock, onBug, onGone } = this.#setting
    // as with any socket: its owner hears of the end later
    clock.endOfTurn(() => {
      try {
        owner?.closed(code, reason)
      } catch (cause) {
        onBug(new Error('the owner of a stream threw in closed', { cause }))
      }
      onGone()
    })
  }
}
