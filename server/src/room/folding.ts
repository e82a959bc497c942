/* When the log is folded into its snapshot. How it is done, and R14, are storage's. */
import type { Update } from '@quire/shared'
import type { Folded } from './input.ts'
import type { OpenDocument } from './phase.ts'
import type { Step } from './step.ts'

/**
 * A fold writes the whole snapshot twice, to the log of the database and home, and a lone commit one
 * page of 4 KiB. With an update for so many bytes of snapshot folding writes no more than committing.
 */
const SNAPSHOT_BYTES_PER_UPDATE = 2_048

/** The log after the snapshot has grown by these updates. */
export const grow = (step: Step, document: OpenDocument, updates: readonly Update[]): void => {
  const { tail } = document
  document.tail = {
    updates: tail.updates + updates.length,
    bytes: tail.bytes + totalBytes(updates),
    grownAt: step.now,
  }
}

/** Starts a fold where the tail has grown enough; when the room is `idle` a smaller tail is enough. */
export const compactIfDue = (step: Step, document: OpenDocument, when: 'busy' | 'idle'): void => {
  const { compaction, tail } = document
  if (compaction.kind === 'running' || tail.updates < compaction.notBelow) return
  const isDue = when === 'busy' ? isLong(step, document) : isWorthAFold(step, document)
  if (!isDue) return
  document.compaction = { kind: 'running' }
  step.do({ kind: 'compact', doc: document.id, turn: when === 'busy' ? 'next' : 'last' })
}

/** Starts a fold of whatever tail there is, as somebody asks for it. */
export const compactNow = (step: Step, document: OpenDocument): void => {
  const { compaction, tail } = document
  if (compaction.kind === 'running' || tail.updates === 0) return
  document.compaction = { kind: 'running' }
  step.do({ kind: 'compact', doc: document.id, turn: 'next' })
}

/** Folds the tail of a document at which nobody has written for a while. */
export const compactIfQuiet = (step: Step, document: OpenDocument): void => {
  const quietMs = step.now - document.tail.grownAt
  if (quietMs >= step.room.limits.compactQuietMs) compactIfDue(step, document, 'idle')
}

const isLong = (step: Step, { tail, snapshotBytes }: OpenDocument): boolean => {
  const { compactUpdates, compactBytes } = step.room.limits
  if (tail.updates >= Math.max(compactUpdates, snapshotBytes / SNAPSHOT_BYTES_PER_UPDATE))
    return true
  return tail.updates > 1 && tail.bytes >= Math.max(compactBytes, snapshotBytes)
}

/** An unfolded tail is read and merged for everyone who opens the document; a fold writes the snapshot. */
const isWorthAFold = (step: Step, { tail, snapshotBytes }: OpenDocument): boolean => {
  const { compactIdleUpdates, compactIdleBytes } = step.room.limits
  if (tail.updates >= Math.max(compactIdleUpdates, snapshotBytes / SNAPSHOT_BYTES_PER_UPDATE))
    return true
  return tail.updates > 1 && tail.bytes >= Math.max(compactIdleBytes, snapshotBytes / 4)
}

/**
 * A fold came back: what it folded or quarantined is no longer in the tail. What is quarantined stays in
 * the frontier of this room: it was acknowledged, and whoever asks again would only send it again.
 */
export const compacted = (step: Step, document: OpenDocument, folded: Folded): void => {
  const { waiting, quarantined } = folded
  const [first] = quarantined
  document.tail = {
    ...document.tail,
    updates: Math.max(0, document.tail.updates - folded.updates) + (waiting === null ? 0 : 1),
    bytes: Math.max(0, document.tail.bytes - folded.updateBytes) + (waiting?.bytes ?? 0),
  }
  // the next in line is no other node's: nothing was missed
  if (waiting?.appended.first === document.head + 1) {
    document.head = waiting.appended.last
    document.headWriter = waiting.appended.writer
  }
  // what waits counts as tail and would have the next keystroke fold again, to the same end
  const notBelow = waiting === null ? 0 : document.tail.updates + step.room.limits.compactUpdates
  document.compaction = { kind: 'idle', notBelow }
  document.snapshotBytes = folded.snapshotBytes
  if (first !== undefined)
    step.observe({
      kind: 'quarantined',
      document: step.room.name,
      updates: quarantined.map((update) => update.seq),
      problem: first.problem,
    })
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
