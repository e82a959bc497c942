/*
 * What was denied and is kept beside the document, so that nobody loses what they wrote as their right to write was
 * taken away: as a patch of theirs (ports/storage.ts). It is not in a hurry, and it must not cost what writing costs:
 * what is denied within a tick goes to disk together, one write at a time.
 *
 *          deny            tick, a leave, a drain            kept
 *   idle ────────▶ waiting ───────────────▶ keeping ──────────────▶ idle
 *                     ▲                        │ failed
 *                     └── a tick, a drain ── pausing
 */
import { millis, type Millis, type Update } from '@quire/shared'
import type { Phase, Member, OpenDocument } from './phase.ts'
import { retryDelayMs, waitingCost } from './saving.ts'
import type { Step } from './step.ts'

/** Bytes that wait to be kept beside one document: as much as a whole patch may have. */
export const ASIDE_BYTES = 1024 * 1024

/** What one user has written that was denied, in order. */
export interface Denied {
  readonly user: string | null
  /** It could be written once, in a session that wrote some of it. */
  readonly wasLowered: boolean
  readonly updates: readonly Update[]
}

/** What became of it. `full`: there was no place for all of it. */
export interface KeptAside {
  readonly user: string | null
  readonly outcome: 'kept' | 'known' | 'full'
}

/** What is to be kept beside an open document. */
export interface Aside {
  /** Denied since the last write was begun, by user. */
  waiting: Map<string | null, { wasLowered: boolean; readonly updates: Update[] }>
  /** What the write that is under way, or has failed, has of it. */
  writing: AsideWriting
  /** Of all of it, in memory. */
  bytes: number
}

/** Whether a write is under way. */
type AsideWriting =
  | { readonly kind: 'none' }
  | { readonly kind: 'keeping'; readonly parts: readonly Denied[]; readonly attempts: number }
  | {
      readonly kind: 'pausing'
      readonly parts: readonly Denied[]
      readonly attempts: number
      readonly retryAt: Millis
    }

/** Nothing is to be kept. */
export const nothingAside = (): Aside => ({
  waiting: new Map(),
  writing: { kind: 'none' },
  bytes: 0,
})

/** True for a session whose denied changes are kept: somebody's, or somebody who could write when it came. */
export const isKeptAside = ({ user, wasLowered }: Member): boolean => user !== null || wasLowered

/** R15: takes a denied update in, or says why not: the session is then to come back with it. */
export const keepAside = (
  step: Step,
  { aside }: OpenDocument,
  { user, wasLowered }: Member,
  update: Update,
): string | null => {
  const cost = waitingCost(update.length)
  if (update.length > ASIDE_BYTES) {
    step.observe({ kind: 'patch-full', document: step.room.name })
    return null // no patch has place for it, now or later
  }
  if (aside.bytes + cost > ASIDE_BYTES + waitingCost(0))
    return `${aside.bytes} bytes that were denied wait to be kept, limit ${ASIDE_BYTES}`
  aside.bytes += cost
  const before = aside.waiting.get(user)
  if (before === undefined) aside.waiting.set(user, { wasLowered, updates: [update] })
  else {
    before.wasLowered ||= wasLowered
    before.updates.push(update)
  }
  return null
}

/** True while anything waits to be kept: the room must not end before. */
export const hasAside = ({ aside }: OpenDocument): boolean =>
  aside.waiting.size > 0 || aside.writing.kind !== 'none'

/** Writes what waits, or again what failed, unless a write is under way or pauses. */
export const writeAside = (step: Step, document: OpenDocument, when: 'due' | 'now'): void => {
  const { aside } = document
  const { writing } = aside
  if (writing.kind === 'keeping') return
  if (writing.kind === 'pausing') {
    if (when === 'due' && step.now < writing.retryAt) return
    const { parts, attempts } = writing
    return begin(step, document, parts, attempts)
  }
  if (aside.waiting.size === 0) return
  const parts = [...aside.waiting].map(([user, { wasLowered, updates }]) => ({
    user,
    wasLowered,
    updates,
  }))
  aside.waiting = new Map()
  begin(step, document, parts, 0)
}

const begin = (
  step: Step,
  { id, aside }: OpenDocument,
  parts: readonly Denied[],
  attempts: number,
): void => {
  aside.writing = { kind: 'keeping', parts, attempts }
  step.do({ kind: 'keep', doc: id, parts })
}

/**
 * A write came back; what waited meanwhile follows with a tick. Who had no place may have one for what it says next:
 * that may be less, or somebody has dropped the patch. Each loss is reported, so at most one with each write and user.
 */
export const keptAside = (step: Step, document: OpenDocument, kept: readonly KeptAside[]): void => {
  over(document, 'kept')
  for (const { outcome } of kept)
    if (outcome !== 'known') step.observe({ kind: `patch-${outcome}`, document: step.room.name })
}

/** A write failed: it is tried again, unless the same would fail the same way. */
export const keepFailed = (
  step: Step,
  document: OpenDocument,
  { problem, isFinal }: { readonly problem: string; readonly isFinal: boolean },
): void => {
  step.observe({ kind: 'patch-failed', document: step.room.name, problem })
  const { parts, attempts } = over(document, 'keepFailed')
  if (isFinal) return
  const { aside } = document
  const retryAt = millis(step.now + retryDelayMs(attempts))
  aside.writing = { kind: 'pausing', parts, attempts: attempts + 1, retryAt }
  aside.bytes += costOf(parts)
}

const over = ({ aside }: OpenDocument, input: string) => {
  const { writing } = aside
  if (writing.kind !== 'keeping') throw new Error(`${input} while ${writing.kind}`)
  aside.writing = { kind: 'none' }
  aside.bytes -= costOf(writing.parts)
  return writing
}

const costOf = (parts: readonly Denied[]): number =>
  parts.reduce(
    (sum, { updates }) => updates.reduce((bytes, { length }) => bytes + waitingCost(length), sum),
    0,
  )

/** Bytes that wait to be kept beside a document. */
export const asideIn = (phase: Phase): number =>
  phase.kind === 'live' || phase.kind === 'closing' ? phase.document.aside.bytes : 0
