/*
 * Somebody who types in a document over a bare connection of y-websocket. Their document holds what they wrote and
 * nothing else, so that hundreds of them fit into a process: what others say is read and not kept. They remember each
 * update, and which of them the server has acknowledged, that is, echoed after it was on its disk.
 */
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import { readSyncFrame, stepOneFrame, syncAnswerFrame, updateFrame } from '../harness/frames.ts'
import { between, type Random } from '../harness/random.ts'
import { openRaw, type RawClient } from '../harness/raw-client.ts'
import { until } from '../harness/until.ts'

/** Who types where. */
export interface Place {
  readonly document: string
  readonly token: string
}

/** A server's base for clients of y-websocket. */
export interface Base {
  readonly yjsUrl: string
}

const TEXT = 'text'
const REPLACES_ONE_IN = 6

/** The address of a person's document on a server. */
export const addressOf = ({ yjsUrl }: Base, { document, token }: Place): string =>
  `${yjsUrl}/${encodeURIComponent(document)}?token=${token}`

/** One person. */
export class Person {
  readonly place: Place
  readonly doc = new Doc()
  /** How each connection ended. */
  readonly closes: number[] = []
  readonly #random: Random
  readonly #updates: Uint8Array[] = []
  /** Ticks of their own clock after each of the updates. */
  readonly #clocks: number[] = []
  #acknowledged = 0
  #bytes = 0
  #client: RawClient | null = null
  /** What was sent over this connection and not yet echoed, with how many updates that makes. */
  #waiting: { readonly bytes: Uint8Array; readonly updates: number }[] = []
  #isAnswered = false
  #timer: NodeJS.Timeout | null = null

  constructor(place: Place, random: Random) {
    this.place = place
    this.#random = random
    this.doc.on('update', (update: Uint8Array) => this.#wrote(update))
  }

  get typed(): number {
    return this.#updates.length
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Bytes of all updates. */
  get bytes(): number {
    return this.#bytes
  }

  get isConnected(): boolean {
    return this.#client !== null && this.#client.closed === null
  }

  /** Connects, and waits until the server has answered. */
  async connect(base: Base, withinMs: number): Promise<void> {
    this.#isAnswered = false
    this.#waiting = []
    const early: Buffer[] = [] // what comes with the handshake, before there is somebody to answer through
    let hear = (frame: Buffer): void => void early.push(frame)
    const client = await openRaw(addressOf(base, this.place), (frame) => hear(frame))
    this.#client = client
    hear = (frame) => this.#hear(frame)
    early.forEach(hear)
    client.socket.on('close', (code) => this.closes.push(code))
    client.socket.send(stepOneFrame(encodeStateVector(this.doc)))
    await until(`${this.place.document} is answered`, () => this.#isAnswered, withinMs)
  }

  /** Types, also while there is no connection, a letter after each pause of up to so many milliseconds. */
  start(pauseMs: number): void {
    const stroke = (): void => {
      this.#stroke()
      this.#timer = setTimeout(stroke, this.#random() * pauseMs)
    }
    this.#timer = setTimeout(stroke, this.#random() * pauseMs)
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  close(): void {
    this.stop()
    this.#client?.socket.terminate()
  }

  /** What they would see of their own if the server had their first `ticks` and no more; null if no update ends there. */
  textAt(ticks: number): string | null {
    if (ticks === (this.#clocks.at(-1) ?? 0)) return this.doc.getText(TEXT).toJSON()
    if (ticks === 0) return ''
    const last = this.#clocks.indexOf(ticks)
    if (last < 0) return null
    const before = new Doc()
    for (const update of this.#updates.slice(0, last + 1)) applyUpdate(before, update)
    return before.getText(TEXT).toJSON()
  }

  /** Ticks of theirs that the server said are on its disk. */
  get acknowledgedTicks(): number {
    return this.#clocks[this.#acknowledged - 1] ?? 0
  }

  #stroke(): void {
    const text = this.doc.getText(TEXT)
    const at = between(this.#random, 0, text.length)
    const replaces = between(this.#random, 1, REPLACES_ONE_IN) === 1
    this.doc.transact(() => {
      if (replaces && at < text.length) text.delete(at, 1)
      text.insert(at, String.fromCharCode(between(this.#random, 97, 122)))
    })
  }

  #wrote(update: Uint8Array): void {
    this.#updates.push(update)
    this.#clocks.push((this.#clocks.at(-1) ?? 0) + 1) // each stroke is one letter
    this.#bytes += update.length
    if (this.#isAnswered && this.isConnected) this.#send(updateFrame(update), update, 1)
  }

  #send(frame: Uint8Array, bytes: Uint8Array, updates: number): void {
    this.#waiting.push({ bytes, updates })
    this.#client?.socket.send(frame)
  }

  #hear(frame: Buffer): void {
    const sync = readSyncFrame(frame)
    if (sync === null) return
    if (sync.kind === 'step-2') return // what others have written
    if (sync.kind === 'step-1') return this.#answer(sync.bytes)
    const [first] = this.#waiting // echoes come in the order of sending, one for each
    if (first === undefined || Buffer.compare(first.bytes, sync.bytes) !== 0) return
    this.#waiting.shift()
    this.#acknowledged += first.updates
  }

  /** Says what the server lacks, as it does after a crash that came before a commit, or because there was no connection. */
  #answer(stateVector: Uint8Array): void {
    const update = encodeStateAsUpdate(this.doc, stateVector)
    this.#isAnswered = true
    const unsaid = this.typed - this.#acknowledged
    if (unsaid > 0) this.#send(syncAnswerFrame(update), update, unsaid)
  }
}
