/*
 * The operations of one server: a sample of its figures every two seconds, whether somebody looks or not, and the
 * document that pages follow, while somebody does.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import {
  SAMPLE_MS,
  encodeSample,
  TOP_DOCUMENTS,
  type BusyDocument,
  type OperationsEntry,
  type OperationsNow,
  type OperationsSample,
  type OperationsTrouble,
} from '@quire/shared'
import type { OperationsFeed } from '../../observe/operations-feed.ts'
import type { Grant } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Observe, QuireEvent } from '../../ports/observe.ts'
import type { Undo } from '../../ports/undo.ts'
import type { Documents } from '../documents.ts'
import { LiveWriter, type LiveWriterPorts } from './live-writer.ts'
import { openFigures, topBy, type OpenFigures } from './open-documents.ts'

/** How often the delay of the event loop is measured, milliseconds; part of what is measured. */
const LOOP_GRAIN_MS = 20

/** The thread goes on for so long after the last page has left: a page that is loaded anew is back by then. */
const LINGER_MS = 10_000

/** What the operations are of. */
export interface OperationsPorts {
  readonly documents: Documents
  readonly feed: OperationsFeed
  readonly clock: Clock
  readonly observe: Observe
  /** Why newcomers or changes are refused at this moment, or null. */
  readonly refusing: () => string | null
  /** The server of the document that pages follow, which tells its events to `Operations.live`. */
  readonly live: Pick<LiveWriterPorts, 'documents' | 'storage'>
}

/** What is asked for once, and not followed. */
export type OperationsSource = Pick<Operations, 'now' | 'kept'>

