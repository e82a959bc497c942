/*
 * One agent's live connection. It sends the agent's edits as fast as the socket takes them, but each
 * only after everything that its author had merged has come from the server.
 */
import WebSocket from 'ws'
import { IdSet, readUpdate } from '@quire/shared'
import { readSyncFrame, updateFrame } from '../harness/frames.ts'
import type { Edit } from './recording.ts'

/** Bytes that may wait in the socket before the next edit is sent. */
const MAX_BUFFERED_BYTES = 256 * 1024
/** Edits after which the event loop gets a turn, so that echoes and readers are heard. */
const EDITS_PER_TURN = 200
/** Silence of the server, while something is owed, after which a replay is given up. */
const MAX_SILENCE_MS = 60_000

/** What a writer reports. */
export interface WriterEvents {
  /** The server has said that so many more edits are on its disk. */
  acknowledged(edits: number): void
}

/** One agent's connection. */
export class Writer {
  readonly #socket: WebSocket
  readonly #url: string
  readonly #events: WriterEvents
  readonly #known = { structs: new IdSet(), deletes: new IdSet() }
  readonly #unacknowledged: Uint8Array[] = []
  #acknowledged = 0
  #greeted = false
  #ended: Error | null = null
  #wake: (() => void) | null = null

  constructor(url: string, events: WriterEvents) {
    this.#url = url
    this.#events = events
    this.#socket = new WebSocket(url, { perMessageDeflate: false })
    this.#socket.on('message', (frame: Buffer) => this.#hear(frame))
    this.#socket.on('error', (error) => this.#end(`cannot reach ${url}: ${reasonOf(error)}`))
    this.#socket.on('close', (code, reason) =>
      this.#end(`the server closed ${url}: ${code} ${reason.toString()}`),
    )
  }

  /** Waits until the server has let it in: from then on it hears what others write. */
  async joined(): Promise<void> {
    await this.#until('let the writer in', () => this.#greeted)
  }

  /** Sends all edits, at most `perSecond` of them, and waits until all are acknowledged. */
  async send(edits: readonly Edit[], perSecond: number): Promise<void> {
    const startedAt = performance.now()
    for (const [i, { update, merged }] of edits.entries()) {
      for (const edit of merged)
        if (!this.#knows(edit.update))
          await this.#until('relayed what the next edit builds on', () => this.#knows(edit.update))
      const dueMs = (i / perSecond) * 1000 - (performance.now() - startedAt)
      if (dueMs > 1) await new Promise((resolve) => setTimeout(resolve, dueMs))
      this.#unacknowledged.push(update)
      const frame = updateFrame(update)
      if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES)
        await new Promise((resolve) => this.#socket.send(frame, resolve))
      else this.#socket.send(frame)
      if (i % EDITS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
      if (this.#ended !== null) throw this.#ended
    }
    await this.#until('acknowledged everything', () => this.#acknowledged === edits.length)
  }

  /** Leaves. Safe to call twice. */
  close(): void {
    this.#ended ??= new Error('the writer was closed')
    this.#socket.close()
  }

  #hear(frame: Buffer): void {
    const sync = readSyncFrame(new Uint8Array(frame))
    if (sync?.kind === 'step-1') this.#greeted = true
    else if (sync?.kind === 'update' && !this.#takeEcho(sync.bytes)) this.#learn(sync.bytes)
    this.#wake?.()
  }

  /** The echo of an edit is the edit again: echoes come in the order of sending. */
  #takeEcho(update: Uint8Array): boolean {
    const awaited = this.#unacknowledged[this.#acknowledged]
    if (awaited === undefined || Buffer.compare(awaited, update) !== 0) return false
    this.#acknowledged++
    this.#events.acknowledged(1)
    return true
  }

  #learn(update: Uint8Array): void {
    const contents = readUpdate(update)
    if (!contents.ok) return this.#end(`the server relayed nonsense: ${contents.error.message}`)
    this.#known.structs.addAll(contents.value.structs)
    this.#known.deletes.addAll(contents.value.deletes)
  }

  #knows(update: Uint8Array): boolean {
    const contents = readUpdate(update)
    return (
      contents.ok &&
      this.#known.structs.hasAll(contents.value.structs) &&
      this.#known.deletes.hasAll(contents.value.deletes)
    )
  }

  #end(message: string): void {
    this.#ended ??= new Error(message)
    this.#wake?.()
  }

  /** Waits for something that only a message from the server can bring about. */
  async #until(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#ended !== null) throw this.#ended
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${this.#url} has not ${what} in ${MAX_SILENCE_MS / 1000} s`)),
          MAX_SILENCE_MS,
        )
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

const reasonOf = (error: Error): string =>
  error.message === '' && 'code' in error ? String(error.code) : error.message
