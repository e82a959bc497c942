import { BEAT_EVENT, bytesEvent, closedEvent, openedEvent, type StreamOpening } from '@quire/shared'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../ports/clock.ts'
import { DRAIN_BYTES } from '../../ports/socket.ts'
import type { Undo } from '../../ports/undo.ts'
import { DownStream } from './down-stream.ts'
import type { StreamLimits } from './limits.ts'

/*
 * What carries the stream downwards: the answer to one request after the other, or none for a while.
 *
 *     away ──attach──▶ on an answer ──it is lost──▶ away …
 *       ▲                   │ all is said: the end, or what was asked for
 *       └───it is taken── ending
 *
 * An answer that ends is there until it is taken: what nobody reads must not outlive its deadline.
 */

/** Whoever is answered, and how. */
export interface StreamAnswer {
  readonly outgoing: ServerResponse
  /** Ends the answer once it has said something, and after so many milliseconds anyhow; null: it goes on. */
  readonly waitMs: number | null
}

/** What a line downwards needs. */
export interface DownLineOptions {
  readonly limits: StreamLimits
  readonly clock: Clock
  /** `DRAIN_BYTES` or more waited, and nothing does any more. */
  readonly onDrained: () => void
  /** There is no answer to write to any more. */
  readonly onAway: () => void
  /** The end has been said, and taken. */
  readonly onEnd: () => void
}

interface Current extends StreamAnswer {
  readonly kind: 'on'
  readonly undo: Undo
  hasTold: boolean
}

type Line =
  | { readonly kind: 'away' }
  | Current
  | { readonly kind: 'ending'; readonly outgoing: ServerResponse }

const AWAY: Line = { kind: 'away' }

/** The line downwards of one stream. */
export class DownLine {
  readonly #options: DownLineOptions
  readonly #stream: DownStream
  #line: Line = AWAY
  /** The last event, which stands behind everything that waits. */
  #last: string | null = null
  #isFlushing = false
  #isBehind = false

  constructor(options: DownLineOptions) {
    this.#options = options
    this.#stream = new DownStream(options.limits.keptBytes)
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  /** Writes to this answer from here on, and to no other. */
  attach(answer: StreamAnswer, opening: StreamOpening | null): void {
    const { outgoing, waitMs } = answer
    this.#giveUp(outgoing)
    const undo =
      waitMs === null
        ? () => undefined
        : this.#options.clock.after(waitMs, () => this.#endAnswer(current))
    const current: Current = { kind: 'on', ...answer, undo, hasTold: false }
    this.#line = current
    outgoing.on('error', () => undefined) // `close` comes, too
    outgoing.on('drain', () => this.#flush())
    outgoing.once('close', () => {
      if (this.#line !== current) return
      undo()
      this.#away()
    })
    if (outgoing.destroyed) return this.#endAnswer(current)
    // something at once in any case: there are those who hand nothing on before a first byte of the body
    outgoing.write(opening === null ? BEAT_EVENT : openedEvent(opening))
    if (opening !== null) current.hasTold = true
    this.#flush()
    this.#watch() // who comes back may have read what was taken for lost
  }

  /** Says more, with everything else that is said in this turn. */
  send(bytes: Uint8Array): void {
    this.#stream.add(bytes)
    this.#watch()
    this.#flushSoon()
  }

  /** The client has read up to there; false if it cannot have. */
  acknowledge(position: number): boolean {
    const isPossible = this.#stream.acknowledge(position)
    this.#watch()
    return isPossible
  }

  /** The client goes on reading there, on an answer that is to be attached; false if that is not kept. */
  rewind(position: number): boolean {
    return this.#stream.rewind(position)
  }

  /** Says the end, behind what waits. */
  end(code: number, reason: string): void {
    this.#last = closedEvent(code, reason)
    this.#flushSoon()
  }

  /** Gives the answer up. */
  destroy(): void {
    this.#giveUp(null)
  }

  /** Nobody shall take a quiet line for a dead one. */
  beat(): void {
    const line = this.#line
    // behind what nobody takes they would only pile up
    if (line.kind === 'on' && !line.outgoing.writableNeedDrain) line.outgoing.write(BEAT_EVENT)
  }

  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    process.nextTick(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const current = this.#line
    if (current.kind !== 'on') return
    const { outgoing } = current
    while (!outgoing.writableNeedDrain && !outgoing.destroyed) {
      const piece = this.#stream.next()
      if (piece === null) break
      const { bytes, end } = piece
      const { buffer, byteOffset, byteLength } = bytes
      const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64')
      outgoing.write(bytesEvent(end, base64), 'latin1', (error) => {
        if (error || this.#line !== current) return
        this.#stream.took(end)
        this.#watch()
      })
      current.hasTold = true
    }
    if (this.#stream.isWaiting) return
    if (this.#last !== null) this.#sayLast(current, this.#last)
    else if (current.hasTold && current.waitMs !== null) this.#endAnswer(current)
  }

  #sayLast({ outgoing, undo }: Current, last: string): void {
    undo()
    const ending: Line = { kind: 'ending', outgoing }
    this.#line = ending
    // a client that was cut off before may come back to hear it
    outgoing.once('close', () => {
      if (this.#line === ending) this.#line = AWAY
      if (outgoing.writableFinished) this.#options.onEnd()
    })
    outgoing.end(last)
  }

  /** The answer has said enough, and has a while to be taken. */
  #endAnswer({ outgoing, undo }: Current): void {
    undo()
    if (outgoing.destroyed) return this.#away()
    const { clock, limits } = this.#options
    const undoDeadline = clock.after(limits.closeMs, () => outgoing.destroy())
    const ending: Line = { kind: 'ending', outgoing }
    this.#line = ending
    outgoing.once('close', () => {
      undoDeadline()
      if (this.#line === ending) this.#away()
    })
    outgoing.end()
  }

  /** Drops what there is, for another answer or for none. */
  #giveUp(next: ServerResponse | null): void {
    const line = this.#line
    this.#line = AWAY
    if (line.kind === 'away') return
    if (line.kind === 'on') line.undo()
    // whoever asks again on the connection of an answer that ends has it, though that is not known here yet
    else if (next !== null && isOnConnectionOf(next, line.outgoing)) return
    line.outgoing.destroy()
  }

  #away(): void {
    this.#line = AWAY
    this.#stream.lost()
    this.#watch()
    this.#options.onAway()
  }

  /** Notices when what waited was much, and that it is gone. */
  #watch(): void {
    const { queuedBytes } = this.#stream
    if (queuedBytes >= DRAIN_BYTES) this.#isBehind = true
    else if (queuedBytes === 0 && this.#isBehind) {
      this.#isBehind = false
      this.#options.onDrained()
    }
  }
}

/** Over HTTP/1.1, where an answer cannot be dropped alone. */
const isOnConnectionOf = (one: ServerResponse, other: ServerResponse): boolean =>
  one.req.httpVersionMajor === 1 && one.req.socket === other.req.socket
