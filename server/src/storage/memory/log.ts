/* A document's log in memory. */
import {
  bytesEqual,
  err,
  millis,
  type Millis,
  ok,
  type Result,
  seq,
  type Update,
} from '@quire/shared'
import type {
  Appended,
  OpenedDocument,
  Quarantined,
  Snapshot,
  StorageProblem,
} from '../../ports/storage.ts'
import { originsOf } from '../origins.ts'
import { copy, type Row } from './rows.ts'

const copySnapshot = (from: Snapshot): Snapshot => ({
  through: from.through,
  bytes: copy(from.bytes),
  stateVector: copy(from.stateVector),
  deleteSet: copy(from.deleteSet),
  index: from.index && copy(from.index),
})

/** A document as it is read to open it. */
export const openedFrom = (row: Row): OpenedDocument => {
  const { id, epoch, head, snapshot, tail } = row
  const copied = snapshot && copySnapshot(snapshot)
  return {
    id,
    epoch,
    head: seq(head),
    snapshot: copied && {
      through: copied.through,
      stateVector: copied.stateVector,
      deleteSet: copied.deleteSet,
      index: copied.index,
    },
    snapshotBytes: snapshot?.bytes.length ?? 0,
    tail: tail.map(copy),
    origins: originsOf(snapshot?.through ?? seq(0), row.foldedWriter, row.tailWriters),
  }
}

/** When updates are appended, and by whom. */
export interface Stamp {
  readonly at: Millis
  readonly writer: number
}

/** Appends updates to a document's tail. */
export const appendTo = (row: Row, updates: readonly Update[], { at, writer }: Stamp): Appended => {
  const first = seq(row.head + 1)
  row.head += updates.length
  for (const update of updates) {
    row.tail.push(copy(update))
    row.tailTimes.push(at)
    row.tailWriters.push(writer)
  }
  return { doc: row.id, first, last: seq(row.head), writer }
}

/** Takes a snapshot and what it covers out of the tail, or does neither (R14). */
export const compactRow = (
  row: Row,
  snapshot: Snapshot,
  quarantined: readonly Quarantined[],
): Result<boolean, StorageProblem> => {
  const { through } = snapshot
  const folded = row.snapshot?.through ?? 0
  if (through > row.head)
    return err({
      kind: 'corrupt',
      message: `snapshot of document ${row.id} covers update ${through}, its log ends at ${row.head}`,
    })
  if (through <= folded) return ok(false) // R14: never replace a snapshot that covers as much
  const stranger = quarantined.find(({ seq: number }) => number <= folded || number > through)
  if (stranger)
    return err({
      kind: 'corrupt',
      message: `update ${stranger.seq} of document ${row.id}, to be quarantined, is not among those up to ${through}`,
    })
  for (const entry of quarantined) quarantine(row, entry, entry.seq - folded - 1)
  const count = through - folded
  row.foldedAt = row.tailTimes[count - 1] ?? null
  row.foldedWriter = row.tailWriters[count - 1] ?? 0
  row.tailTimes = row.tailTimes.slice(count)
  row.tailWriters = row.tailWriters.slice(count)
  row.tail = row.tail.slice(count)
  row.snapshot = copySnapshot(snapshot)
  return ok(true)
}

/** The same bytes, sent again by one who still has them, are kept once. */
const quarantine = (row: Row, entry: Quarantined, index: number): void => {
  const [bytes, at] = [row.tail[index], row.tailTimes[index]]
  if (bytes === undefined || at === undefined) throw new Error(`tail of ${row.id} has no ${index}`)
  if (row.quarantine.some((kept) => bytesEqual(kept.bytes, bytes))) return
  row.quarantine.push({ ...entry, at, quarantinedAt: millis(Date.now()), bytes })
}
