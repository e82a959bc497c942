import { err, ok, seq, type DocId, type Result } from '@quire/shared'
import type { Content } from '../ports/content.ts'
import type { Storage, StorageProblem } from '../ports/storage.ts'
import { totalBytes } from '../room/folding.ts'
import type { Folded } from '../room/input.ts'
import type { AppendOutcome, GroupCommit } from './group-commit.ts'

/** What a compaction needs. */
export interface CompactionPorts {
  readonly storage: Storage
  readonly content: Content
  readonly commits: GroupCommit
}

/**
 * R14: folds what is stored now; storage replaces exactly those rows, or nothing. What waits for other
 * structs is appended anew first: a room that opens from the snapshot knows of it by the tail only.
 */
export const compact = async (
  { storage, content, commits }: CompactionPorts,
  doc: DocId,
): Promise<Result<Folded, StorageProblem | { message: string }>> => {
  const stored = await storage.read(doc)
  if (!stored.ok) return stored
  const { head, snapshot, tail } = stored.value
  const folded = await content.fold({ snapshot, tail })
  if (!folded.ok) return folded
  const { updates, leftOut, bytes, stateVector, deleteSet, index, waiting } = folded.value
  const base = head - tail.length
  const quarantined = leftOut.map(({ index, problem }) => ({ seq: seq(base + 1 + index), problem }))
  let again: Folded['waiting'] = null
  if (waiting !== null) {
    const kept = await new Promise<AppendOutcome>((done) =>
      commits.append({ doc, updates: [waiting] }, done),
    )
    if (!kept.ok) return kept
    again = { appended: kept.value, bytes: waiting.length }
  }
  const snapshotNow = { through: seq(base + updates), bytes, stateVector, deleteSet, index }
  const replaced = await storage.compact(doc, snapshotNow, quarantined)
  if (!replaced.ok) return replaced
  if (!replaced.value) return err({ message: 'a snapshot that covers as much is stored already' })
  return ok({
    updates,
    updateBytes: totalBytes(tail.slice(0, updates)),
    quarantined,
    snapshotBytes: bytes.length,
    waiting: again,
  })
}
