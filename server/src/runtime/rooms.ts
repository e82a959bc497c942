/*
 * The rooms of one server by the names of their documents. A room that is expelled, as its document was deleted, has
 * no name any more: whoever comes for that name finds another room, which asks the storage what there is now; the old
 * one goes on until all that it has accepted is on disk.
 */
import { err, ok, type CloseName, type DocId, type DocName, type Result } from '@quire/shared'
import type { Undo } from '../ports/undo.ts'
import type { NoRoom } from './documents.ts'
import type { RoomShell } from './room-shell.ts'
import { isFailing, oldestIn } from '../room/saving.ts'
import { sendAway, type SendingAway } from './sending-away.ts'

/** What an operator wants to know first. */
export interface Figures {
  readonly rooms: number
  readonly sessions: number
  /** Rooms whose last attempt to write failed. */
  readonly failing: number
  /** Rooms that could not be read and refuse whoever wants in, until they have cooled down. */
  readonly unopened: number
}

/** What rooms are made with. */
export interface RoomsOptions {
  /** Rooms at a time. */
  readonly limit: number
  /** Makes an absent room; `onEvicted` is called once it has ended. */
  readonly make: (name: DocName, onEvicted: () => void) => RoomShell
}

/** Somebody who waits for rooms to end. */
interface Waiter {
  readonly left: Set<RoomShell>
  readonly task: () => void
}

/** The rooms of one server. */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #named = new Map<DocName, RoomShell>()
  /** Those that have no name any more as well. */
  readonly #all = new Set<RoomShell>()
  readonly #waiters = new Set<Waiter>()
  #whenEmpty: (() => void) | null = null

  constructor(options: RoomsOptions) {
    this.#options = options
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size
  }

  /** The room of this name, where there is one. */
  of(name: DocName): RoomShell | undefined {
    return this.#named.get(name)
  }

  /** The document that the room of this name holds; null where there is no room, or it holds none (yet). */
  documentOf(name: DocName): DocId | null {
    const shell = this.#named.get(name)
    return shell === undefined ? null : documentOf(shell)
  }

  /** All of them, those that have no name any more left out. */
  named(): Iterable<RoomShell> {
    return this.#named.values()
  }

  /** R1: the room of this name, made absent where there is none and there is a place for it. */
  open(name: DocName): Result<RoomShell, NoRoom> {
    const known = this.#named.get(name)
    if (known !== undefined) return ok(known)
    const { limit, make } = this.#options
    const open = this.#all.size
    if (open >= limit)
      return err({ close: 'tryAgainLater', reason: `${open} documents are open, limit ${limit}` })
    const shell = make(name, () => this.#ended(name, shell))
    this.#named.set(name, shell)
    this.#all.add(shell)
    return ok(shell)
  }

  /** Sends everybody in the room of this name away, and takes its name: who comes from here on finds another one. */
  expel(name: DocName, close: CloseName, reason: string): void {
    const shell = this.#named.get(name)
    if (shell === undefined) return
    this.#named.delete(name)
    shell.push({ kind: 'expel', close, reason })
  }

  /**
   * Calls `task` once no room without a name is left that holds something of this document, or at once where there is
   * none; not any more once it is undone. A room that has the name is the document's own: whoever comes finds it.
   */
  whenEnded(doc: DocId, task: () => void): Undo {
    const left = new Set<RoomShell>()
    for (const shell of this.#all)
      if (documentOf(shell) === doc && this.#named.get(shell.room.name) !== shell) left.add(shell)
    const waiter: Waiter = { left, task }
    if (left.size === 0) task()
    else this.#waiters.add(waiter)
    return () => void this.#waiters.delete(waiter)
  }

  /** Time has passed. */
  tick(): void {
    for (const shell of this.#all) shell.tick()
  }

  /** R10: sends everybody away in batches and has everything saved; resolves once no room is left. */
  drain(sending: SendingAway): { readonly drained: Promise<void>; readonly undo: Undo } {
    const undo = sendAway([...this.#all], sending)
    if (this.#all.size === 0) return { drained: Promise.resolve(), undo }
    return { drained: new Promise((resolve) => (this.#whenEmpty = resolve)), undo }
  }

  /** The figures of this moment. */
  figures(): Figures {
    let sessions = 0
    let failing = 0
    let unopened = 0
    for (const { sessions: own, room } of this.#all) {
      const { phase } = room
      sessions += own.size
      if ((phase.kind === 'live' || phase.kind === 'closing') && isFailing(phase.document.saving))
        failing++
      if (phase.kind === 'failed' && phase.close !== 'deleted') unopened++
    }
    return { rooms: this.#all.size, sessions, failing, unopened }
  }

  /** When the oldest of what is not on disk was accepted, where that is measured; null: all is on disk. */
  oldestUnsaved(): number | null {
    let oldest: number | null = null
    for (const { room } of this.#all) {
      const { phase } = room
      if (phase.kind !== 'live' && phase.kind !== 'closing') continue
      const at = oldestIn(phase.document.saving)
      if (at !== null && (oldest === null || at < oldest)) oldest = at
    }
    return oldest
  }

  #ended(name: DocName, shell: RoomShell): void {
    if (this.#named.get(name) === shell) this.#named.delete(name)
    this.#all.delete(shell)
    for (const waiter of this.#waiters) {
      if (!waiter.left.delete(shell) || waiter.left.size > 0) continue
      this.#waiters.delete(waiter)
      waiter.task()
    }
    if (this.#all.size === 0) this.#whenEmpty?.()
  }
}

const documentOf = ({ room: { phase } }: RoomShell): DocId | null =>
  phase.kind === 'live' || phase.kind === 'closing' ? phase.document.id : null
