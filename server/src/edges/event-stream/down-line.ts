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
 *     away ──attach──▶ on an answer ──it is lost, or was only asked for what there is──▶ away …
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
  readonly undo: Undo
  hasTold: boolean
}

/** The line downwards of one stream. */
export class DownLine {
  readonly #options: DownLineOptions
  readonly #stream: DownStream
  #current: Current | null = null
  /** The last event, which stands behind everything that waits. */
  #last: string | null = null
  #isFlushing = false
  #isBehind = false
  /** Something was written since the last beat. */
  #isBusy = false

  constructor(options: DownLineOptions) {
    this.#options = options
    this.#stream = new DownStream(options.limits.keptBytes)
  }

  get isAway(): boolean {
    return this.#current === null
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  /** Writes to this answer from here on, and to no other. */
  attach(answer: StreamAnswer, opening: StreamOpening | null): void {
    this.#forget()?.destroy()
    const { outgoing, waitMs } = answer
    const undo =
      waitMs === null ? () => undefined : this.#options.clock.after(waitMs, () => this.#endAnswer())
    const current: Current = { ...answer, undo, hasTold: false }
    this.#current = current
    this.#isBusy = true
    outgoing.on('error', () => undefined) // `close` comes, too
    outgoing.on('drain', () => this.#flush())
    outgoing.once('close', () => {
      if (this.#current !== current) return
      this.#forget()
      this.#away()
    })
    if (outgoing.destroyed) return this.#endAnswer()
    // something at once in any case: there are those who hand nothing on before a first byte of the body
    outgoing.write(opening === null ? BEAT_EVENT : openedEvent(opening))
    if (opening !== null) current.hasTold = true
    this.#flush()
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
    this.#forget()?.destroy()
  }

  /** Nobody shall take a quiet line for a dead one. */
  beat(): void {
    const current = this.#current
    if (current !== null && !this.#isBusy) current.outgoing.write(BEAT_EVENT)
    this.#isBusy = false
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
    const current = this.#current
    if (current === null) return
    const { outgoing } = current
    while (!outgoing.writableNeedDrain && !outgoing.destroyed) {
      const piece = this.#stream.next()
      if (piece === null) break
      const { bytes, end } = piece
      const { buffer, byteOffset, byteLength } = bytes
      const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64')
      outgoing.write(bytesEvent(end, base64), 'latin1', (error) => {
        if (error || this.#current !== current) return
        this.#stream.took(end)
        this.#watch()
      })
      this.#isBusy = true
      current.hasTold = true
    }
    if (this.#stream.isWaiting) return
    if (this.#last !== null) this.#sayLast(current, this.#last)
    else if (current.hasTold && current.waitMs !== null) this.#endAnswer()
  }

  #sayLast({ outgoing }: Current, last: string): void {
    this.#forget()
    // a client that was cut off before may come back to hear it
    outgoing.once('close', () => {
      if (outgoing.writableFinished) this.#options.onEnd()
    })
    outgoing.end(last)
  }

  /** The answer has said enough. */
  #endAnswer(): void {
    this.#forget()?.end()
    this.#away()
  }

  #forget(): ServerResponse | null {
    const current = this.#current
    this.#current = null
    current?.undo()
    return current?.outgoing ?? null
  }

  #away(): void {
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
