/*
 * A document of the test server:
 *
 *   log   1 2 3 4 | 5 6        committed | relayed, and lost with a crash
 */
import type { KnownPresence, Update } from '@quire/shared'
import { applyUpdate, Doc, encodeStateAsUpdate, getState, parseUpdateMeta } from 'yjs'
import type { TestSession } from './test-session.ts'

/** Applies an update; false if it brings nothing, not even something that has to wait for something else. */
export const isNews = (doc: Doc, update: Uint8Array): boolean => {
  const waiting = String(doc.store.pendingDs)
  let isNew = false
  const notice = (): void => void (isNew = true)
  doc.on('update', notice)
  applyUpdate(doc, update)
  doc.off('update', notice)
  const { to } = parseUpdateMeta(update)
  const isBeyond = [...to].some(([client, clock]) => clock > getState(doc.store, client))
  return isNew || isBeyond || String(doc.store.pendingDs) !== waiting
}

/** What a server holds of a document. */
export class TestDocument {
  epoch: number
  log: Update[] = []
  committed = 0
  /** Positions below it are too old. */
  oldest = 0
  known = new Doc()
  readonly sessions = new Set<TestSession>()
  /** The clocks of those who have gone. */
  readonly gone = new Map<number, number>()

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Takes what a client says; false if it brings nothing. */
  accept(update: Update): boolean {
    if (!isNews(this.known, update)) return false
    this.log.push(update)
    return true
  }

  /** Whether an update would bring anything. */
  wouldBring(update: Update): boolean {
    const copy = new Doc()
    applyUpdate(copy, this.content())
    return isNews(copy, update)
  }

  /** Whether something refers to what is not there. */
  get lacks(): boolean {
    return this.known.store.pendingStructs !== null || this.known.store.pendingDs !== null
  }

  /** What survives a crash. */
  durable(): Doc {
    const doc = new Doc()
    for (const update of this.log.slice(0, this.committed)) applyUpdate(doc, update)
    return doc
  }

  crash(): void {
    this.known = this.durable()
    this.log = this.log.slice(0, this.committed)
    this.sessions.clear()
    this.gone.clear()
  }

  /** Another one takes the name. */
  replace(): void {
    this.epoch++
    this.log = []
    this.committed = this.oldest = 0
    this.known = new Doc()
    this.sessions.clear()
  }

  /** Who is here. */
  everyone(): readonly KnownPresence[] {
    return [...this.sessions].flatMap(({ presence }) => Array.from(presence.values()))
  }

  /** All of it, in one update. */
  content(): Update {
    return encodeStateAsUpdate(this.known) as Update // Yjs wrote it
  }
}
