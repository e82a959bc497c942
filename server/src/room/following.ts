/*
 * What other nodes commit. A hint that is the next in line is relayed; where something is missing, the
 * log is read, for the log is the truth and a hint may be lost (R13).
 */
import { millis, readUpdate, seq, type Seq, type SessionId, type Update } from '@quire/shared'
import type { Hint } from '../ports/cluster.ts'
import type { StoredContent } from '../ports/storage.ts'
import { grow, totalBytes } from './folding.ts'
import type { OpenDocument } from './phase.ts'
import type { Step } from './step.ts'

/** Pause before the log is read again, where a read failed or ended too early. */
const READ_AGAIN_MS = 1_000

type Members = ReadonlyMap<SessionId, unknown>

/** Another node committed: relay what is the next in line, read the log where something is missing. */
export const follow = (step: Step, document: OpenDocument, members: Members, hint: Hint): void => {
  if (hint.last <= document.head) return
  if (hint.first > document.head + 1) return catchUp(step, document, hint.last)
  const updates = hint.updates.slice(document.head + 1 - hint.first)
  document.head = hint.last
  document.headWriter = hint.writer
  grow(step, document, updates)
  relay(step, document, members, updates)
}

/** Reads the log, at least up to this update; one read at a time. */
export const catchUp = (step: Step, document: OpenDocument, upTo: Seq): void => {
  const { following } = document
  if (following.kind !== 'level') {
    document.following = { ...following, upTo: seq(Math.max(following.upTo, upTo)) }
    return
  }
  document.following = { kind: 'reading', upTo }
  step.do({ kind: 'catch-up', doc: document.id })
}

/** The log as it is stored: relay whatever of it was not known. */
export const caughtUp = (
  step: Step,
  document: OpenDocument,
  members: Members,
  content: StoredContent,
): void => {
  const { following } = document
  if (following.kind !== 'reading') throw new Error(`caughtUp while ${following.kind}`)
  document.following = { kind: 'level' }
  // the read was under way when a later update was announced
  if (content.head < following.upTo) fallBehind(step, document, following.upTo)
  if (content.head >= document.head) {
    document.head = content.head
    document.headWriter = content.writer
    const { tail } = content
    document.tail = { updates: tail.length, bytes: totalBytes(tail), grownAt: step.now }
  }
  const stored = content.snapshot === null ? content.tail : [content.snapshot, ...content.tail]
  relay(step, document, members, stored)
}

/** The log could not be read. */
export const catchUpFailed = (step: Step, document: OpenDocument): void => {
  const { following } = document
  if (following.kind !== 'reading') throw new Error(`catchUpFailed while ${following.kind}`)
  fallBehind(step, document, following.upTo)
}

/** Reads the log again, once the pause after an unsuccessful read is over. */
export const retryCatchUp = (step: Step, document: OpenDocument): void => {
  const { following } = document
  if (following.kind !== 'behind' || step.now < following.retryAt) return
  document.following = { kind: 'level' }
  catchUp(step, document, following.upTo)
}

const fallBehind = (step: Step, document: OpenDocument, upTo: Seq): void => {
  document.following = { kind: 'behind', upTo, retryAt: millis(step.now + READ_AGAIN_MS) }
}

const relay = (
  step: Step,
  document: OpenDocument,
  members: Members,
  updates: readonly Update[],
): void => {
  for (const update of updates) {
    const contents = readUpdate(update)
    if (!contents.ok) {
      const problem = contents.error.message
      step.observe({ kind: 'corrupt-update', document: step.room.name, problem })
      continue
    }
    if (!document.frontier.accept(contents.value)) continue
    document.authorship.forget(contents.value.structs)
    if (members.size > 0) step.do({ kind: 'relay', update, except: null, acceptedAt: undefined })
  }
}
