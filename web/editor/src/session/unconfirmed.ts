import { ByteReader, bytesEqual } from '@quire/shared'
import * as encoding from 'lib0/encoding'

/*
 * The server acknowledges a change by echoing it: after the commit it sends the very bytes of each
 * update back to its author, one frame each, in the order in which the socket sent them. So
 *
 *     changed ──▶ unsent ──sent──▶ waiting (a queue per socket) ──heard──▶ confirmed
 *                   ▲                 │
 *                   └──── reopened ───┘
 *
 * A new socket has an empty queue: whatever was not confirmed is unsent again, until the provider
 * answers the server's SyncStep1. Its SyncStep2 holds all that the server lacks, and the server
 * echoes it after everything it had accepted before; so that echo covers every change made so far.
 * An empty SyncStep2 is the one message that is not echoed. It says that the server knows all, which
 * is not that it has saved all: the last change is then sent again, for the sake of its echo.
 *
 * A relayed change of somebody else can equal the head of the queue only where both delete the same
 * and nothing else; then it is taken for the echo a commit too early.
 */

const sync = 0
const syncStep2 = 1
const syncUpdate = 2

/** Two zeros: no structs and no deletes. */
const emptyUpdateBytes = 2

/** Echoes awaited one by one; beyond, the last of the queue stands for those behind it, too. */
export const maxWaiting = 1000

interface Waiting {
  readonly update: Uint8Array
  /** Changes that are saved once `update` is. */
  readonly changes: number
}

/** Counts the changes made here that the server has not confirmed as saved. Does no I/O. */
export class Unconfirmed {
  #unsent = 0
  #waiting: Waiting[] = []
  #last: Uint8Array | null = null

  /** How many changes would be lost if this tab and the server's memory went now. */
  get count(): number {
    return this.#waiting.reduce((sum, { changes }) => sum + changes, this.#unsent)
  }

  /** A change was made here; to be told before the provider sends it. Keeps `update`. */
  changed(update: Uint8Array): void {
    this.#unsent += 1
    this.#last = update
  }

  /**
   * A frame is being sent; a view of it is kept. Returns the frame to send behind it, or null.
   */
  sent(frame: Uint8Array): Uint8Array<ArrayBuffer> | null {
    const message = readSyncUpdate(frame)
    if (message === null || this.#unsent === 0) return null
    if (message.type === syncUpdate) {
      this.#wait(message.update, 1)
      return null
    }
    if (message.update.length > emptyUpdateBytes) {
      this.#wait(message.update, this.#unsent)
      return null
    }
    if (this.#last === null) return null
    this.#wait(this.#last, this.#unsent)
    return updateFrame(this.#last)
  }

  /** A frame arrived on the present socket. */
  heard(frame: Uint8Array): void {
    const head = this.#waiting[0]
    if (head === undefined) return
    const message = readSyncUpdate(frame)
    if (message?.type === syncUpdate && bytesEqual(message.update, head.update)) {
      this.#waiting.shift()
    }
  }

  /** A new socket takes the place of the last: echoes that it owed will not come any more. */
  reopened(): void {
    this.#unsent = this.count
    this.#waiting = []
  }

  #wait(update: Uint8Array, changes: number): void {
    const before = this.#waiting.length < maxWaiting ? undefined : this.#waiting.pop()
    this.#waiting.push({ update, changes: changes + (before?.changes ?? 0) })
    this.#unsent -= changes
  }
}

/** The SyncStep2 or Update in a frame of one message; null for every other frame. */
function readSyncUpdate(frame: Uint8Array): { type: number; update: Uint8Array } | null {
  const reader = new ByteReader(frame)
  if (reader.varUint('message type') !== sync) return null
  const type = reader.varUint('sync message type')
  if (type !== syncStep2 && type !== syncUpdate) return null
  const update = reader.bytes('sync message')
  return reader.problem === null ? { type, update } : null
}

function updateFrame(update: Uint8Array): Uint8Array<ArrayBuffer> {
  return encoding.encode((out) => {
    encoding.writeVarUint(out, sync)
    encoding.writeVarUint(out, syncUpdate)
    encoding.writeVarUint8Array(out, update)
  })
}
