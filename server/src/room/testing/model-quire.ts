/*
 * A client of quire.v1 (PROTOCOL.md §1.10, P24 to P26): it keeps what it changed until that is on disk, and where
 * in the log it is. It comes back with that position, and sends again what is not saved.
 */
import {
  IdSet,
  readUpdate,
  type Mark,
  type Seq,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import * as Y from 'yjs'
import type { ServerMessage } from '../message.ts'
import { ModelClient } from './model-client.ts'
import { check } from './model-shell.ts'

interface Unsaved {
  readonly contents: UpdateContents
  /** That it was sent under on this connection; null before. */
  number: number | null
}

/** One client of Quire's own protocol. */
export class QuireClient extends ModelClient {
  override readonly asking = 'on-demand'
  protected override readonly relaysPresence = false
  #unsaved: Unsaved[] = []
  #number = 0
  #epoch = 0
  #position: { readonly epoch: number; readonly seq: Seq; readonly writer: number } | null = null
  /** It has heard of more than its position stands for: it may be the last that has it. */
  #isAhead = false

  override get showsSaved(): boolean {
    return this.#unsaved.length === 0
  }

  override get isContent(): boolean {
    return this.showsSaved
  }

  override disconnect(): void {
    super.disconnect()
    this.#number = 0
    for (const item of this.#unsaved) item.number = null
  }

  override receive(message: ServerMessage): void {
    super.receive(message)
    if (message.kind === 'opened') this.#epoch = message.epoch
    else if (message.kind === 'update' || message.kind === 'sync-step-2') this.#isAhead = true
    else if (message.kind === 'at') {
      this.#position = { epoch: this.#epoch, seq: message.seq, writer: message.writer }
      this.#isAhead = false
    } else if (message.kind === 'position-unknown') {
      this.#position = null
      this.ask()
    } else if (message.kind === 'sync-step-1') {
      // it has answered with all that it has, and so with all that is not saved
      const number = this.#mark()
      for (const item of this.#unsaved) item.number ??= number
    } else if (message.kind === 'ack') {
      for (const receipt of message.receipts)
        if (receipt.kind === 'mark') this.#saved(receipt.mark[0] ?? 0)
    }
  }

  /** Everything that it has, which is no more than others may ask it for. */
  get state(): Update {
    return Y.encodeStateAsUpdate(this.doc) as Update // made by Yjs
  }

  /** True if this is all within what it has. */
  has(update: Update): boolean {
    const own = contentsOf(Y.encodeStateAsUpdate(this.doc))
    const { structs, deletes } = contentsOf(update)
    // what is deleted is known whether or not it is kept
    const known = new IdSet()
    known.addAll(own.structs)
    return known.hasAll(structs) && own.deletes.hasAll(deletes)
  }

  protected override ask(): void {
    if (this.#position === null || this.#isAhead) return super.ask()
    this.say({ kind: 'position', ...this.#position })
    for (const item of this.#unsaved) this.#send(item)
  }

  protected override changed(contents: UpdateContents): void {
    const item = { contents, number: null }
    this.#unsaved.push(item)
    if (this.hasStarted) this.#send(item)
  }

  #send(item: Unsaved): void {
    super.changed(item.contents)
    item.number = this.#mark()
  }

  #mark(): number {
    const number = ++this.#number
    check(number < 256, 'a number of one byte')
    this.say({ kind: 'mark', mark: Uint8Array.of(number) as Mark }) // any bytes are one
    return number
  }

  #saved(upTo: number): void {
    this.#unsaved = this.#unsaved.filter(({ number }) => number === null || number > upTo)
  }
}

const contentsOf = (update: Uint8Array): UpdateContents => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(`not an update: ${contents.error.message}`)
  return contents.value
}
