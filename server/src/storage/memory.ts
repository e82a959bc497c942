import { randomInt } from 'node:crypto'
import {
  type DocId,
  type DocName,
  docId,
  err,
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
  Snapshot,
  Storage,
  StorageProblem,
  StoredContent,
} from '../ports/storage.ts'

interface Row {
  readonly id: DocId
  readonly epoch: number
  head: number
  snapshot: Snapshot | null
  tail: Update[]
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
    },
    snapshotBytes: snapshot?.bytes.length ?? 0,
    tail: tail.map(copy),
  }
}

const appendTo = (row: Row, updates: readonly Update[]): Appended => {
  const first = seq(row.head + 1)
  row.head += updates.length
  for (const update of updates) row.tail.push(copy(update))
  return { doc: row.id, first, last: seq(row.head) }
}

const compactRow = (row: Row, snapshot: Snapshot): Result<boolean, StorageProblem> => {
  const { through } = snapshot
  const folded = row.snapshot?.through ?? 0
  if (through > row.head)
    return err({
      kind: 'corrupt',
      message: `snapshot of document ${row.id} covers update ${through}, its log ends at ${row.head}`,
    })
  if (through <= folded) return ok(false) // R14: never replace a snapshot that covers as much
  row.tail = row.tail.slice(through - folded)
  row.snapshot = copySnapshot(snapshot)
  return ok(true)
}

/**
 * A whole storage without a disk, for tests and throw-away servers: what it acknowledges lives as
 * long as `memory`. Bytes are copied in and out.
 */
export const createMemoryStorage = (memory: Memory = createMemory()): Storage => {
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
    }
    memory.rows.push(row)
    memory.byName.set(name, row)
    return row
  }

  const appendBatch = (batch: readonly AppendEntry[]): Result<Appended[], StorageProblem> => {
    // ST4: look at every entry before touching the first document.
    const stranger = batch.find((entry) => !memory.rows[entry.doc - 1])
    if (stranger) return unknownDocument(stranger.doc)
    return ok(
      batch.flatMap(({ doc, updates }) => {
        const row = memory.rows[doc - 1]
        return row ? [appendTo(row, updates)] : []
      }),
    )
  }

  return {
    open: (name) => unlessClosed(() => ok(openedFrom(memory.byName.get(name) ?? create(name)))),
    append: (batch: readonly AppendEntry[], _at: Millis) => unlessClosed(() => appendBatch(batch)),
    read: (doc) =>
      withRow<StoredContent>(doc, ({ head, snapshot, tail }) =>
        ok({
          head: seq(head),
          snapshot: snapshot && copy(snapshot.bytes),
          tail: tail.map(copy),
        }),
      ),
    compact: (doc, snapshot) => withRow(doc, (row) => compactRow(row, snapshot)),
    close: async () => {
      closed = true
    },
  }
}
