import { stat } from 'node:fs/promises'
import {
  type DocId,
  type DocName,
  err,
  millis,
  type Millis,
  ok,
  type Result,
  type Update,
} from '@quire/shared'
import type { DeleteSet, StateVector, UpdateIndex } from '@quire/shared'
import type {
  AppendEntry,
  OpenedDocument,
  Quarantined,
  QuarantinedUpdate,
  Snapshot,
  Storage,
  StorageFigures,
  StorageProblem,
} from '../../ports/storage.ts'
import { createCatalogue } from './catalogue.ts'
import { createOutbox } from './outbox.ts'
import type { PackedBatch, PackedContent, PackedDocument, PackedQuarantine } from './operations.ts'
import type { ReaderOperations, WriterOperations } from './operations.ts'
import { pack, unpack } from './packed.ts'
import { createPatches } from './patches.ts'
import { problemFrom } from './problem.ts'
import { askRevocations } from './revocations.ts'
import type { Thread } from './thread.ts'
import { createVersions } from './versions.ts'

/** What the store takes on disk, for the operator. */
export interface SqliteFigures extends StorageFigures {
  /** Stays near 16 MiB; grows if moving it fails. */
  readonly walBytes: number
  /** Why the newest move failed, null if it did not. */
  readonly checkpointProblem: StorageProblem | null
}

/** A storage in one SQLite file. */
export interface SqliteStorage extends Storage {
  figures(): Promise<Result<SqliteFigures, StorageProblem>>
  /** Looks for damage in the whole file; sentences, none if all is well. Holds up opens meanwhile. */
  verify(): Promise<Result<readonly string[], StorageProblem>>
}

/** What a SQLite storage is made of. */
export interface SqliteParts {
  readonly file: string
  readonly writer: Thread<WriterOperations>
  readonly reader: Thread<ReaderOperations>
  readonly now: () => Millis
  /** A new epoch: a positive safe integer that no earlier document had. */
  readonly epoch: () => number
  /** Called once, when both threads have let go of the file. */
  readonly release: () => void
}

// The brands below are kept by the store: what comes out of a column is what went into it.
const openedFrom = (document: PackedDocument): OpenedDocument => {
  const { id, epoch, head, through, hasIndex, snapshotBytes, origins, packed } = document
  const parts = unpack(packed)
  if (through === null)
    return { id, epoch, head, snapshot: null, snapshotBytes, tail: parts as Update[], origins }
  type Parts = [StateVector, DeleteSet, UpdateIndex, ...Update[]]
  const [stateVector, deleteSet, indexBytes, ...tail] = parts as Parts
  const index = hasIndex ? indexBytes : null
  const snapshot = { through, stateVector, deleteSet, index }
  return { id, epoch, head, snapshot, snapshotBytes, tail, origins }
}

/** A document as the reader thread has packed it. */
export const contentFrom = ({ head, writer, hasSnapshot, packed }: PackedContent) => {
  const parts = unpack(packed) as Update[]
  const snapshot = hasSnapshot ? (parts.shift() ?? null) : null
  return { head, writer, snapshot, tail: parts }
}

const quarantineFrom = ({ entries, packed }: PackedQuarantine): QuarantinedUpdate[] => {
  const parts = unpack(packed) as Update[]
  return entries.flatMap((entry, i) => {
    const bytes = parts[i]
    return bytes === undefined ? [] : [{ ...entry, bytes }]
  })
}

const stampedIn = (batch: readonly AppendEntry[]): Pick<PackedBatch, 'authors'> => {
  const authors = batch.flatMap(({ doc, authors: ranges = [] }) =>
    ranges.length === 0 ? [] : [{ doc, ranges }],
  )
  return authors.length === 0 ? {} : { authors }
}

const usersIn = (batch: readonly AppendEntry[]): Pick<PackedBatch, 'users'> =>
  batch.some(({ users }) => users !== undefined)
    ? { users: batch.map(({ users = [] }) => users) }
    : {}

const mapOk = <T, U>(result: Result<T, StorageProblem>, change: (value: T) => U) =>
  result.ok ? ok(change(result.value)) : result

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return 0
    throw thrown
  }
}

/** Puts the threads together: writes go to one, reads to the other, and neither waits for both. */
export const createSqliteStorage = (parts: SqliteParts): SqliteStorage => {
  const { file, writer, reader, now, epoch, release } = parts
  let closing: Promise<void> | null = null

  const open = async (name: DocName): Promise<Result<OpenedDocument, StorageProblem>> => {
    const found = await reader.ask('find', name)
    if (!found.ok) return found
    if (found.value) return ok(openedFrom(found.value))
    return mapOk(await writer.ask('create', { name, epoch: epoch(), at: now() }), openedFrom)
  }

  const compact = (doc: DocId, snapshot: Snapshot, quarantined: readonly Quarantined[]) => {
    const { through, stateVector, deleteSet, bytes, index } = snapshot
    return writer.ask('compact', {
      doc,
      through,
      at: now(),
      quarantined,
      packed: pack([stateVector, deleteSet, bytes, ...(index === null ? [] : [index])]),
    })
  }

  const shut = async (): Promise<void> => {
    // The writer last: the last connection moves the WAL into the database and removes it.
    await reader.close()
    await writer.close()
    release()
  }

  return {
    ...createCatalogue({ writer, reader, epoch, now }),
    ...createVersions({ writer, reader }),
    ...createPatches({ writer, reader }),
    ...askRevocations(writer),
    ...createOutbox({ writer, reader }),
    open,
    append: (batch, at) =>
      writer.ask('append', {
        at,
        docs: batch.map((entry) => entry.doc),
        counts: batch.map((entry) => entry.updates.length),
        ...stampedIn(batch),
        ...usersIn(batch),
        packed: pack(batch.flatMap((entry) => entry.updates)),
      }),
    outline: async (doc) => mapOk(await reader.ask('outline', doc), openedFrom),
    read: async (doc) => mapOk(await reader.ask('read', doc), contentFrom),
    parts: async (doc, through, ranges) => {
      const plain = ranges.map(({ at, to }) => ({ at, to })) // what else they are need not cross
      const asked = { doc, through, ranges: plain }
      return mapOk(await reader.ask('parts', asked), (read) => read && unpack(read.packed))
    },
    compact,
    quarantined: async (doc) => mapOk(await reader.ask('quarantined', doc), quarantineFrom),
    figures: async () => {
      try {
        const [databaseBytes, walBytes] = await Promise.all([sizeOf(file), sizeOf(`${file}-wal`)])
        const checkpointed = writer.checkpointed()
        const checkpointProblem = checkpointed && !checkpointed.ok ? checkpointed.error : null
        return ok({ databaseBytes, walBytes, checkpointProblem })
      } catch (thrown) {
        return err(problemFrom(thrown, 'measure the store', file))
      }
    },
    verify: () => reader.ask('verify', null),
    close: () => (closing ??= shut()),
  }
}

/** The clock of the machine. */
export const systemNow = (): Millis => millis(Date.now())
