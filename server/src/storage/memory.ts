import { randomInt } from 'node:crypto'
import {
  bytesEqual,
  type DocId,
  type DocName,
  docId,
  err,
  millis,
  type Millis,
  ok,
  type Result,
  seq,
  type Update,
} from '@quire/shared'
import type {
  AppendEntry,
  Appended,
  OpenedDocument,
  Quarantined,
  QuarantinedUpdate,
  Snapshot,
  Storage,
  StorageProblem,
  StoredContent,
} from '../ports/storage.ts'
import { originsOf } from './origins.ts'

interface Row {
  readonly id: DocId
  readonly epoch: number
  head: number
  snapshot: Snapshot | null
  tail: Update[]
  /** When each update of the tail was appended. */
  tailTimes: Millis[]
  /** Who appended each of them, and the last one inside the snapshot. */
  tailWriters: number[]
  foldedWriter: number
  quarantine: QuarantinedUpdate[]
}

/** What a memory storage stores into; hand it to the next storage to play a restart. */
export interface Memory {
  readonly rows: Row[]
  readonly byName: Map<DocName, Row>
}

/** Memory without documents. */
export const createMemory = (): Memory => ({ rows: [], byName: new Map() })

// A copy on the way in and on the way out: callers own their bytes on both sides (ST8).
const copy = <B extends Uint8Array>(bytes: B): B => bytes.slice() as B // a slice keeps the meaning

const copySnapshot = (from: Snapshot): Snapshot => ({
  through: from.through,
  bytes: copy(from.bytes),
  stateVector: copy(from.stateVector),
  deleteSet: copy(from.deleteSet),
  index: from.index && copy(from.index),
})

const unknownDocument = (doc: DocId): Result<never, StorageProblem> =>
  err({ kind: 'unknown-document', message: `memory storage has no document ${doc}` })

const openedFrom = (row: Row): OpenedDocument => {
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
interface Stamp {
  readonly at: Millis
  readonly writer: number
}

const appendTo = (row: Row, updates: readonly Update[], { at, writer }: Stamp): Appended => {
  const first = seq(row.head + 1)
  row.head += updates.length
  for (const update of updates) {
    row.tail.push(copy(update))
    row.tailTimes.push(at)
    row.tailWriters.push(writer)
  }
  return { doc: row.id, first, last: seq(row.head), writer }
}

const compactRow = (
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
  row.tailTimes = row.tailTimes.slice(through - folded)
  row.foldedWriter = row.tailWriters[through - folded - 1] ?? 0
  row.tailWriters = row.tailWriters.slice(through - folded)
  row.tail = row.tail.slice(through - folded)
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

/**
 * A whole storage without a disk, for tests and throw-away servers: what it acknowledges lives as
 * long as `memory`. Bytes are copied in and out.
 */
export const createMemoryStorage = (memory: Memory = createMemory()): Storage => {
  const writer = randomInt(1, 2 ** 31)
  let closed = false

  const unlessClosed = async <T>(
    operation: () => Result<T, StorageProblem>,
  ): Promise<Result<T, StorageProblem>> =>
    closed ? err({ kind: 'closed', message: 'memory storage is closed' }) : operation()

  const withRow = <T>(doc: DocId, use: (row: Row) => Result<T, StorageProblem>) =>
    unlessClosed(() => {
      const row = memory.rows[doc - 1]
      return row ? use(row) : unknownDocument(doc)
    })

  const create = (name: DocName): Row => {
    const row: Row = {
      id: docId(memory.rows.length + 1),
      epoch: randomInt(1, 2 ** 48 - 1),
      head: 0,
      snapshot: null,
      tail: [],
      tailTimes: [],
      tailWriters: [],
      foldedWriter: 0,
      quarantine: [],
    }
    memory.rows.push(row)
    memory.byName.set(name, row)
    return row
  }

  const appendBatch = (
    batch: readonly AppendEntry[],
    at: Millis,
  ): Result<Appended[], StorageProblem> => {
    // ST4: look at every entry before touching the first document.
    const stranger = batch.find((entry) => !memory.rows[entry.doc - 1])
    if (stranger) return unknownDocument(stranger.doc)
    return ok(
      batch.flatMap(({ doc, updates }) => {
        const row = memory.rows[doc - 1]
        return row ? [appendTo(row, updates, { at, writer })] : []
      }),
    )
  }

  return {
    open: (name) => unlessClosed(() => ok(openedFrom(memory.byName.get(name) ?? create(name)))),
    append: (batch, at) => unlessClosed(() => appendBatch(batch, at)),
    outline: (doc) => withRow(doc, (row) => ok(openedFrom(row))),
    read: (doc) =>
      withRow<StoredContent>(doc, ({ head, snapshot, tail, tailWriters, foldedWriter }) =>
        ok({
          head: seq(head),
          writer: tailWriters.at(-1) ?? foldedWriter,
          snapshot: snapshot && copy(snapshot.bytes),
          tail: tail.map(copy),
        }),
      ),
    parts: (doc, through, ranges) =>
      withRow<readonly Uint8Array[] | null>(doc, ({ snapshot }) =>
        ok(
          snapshot?.through === through
            ? ranges.map(({ at, to }) => snapshot.bytes.slice(at, to))
            : null,
        ),
      ),
    compact: (doc, snapshot, quarantined) =>
      withRow(doc, (row) => compactRow(row, snapshot, quarantined)),
    quarantined: (doc) =>
      withRow<readonly QuarantinedUpdate[]>(doc, (row) =>
        ok(row.quarantine.map((entry) => ({ ...entry, bytes: copy(entry.bytes) }))),
      ),
    close: async () => {
      closed = true
    },
  }
}
