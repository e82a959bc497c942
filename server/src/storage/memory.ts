import { randomInt } from 'node:crypto'
import { type DocId, type DocName, err, type Millis, ok, type Result, seq } from '@quire/shared'
import type {
  AppendEntry,
  Appended,
  OpenedDocument,
  QuarantinedUpdate,
  Storage,
  StorageProblem,
  StoredContent,
} from '../ports/storage.ts'
import { changeData } from './outbox-event.ts'
import { stampAuthors } from './stamping.ts'
import { addRow, memoryCatalogue, wasDeleted } from './memory/catalogue.ts'
import { appendTo, compactRow, openedFrom } from './memory/log.ts'
import { MemoryOutbox, toldOf } from './memory/outbox.ts'
import { memoryPatches } from './memory/patches.ts'
import { memoryRevocations } from './memory/revocations.ts'
import {
  copy,
  createMemory,
  type Memory,
  type Operate,
  type Row,
  unknownDocument,
  type WithRow,
} from './memory/rows.ts'
import { memoryVersions } from './memory/versions.ts'

export { createMemory, type Memory } from './memory/rows.ts'

/**
 * A whole storage without a disk, for tests and throw-away servers: what it acknowledges lives as
 * long as `memory`. Bytes are copied in and out.
 */
export const createMemoryStorage = (memory: Memory = createMemory()): Storage => {
  const writer = randomInt(1, 2 ** 31)
  const outbox = new MemoryOutbox(memory)
  let closed = false

  const operate: Operate = async (operation) =>
    closed ? err({ kind: 'closed', message: 'memory storage is closed' }) : operation()

  const withRow: WithRow = <T>(doc: DocId, use: (row: Row) => Result<T, StorageProblem>) =>
    operate(() => {
      const row = memory.rows.get(doc)
      return row ? use(row) : unknownDocument(doc)
    })

  const open = (name: DocName): Result<OpenedDocument, StorageProblem> => {
    const there = memory.byName.get(name)
    if (!there && wasDeleted(memory, name))
      return err({ kind: 'deleted', message: `document ${JSON.stringify(name)} was deleted` })
    if (there) return ok(openedFrom(there))
    const row = addRow(memory, name)
    const data = changeData(toldOf(row), [])
    outbox.put({ kind: 'document.created', document: name, at: row.createdAt, data })
    return ok(openedFrom(row))
  }

  const appendBatch = (
    batch: readonly AppendEntry[],
    at: Millis,
  ): Result<Appended[], StorageProblem> => {
    // ST4: look at every entry before touching the first document.
    const stranger = batch.find((entry) => !memory.rows.has(entry.doc))
    if (stranger) return unknownDocument(stranger.doc)
    return ok(
      batch.flatMap(({ doc, updates, authors = [], users = [] }) => {
        const row = memory.rows.get(doc)
        if (!row) return []
        stampAuthors(row.authors, authors)
        outbox.changed(doc, at, users)
        return [appendTo(row, updates, { at, writer })]
      }),
    )
  }

  return {
    ...memoryCatalogue(memory, writer, { operate, withRow, outbox }),
    ...memoryVersions(memory, withRow, outbox),
    ...memoryPatches(memory, withRow),
    ...memoryRevocations(memory, operate),
    ...outbox.asked(operate),
    open: (name) => operate(() => open(name)),
    append: (batch, at) => operate(() => appendBatch(batch, at)),
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
