/*
 * Versions that are kept by themselves: as nobody writes any more, or the last one has left, the document is put into
 * one update and kept as it is, unless that was done lately. One document at a time: it is read where all documents are
 * read, and put together in the thread of the answers, so whoever opens a document just then may wait for that one. A
 * drain drops what is left of it.
 *
 *     quiet, or evicted ─▶ queue ─▶ changed since the last version? ─ no ─▶ nothing
 *                            ▲        │ yes, and that is old enough ─▶ read, merge, keep
 *                            └─ later ┘ yes, and it is not
 */
import {
  millis,
  ok,
  type DocId,
  type DocName,
  type Millis,
  type Result,
  type Seq,
} from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Content } from '../ports/content.ts'
import type { Observe } from '../ports/observe.ts'
import type { Storage } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'
import type { Phase } from '../room/phase.ts'
import { RecentMap } from './recent-map.ts'

/** How versions are kept by themselves. */
export interface VersionPolicy {
  /** Versions without a name that a document has at most; 0: none are kept. */
  readonly versionsKept: number
  /** The least time between two of a document, milliseconds. */
  readonly versionEveryMs: number
}

/** Documents that are to be looked at, now or later; beyond, those that came first are forgotten until they change. */
const MOST = 10_000

/** Largest document, as stored, of which versions are kept by themselves, bytes: it is in memory three times meanwhile. */
const MOST_BYTES = 16 * 1024 * 1024

/** How often it is looked whose time has come, milliseconds. */
const LOOK_MS = 15_000

/** What keeping versions needs. */
export interface VersionPorts {
  readonly storage: Storage
  readonly content: Content
  readonly clock: Clock
  readonly observe: Observe
}

/** A document that is to be looked at, and how far it was when its room said so. */
interface Candidate {
  readonly name: DocName
  readonly head: Seq
  readonly dueAt: Millis
}

/** Keeps the versions of all documents. */
export class AutoVersions {
  readonly #ports: VersionPorts
  readonly #policy: VersionPolicy
  readonly #candidates = new RecentMap<DocId, Candidate>(MOST)
  #undoLook: Undo | null = null
  #isWorking = false
  #isOver = false

  constructor(ports: VersionPorts, policy: VersionPolicy) {
    this.#ports = ports
    this.#policy = policy
  }

  /** What watches one room. */
  watch(name: DocName): VersionWatch {
    return new VersionWatch((doc, head) => {
      if (this.#isOver || this.#policy.versionsKept === 0) return
      this.#candidates.set(doc, { name, head, dueAt: this.#ports.clock.wall() })
      void this.#work()
    })
  }

  /** Keeps no more; what is under way comes to its end, and nobody waits for it. Safe to call twice. */
  stop(): void {
    this.#isOver = true
    this.#undoLook?.()
    this.#undoLook = null
  }

  /** Looks at those whose time has come, one after the other, and at the others later. */
  async #work(): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    const { clock } = this.#ports
    for (const [doc, candidate] of this.#candidates.entries()) {
      if (this.#isOver) break
      if (candidate.dueAt > clock.wall()) continue
      this.#candidates.delete(doc)
      await this.#look(doc, candidate)
    }
    this.#isWorking = false
    if (this.#isOver) return
    if (this.#candidates.size > 0) this.#undoLook ??= clock.every(LOOK_MS, () => void this.#work())
    else {
      this.#undoLook?.()
      this.#undoLook = null
    }
  }

  async #look(doc: DocId, candidate: Candidate): Promise<void> {
    const { observe } = this.#ports
    const { name } = candidate
    const problem = await this.#keep(doc, candidate).then(
      (kept) => (kept.ok ? null : kept.error.message),
      String,
    )
    // a drain closes the storage under it: that is no problem of anybody's
    if (problem !== null && !this.#isOver)
      observe.event({ kind: 'version-failed', document: name, problem })
  }

  async #keep(
    doc: DocId,
    { name, head }: Candidate,
  ): Promise<Result<void, { readonly message: string }>> {
    const { storage, content, clock, observe } = this.#ports
    const { versionsKept, versionEveryMs } = this.#policy
    const versions = await storage.versions(doc, { before: null, limit: 1 })
    if (!versions.ok) return versions
    const [last] = versions.value
    if (last !== undefined && last.seq >= head) return ok(undefined)
    const dueAt = last === undefined ? clock.wall() : millis(last.at + versionEveryMs)
    if (dueAt > clock.wall()) {
      // offered anew meanwhile, it is to be looked at for what came since
      const there = this.#candidates.get(doc)
      if (there === undefined || there.head <= head)
        this.#candidates.set(doc, { name, head, dueAt })
      return ok(undefined)
    }
    const facts = await storage.find(name)
    if (!facts.ok) return facts
    // deleted, or another one by now; or too large to be read and kept fifty times over
    if (facts.value?.id !== doc || facts.value.bytes > MOST_BYTES) return ok(undefined)
    const stored = await storage.read(doc)
    if (!stored.ok) return stored
    const { snapshot, tail, head: seq } = stored.value
    const whole = await content.merge(snapshot === null ? tail : [snapshot, ...tail])
    if (!whole.ok) return whole
    const version = { seq, at: clock.wall(), name: null, author: null, update: whole.value }
    const kept = await storage.keepVersion(doc, version, { unnamed: versionsKept, named: 0 })
    if (!kept.ok) return kept
    if (kept.value === 'full') throw new Error('a version without a name took the room of a name')
    observe.event({ kind: 'version-kept', document: name, bytes: whole.value.length })
    return ok(undefined)
  }
}

/** Looks at one room, and offers its document when it falls idle or its room ends, if it may have changed. */
export class VersionWatch {
  readonly #offer: (doc: DocId, head: Seq) => void
  /** How far the document was when it was offered last; what was before this room, nobody here knows. */
  #offeredAt: Seq | null = null

  constructor(offer: (doc: DocId, head: Seq) => void) {
    this.#offer = offer
  }

  /** The room is in this phase, and was written to last `quietMs` ago or more. */
  look(phase: Phase, now: Millis, quietMs: number): void {
    if (phase.kind === 'live' && now - phase.document.tail.grownAt >= quietMs) this.ended(phase)
  }

  /** The room ends, and was in this phase. */
  ended(phase: Phase): void {
    if (phase.kind !== 'live' && phase.kind !== 'closing') return
    const { id, head } = phase.document
    if (head === 0 || head === this.#offeredAt) return
    this.#offeredAt = head
    this.#offer(id, head)
  }
}
