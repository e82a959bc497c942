/*
 * Writes what pages of operations follow, while somebody follows it.
 *
 *     entries ──what is new──▶ thread with the Y.Doc ──update──▶ the document, like anybody's change ──▶ pages
 *
 * One step at a time: whatever comes while one is under way is told by the next, so a slow machine tells less often and
 * never more than is there.
 */
import { randomInt } from 'node:crypto'
import {
  millis,
  OPERATIONS_DOCUMENT,
  parseDocName,
  readUpdate,
  type DocName,
  type OperationsEntry,
} from '@quire/shared'
import { CLOCK_TOLERANCE_MS } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Observe } from '../../ports/observe.ts'
import type { Storage } from '../../ports/storage.ts'
import { writeDocument } from '../direct.ts'
import type { Documents } from '../documents.ts'
import { LiveThread, startLiveWorker } from './live-thread.ts'

/** What the writer needs. */
export interface LiveWriterPorts {
  /** The server of the one document. */
  readonly documents: Documents
  readonly storage: Pick<Storage, 'find' | 'read'>
  readonly clock: Clock
  readonly observe: Observe
  /** What is to be in the document now. An entry that is the same object as before has not changed. */
  readonly entries: () => readonly OperationsEntry[]
  /** Makes each of the thread's lives; absent: as they are to be. */
  readonly startWorker?: typeof startLiveWorker
}

/** The document's name. */
export const LIVE_NAME: DocName = ((): DocName => {
  const name = parseDocName(OPERATIONS_DOCUMENT)
  if (!name.ok) throw new Error(name.error.message)
  return name.value
})()

/** Time for the document to take a change, milliseconds. */
const WRITE_MS = 10_000

const CLIENT_IDS = 2 ** 32

const NOBODY = { address: '', addressGroup: null }

/** A thread, and what is in its document. */
interface Life {
  readonly thread: LiveThread
  readonly told: Map<string, OperationsEntry>
}

/** Writes while it is told to. */
export class LiveWriter {
  readonly #ports: LiveWriterPorts
  /** Another one after a failure: what was not stored may have been seen under its clocks. */
  #clientId = randomInt(CLIENT_IDS - 1)
  #life: Life | null = null
  #step: Promise<void> | null = null
  /** True where the step under way was not waited for. */
  #isCut = false

  constructor(ports: LiveWriterPorts) {
    this.#ports = ports
  }

  /** True while there is a thread. */
  get isRunning(): boolean {
    return this.#life !== null
  }

  /** Tells what is new; starts the thread where there is none. Resolves once it is in the document. */
  write(): Promise<void> {
    this.#step ??= this.#write().finally(() => (this.#step = null))
    return this.#step
  }

  /** Ends the thread, after what it is doing, or in the midst of that once so much time is over. */
  async stop(withinMs: number): Promise<void> {
    await this.#stepDone(withinMs)
    const life = this.#life
    this.#life = null
    this.#isCut = this.#step !== null
    await life?.thread.end()
  }

  #stepDone(withinMs: number): Promise<void> {
    const step = this.#step
    if (step === null) return Promise.resolve()
    const over = Promise.withResolvers<void>()
    const undo = this.#ports.clock.after(withinMs, over.resolve)
    return Promise.race([step, over.promise]).finally(undo)
  }

  async #write(): Promise<void> {
    this.#isCut = false
    try {
      const life = this.#life
      await this.#take(life === null ? await this.#begin() : await this.#goOn(life))
    } catch (cause) {
      this.#clientId = randomInt(CLIENT_IDS - 1)
      if (this.#isCut) return
      const { observe } = this.#ports
      const error = new Error('the page of operations could not be told anything', { cause })
      observe.event({ kind: 'bug', document: null, error })
      const life = this.#life
      this.#life = null
      await life?.thread.end()
    }
  }

  async #begin(): Promise<Uint8Array> {
    const { clock, startWorker = startLiveWorker } = this.#ports
    const thread = new LiveThread(clock, startWorker())
    const entries = this.#ports.entries()
    this.#life = { thread, told: new Map(entries.map((entry) => [entry[0], entry])) }
    const stored = await this.#stored()
    return thread.ask({ kind: 'begin', clientId: this.#clientId, stored, entries })
  }

  #goOn({ thread, told }: Life): Promise<Uint8Array> {
    const entries = this.#ports.entries()
    const keys = new Set<string>(entries.map(([key]) => key))
    const drop = [...told.keys()].filter((key) => !keys.has(key))
    const put = entries.filter((entry) => told.get(entry[0])?.[1] !== entry[1])
    for (const key of drop) told.delete(key)
    for (const entry of put) told.set(entry[0], entry)
    return thread.ask({ kind: 'change', put, drop })
  }

  async #stored(): Promise<readonly Uint8Array[]> {
    const { storage } = this.#ports
    const facts = await storage.find(LIVE_NAME)
    if (!facts.ok) throw new Error(facts.error.message)
    if (facts.value === null) return []
    const content = await storage.read(facts.value.id)
    if (!content.ok) throw new Error(content.error.message)
    const { snapshot, tail } = content.value
    return snapshot === null ? tail : [snapshot, ...tail]
  }

  async #take(update: Uint8Array): Promise<void> {
    const { documents, clock } = this.#ports
    const contents = readUpdate(update)
    if (!contents.ok) throw new Error(contents.error.message)
    const grant = {
      access: 'write',
      user: null,
      name: null,
      tokenId: null,
      issuedAt: millis(clock.wall() + CLOCK_TOLERANCE_MS + 1), // no revocation is meant
      isApplication: true,
      expiresAt: null,
    } as const
    const request = {
      documents,
      clock,
      document: LIVE_NAME,
      grant,
      client: NOBODY,
      withinMs: WRITE_MS,
    }
    const written = await writeDocument(request, contents.value)
    if (!written.ok) throw new Error(written.error.reason)
  }
}