/** The operations of one server. */
export class Operations {
  /** Hears of the sessions of the document that pages follow. */
  readonly live: Observe
  readonly #ports: OperationsPorts
  readonly #writer: LiveWriter
  readonly #startedAt: number
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_GRAIN_MS })
  #cpu = process.cpuUsage()
  #cpuAt: number
  #viewers = 0
  #undo: Undo[] = []
  #undoLinger: Undo | null = null
  #isStopped = false
  readonly #samples = new WeakMap<OperationsSample, OperationsEntry>()
  readonly #troubles = new WeakMap<OperationsTrouble, OperationsEntry>()

  constructor(ports: OperationsPorts) {
    const { clock, observe, live } = ports
    this.#ports = ports
    this.#startedAt = clock.wall()
    this.#cpuAt = clock.now()
    this.live = { event: (event) => this.#hear(event) }
    this.#writer = new LiveWriter({ ...live, clock, observe, entries: () => this.entries() })
  }

  /** Starts the samples. */
  start(): void {
    const { clock, documents, live } = this.#ports
    this.#loop.enable()
    live.documents.start()
    this.#undo = [
      clock.every(SAMPLE_MS, () => this.#tick()),
      // R16: who may not look any more does not go on looking
      documents.guard.onChange(() =>
        live.documents.guard.dismissWhere((granted) => this.#problemOf(granted)),
      ),
    ]
  }

  /** Stops the samples and the thread, and sends those away who look; ends by then. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, feed, live } = this.#ports
    const endsAt = clock.now() + deadlineMs
    this.#isStopped = true
    for (const undo of this.#undo.splice(0)) undo()
    this.#undoLinger?.()
    this.#undoLinger = null
    this.#loop.disable()
    feed.watch(false) // no sample empties what is counted by document any more
    await this.#writer.stop(deadlineMs / 4) // the rest is for those who look
    await live.documents.drain(Math.max(0, endsAt - clock.now()))
  }

  /** True while a page follows. */
  get isWatched(): boolean {
    return this.#viewers > 0
  }

  /** True while there is a thread for those who follow. */
  get hasThread(): boolean {
    return this.#writer.isRunning
  }

  /** This moment. */
  now(): OperationsNow {
    const { documents, feed, clock, refusing } = this.#ports
    const { failing, unopened } = documents.figures()
    return {
      at: clock.wall(),
      startedAt: this.#startedAt,
      refusing: refusing(),
      isDraining: documents.isDraining,
      failing,
      unopened,
      sessions: feed.sessions,
      documents: this.#busy(),
      slow: feed.slow,
      since: feed.since,
    }
  }

  /** What was measured and met until now. */
  get kept(): {
    readonly samples: readonly OperationsSample[]
    readonly troubles: readonly OperationsTrouble[]
  } {
    const { samples, troubles } = this.#ports.feed
    return { samples, troubles }
  }

  /** What the document holds. */
  entries(): readonly OperationsEntry[] {
    const { feed } = this.#ports
    const samples = feed.samples.map((sample) =>
      remembered(
        this.#samples,
        sample,
        () => [`s${sample.at ?? 0}`, encodeSample(sample)] as const,
      ),
    )
    const troubles = feed.troubles.map((trouble) =>
      remembered(this.#troubles, trouble, () => [`t${trouble.id}`, trouble] as const),
    )
    return [...samples, ...troubles, ['now', this.now()]]
  }

  /** Those with the most changes, unsaved bytes and sessions. */
  #busy(): readonly BusyDocument[] {
    const { documents, feed } = this.#ports
    const { active } = feed
    const open = [...documents.shells()].map(openFigures)
    const changes = ({ name }: OpenFigures): number => active.get(name)?.updates ?? 0
    const third = Math.floor(TOP_DOCUMENTS / 3)
    const busiest = new Set([
      ...topBy(open, third, changes),
      ...topBy(open, third, ({ unsavedBytes }) => unsavedBytes),
    ])
    for (const one of topBy(open, TOP_DOCUMENTS, ({ sessions }) => sessions))
      if (busiest.size < TOP_DOCUMENTS) busiest.add(one)
    return [...busiest].map((one) => Object.assign(one, ratesOf(active.get(one.name))))
  }

  #tick(): void {
    const { documents, feed } = this.#ports
    const { unsavedBytes, queuedBytes } = documents.memory()
    const { rss, heapUsed } = process.memoryUsage()
    feed.sample({
      documents: documents.figures().rooms,
      sessions: feed.sessions.reduce((sum, { sessions }) => sum + sessions, 0),
      unsavedBytes,
      unsavedMs: documents.oldestUnsavedMs(),
      queuedBytes,
      rssBytes: rss,
      heapBytes: heapUsed,
      ...this.#loopDelay(),
      cpu: this.#cpuShare(),
    })
    if (this.isWatched) void this.#writer.write()
  }

  #loopDelay() {
    const loop = this.#loop
    const late = (ns: number): number => Math.max(0, ns / 1e6 - LOOP_GRAIN_MS)
    const delay =
      loop.count === 0
        ? { loopP99: null, loopMax: null }
        : { loopP99: late(loop.percentile(99)), loopMax: late(loop.max) }
    loop.reset()
    return delay
  }

  #cpuShare(): number {
    const now = this.#ports.clock.now()
    const { user, system } = process.cpuUsage(this.#cpu)
    const ms = Math.max(1, now - this.#cpuAt)
    this.#cpu = process.cpuUsage()
    this.#cpuAt = now
    return (user + system) / 1_000 / ms
  }

  #hear(event: QuireEvent): void {
    const { kind } = event
    if (kind === 'session-joined' || kind === 'session-left') {
      if (event.family === 'direct') return // the server's own writing
      if (kind === 'session-joined') this.#arrived()
      else this.#gone()
    }
    // its name is not one of the documents that an operator knows
    if (kind === 'bug' || kind === 'login-denied' || kind === 'session-closed')
      this.#ports.observe.event({ ...event, document: null })
  }

  #arrived(): void {
    this.#viewers++
    if (this.#viewers > 1 || this.#isStopped) return
    this.#undoLinger?.()
    this.#undoLinger = null
    this.#ports.feed.watch(true)
    void this.#writer.write()
  }

  #gone(): void {
    this.#viewers--
    if (this.#viewers > 0 || this.#isStopped) return
    this.#ports.feed.watch(false)
    this.#undoLinger = this.#ports.clock.after(LINGER_MS, () => {
      this.#undoLinger = null
      void this.#writer.stop(LINGER_MS)
    })
  }

  /** Why somebody may not look any more, or null. */
  #problemOf({ access, user, name, tokenId, issuedAt, expiresAt }: Grant): string | null {
    const grant = { access: access === 'write' ? access : 'read', user, name, tokenId } as const
    const left = this.#ports.documents.guard.capOperations({ ...grant, issuedAt, expiresAt })
    return left.ok ? null : left.error.reason
  }
}

const ratesOf = (activity: { readonly updates: number; readonly bytes: number } | undefined) => ({
  updatesPerSecond: ((activity?.updates ?? 0) * 1_000) / SAMPLE_MS,
  bytesPerSecond: ((activity?.bytes ?? 0) * 1_000) / SAMPLE_MS,
})

/** The same entry for the same thing: what has not changed is not written again. */
const remembered = <K extends object>(
  known: WeakMap<K, OperationsEntry>,
  key: K,
  make: () => OperationsEntry,
): OperationsEntry => {
  const entry = known.get(key) ?? make()
  known.set(key, entry)
  return entry
}
