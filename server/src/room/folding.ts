/* When the log is folded into its snapshot. How it is done, and R14, are storage's. */
import type { Update } from '@quire/shared'
import type { Folded } from './input.ts'
import type { OpenDocument } from './phase.ts'
import type { Step } from './step.ts'

/** Starts a fold where the tail has grown enough; when the room is `idle` a smaller tail is enough. */
export const compactIfDue = (step: Step, document: OpenDocument, when: 'busy' | 'idle'): void => {
  const { compaction, tail, snapshotBytes } = document
  const { limits } = step.room
  if (compaction.kind === 'running' || tail.updates < compaction.notBelow) return
  const isDue =
    when === 'idle'
      ? tail.updates >= limits.compactIdleUpdates
      : tail.updates >= limits.compactUpdates ||
        (tail.updates > 1 && tail.bytes >= Math.max(limits.compactBytes, snapshotBytes))
  if (!isDue) return
  document.compaction = { kind: 'running' }
  step.do({ kind: 'compact', doc: document.id })
}

/** A fold came back: what it folded is no longer in the tail. */
export const compacted = (step: Step, document: OpenDocument, folded: Folded): void => {
  const { waiting } = folded
  document.tail = {
    updates: Math.max(0, document.tail.updates - folded.updates) + (waiting === null ? 0 : 1),
    bytes: Math.max(0, document.tail.bytes - folded.updateBytes) + (waiting?.bytes ?? 0),
  }
  // the next in line is no other node's: nothing was missed
  if (waiting?.appended.first === document.head + 1) document.head = waiting.appended.last
  // what waits counts as tail and would have the next keystroke fold again, to the same end
  const notBelow = waiting === null ? 0 : document.tail.updates + step.room.limits.compactUpdates
  document.compaction = { kind: 'idle', notBelow }
  document.snapshotBytes = folded.snapshotBytes
  step.observe({
    kind: 'compacted',
    document: step.room.name,
    folded: folded.updates,
    bytes: folded.snapshotBytes,
  })
}

/** A fold failed: the log is untouched; try again when it has grown by another share. */
export const compactFailed = (step: Step, document: OpenDocument, problem: string): void => {
  const notBelow = document.tail.updates + step.room.limits.compactUpdates
  document.compaction = { kind: 'idle', notBelow }
  step.observe({ kind: 'compact-failed', document: step.room.name, problem })
}

/** The bytes of all these updates. */
export const totalBytes = (updates: readonly Update[]): number =>
  updates.reduce((bytes, update) => bytes + update.length, 0)
