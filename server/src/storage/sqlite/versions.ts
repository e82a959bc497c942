/*
 * Documents as they were. A state is deflated and inflated in the reader thread: the writer, where acknowledgements
 * wait, stores what is small already.
 *
 *   keepVersion   event loop → reader: is there room for a name? deflate → event loop → writer: one commit
 *   version       event loop → reader: read, inflate
 *
 * The commit looks for room again: the reader spares a state that has none of it, and decides nothing.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import { type DocId, err, ok, type Result, type Update } from '@quire/shared'
import type {
  NewVersion,
  StorageProblem,
  Version,
  VersionLimits,
  Versions,
} from '../../ports/storage.ts'
import { versionData } from '../outbox-event.ts'
import { factsFinder } from './catalogue-facts.ts'
import { documentCheck } from './log-reader.ts'
import type { Handlers, ReaderOperations, WriterOperations } from './operations.ts'
import type { OutboxLog } from './outbox-log.ts'
import { pack, type Packed, unpack } from './packed.ts'
import type { Thread } from './thread.ts'
import { committingOn, readingOn } from './transaction.ts'

/** A version to keep. `packed`: its state, deflated. */
export interface DeflatedVersion extends Omit<Version, 'id'> {
  readonly doc: DocId
  readonly limits: VersionLimits
  readonly packed: Packed
}

/** The state of a version that is to be kept. */
export interface StateToDeflate extends Pick<VersionLimits, 'named'> {
  readonly doc: DocId
  readonly isNamed: boolean
  readonly packed: Packed
}

/** One of a document's versions. */
export interface VersionQuestion {
  readonly doc: DocId
  readonly id: number
}

/** A page of a document's versions, the newest first. */
export interface VersionsQuestion {
  readonly doc: DocId
  readonly before: number | null
  readonly limit: number
}

/** A version with its state. `packed`: the state, inflated. */
export interface PackedVersion {
  readonly version: Version
  readonly packed: Packed
}

/** A version that is to have a name. */
export interface VersionNaming extends VersionQuestion, Pick<VersionLimits, 'named'> {
  readonly name: string
}

/** What versions ask of the writer thread. */
export interface VersionWriterOperations {
  keepVersion: { ask: DeflatedVersion; answer: Version | 'full' }
  nameVersion: { ask: VersionNaming; answer: 'named' | 'unknown' | 'full' }
  removeVersion: { ask: VersionQuestion; answer: boolean }
}

/** What versions ask of the reader thread. */
export interface VersionReaderOperations {
  /** `packed`: the state, and in the answer that deflated; null where it is to have a name and there is no room for it. */
  deflateVersion: { ask: StateToDeflate; answer: { readonly packed: Packed } | null }
  versions: { ask: VersionsQuestion; answer: readonly Version[] }
  version: { ask: VersionQuestion; answer: PackedVersion | null }
}

/** Against the usual 6 a state takes 8 % more room and two fifths of the time (DESIGN.md). */
const level = 3

const deflate = (packed: Packed): Packed =>
  pack(unpack(packed).map((part) => deflateRawSync(part, { level })))

/** True where so many versions of a document have a name; of more, none is looked at. */
const namesCheck = (db: Database): ((doc: DocId, named: number) => boolean) => {
  const count = db
    .prepare<[number, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM versions WHERE doc = ? AND name IS NOT NULL LIMIT ?)',
    )
    .pluck()
  return (doc, named) => (count.get(doc, named) ?? 0) >= named
}

const columns = 'id, seq, at, name, author, bytes'

/** The writing half. */
export const createVersionWriter = (
  db: Database,
  file: string,
  outbox: OutboxLog,
): Handlers<VersionWriterOperations> => {
  const committing = committingOn(db, file)
  const find = factsFinder(db)
  const withDocument = documentCheck(db, file)
  const insert = db.prepare<[number, number, number, string | null, string | null, number]>(
    'INSERT INTO versions (doc, seq, at, name, author, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertState = db.prepare<[number, Uint8Array]>(
    'INSERT INTO version_states (version, deflated) VALUES (?, ?)',
  )
  // the first one that is too many, and all before it
  const thin = db.prepare<{ doc: number; unnamed: number }>(`
    DELETE FROM versions WHERE doc = :doc AND name IS NULL AND id <= (
      SELECT id FROM versions WHERE doc = :doc AND name IS NULL
      ORDER BY id DESC LIMIT 1 OFFSET :unnamed)`)
  const isNamed = db
    .prepare<[number, number], 0 | 1>(
      'SELECT name IS NOT NULL FROM versions WHERE doc = ? AND id = ?',
    )
    .pluck()
  const setName = db.prepare<[string, number]>('UPDATE versions SET name = ? WHERE id = ?')
  const hasNames = namesCheck(db)
  const remove = db.prepare<[number, number]>('DELETE FROM versions WHERE doc = ? AND id = ?')

  const keep = (version: DeflatedVersion): Version | 'full' => {
    const { doc, seq, at, name, author, bytes, limits, packed } = version
    if (name !== null && hasNames(doc, limits.named)) return 'full'
    const id = Number(insert.run(doc, seq, at, name, author, bytes).lastInsertRowid)
    for (const state of unpack(packed)) insertState.run(id, state)
    thin.run({ doc, unnamed: limits.unnamed })
    const kept = { id, seq, at, name, author, bytes }
    const document = outbox.wants('version.created') ? find.byId(doc) : null
    if (document !== null) {
      const data = versionData(document, kept)
      outbox.put({ kind: 'version.created', document: document.name, at, data })
    }
    return kept
  }

  const rename = ({ doc, id, name, named }: VersionNaming): 'named' | 'unknown' | 'full' => {
    const hasOne = isNamed.get(doc, id)
    if (hasOne === undefined) return 'unknown'
    if (hasOne === 0 && hasNames(doc, named)) return 'full'
    setName.run(name, id)
    return 'named'
  }

  return {
    keepVersion: (version) =>
      committing(`keep a version of document ${version.doc}`, () =>
        withDocument(version.doc, () => ok(keep(version))),
      ),
    nameVersion: (naming) =>
      committing(`name version ${naming.id} of document ${naming.doc}`, () =>
        withDocument(naming.doc, () => ok(rename(naming))),
      ),
    removeVersion: ({ doc, id }) =>
      committing(`remove version ${id} of document ${doc}`, () =>
        withDocument(doc, () => ok(remove.run(doc, id).changes > 0)),
      ),
  }
}

/** The reading half. */
export const createVersionReader = (
  db: Database,
  file: string,
): Handlers<VersionReaderOperations> => {
  const reading = readingOn(db, file)
  const withDocument = documentCheck(db, file)
  const page = db.prepare<[number, number, number], Version>(
    `SELECT ${columns} FROM versions WHERE doc = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  )
  const hasNames = namesCheck(db)
  const one = db.prepare<[number, number], Version & { deflated: Uint8Array }>(`
    SELECT ${columns}, deflated FROM versions JOIN version_states ON version = id
    WHERE doc = ? AND id = ?`)

  const read = ({ doc, id }: VersionQuestion): Result<PackedVersion | null, StorageProblem> => {
    const row = one.get(doc, id)
    if (!row) return ok(null)
    const { deflated, ...version } = row
    // never more than was deflated, whatever the disk made of it; zlib refuses a bound of 0
    const bound = { maxOutputLength: Math.max(1, version.bytes) }
    const state = inflateRawSync(deflated, bound)
    if (state.length !== version.bytes)
      return err({
        kind: 'corrupt',
        message: `version ${id} of document ${doc} in ${file} has ${state.length} bytes, not ${version.bytes}`,
      })
    return ok({ version, packed: pack([state]) })
  }

  return {
    deflateVersion: ({ doc, isNamed, named, packed }) =>
      reading(`deflate a version of document ${doc}`, () =>
        withDocument(doc, () =>
          ok(isNamed && hasNames(doc, named) ? null : { packed: deflate(packed) }),
        ),
      ),
    versions: ({ doc, before, limit }) =>
      reading(`list the versions of document ${doc}`, () =>
        withDocument(doc, () => ok(page.all(doc, before ?? Number.MAX_SAFE_INTEGER, limit))),
      ),
    version: (question) =>
      reading(`read version ${question.id} of document ${question.doc}`, () =>
        withDocument(question.doc, () => read(question)),
      ),
  }
}

/** Versions as they are asked of the threads. */
export const createVersions = (threads: {
  readonly writer: Thread<WriterOperations>
  readonly reader: Thread<ReaderOperations>
}): Versions => {
  const { writer, reader } = threads

  const keepVersion = async (
    doc: DocId,
    version: NewVersion,
    { unnamed, named }: VersionLimits,
  ): Promise<Result<Version | 'full', StorageProblem>> => {
    const { seq, at, name, author, update } = version
    const bytes = update.length
    const state = { doc, isNamed: name !== null, named, packed: pack([update]) }
    const deflated = await reader.ask('deflateVersion', state)
    if (!deflated.ok) return deflated
    if (deflated.value === null) return ok('full')
    const { packed } = deflated.value
    const limits = { unnamed, named }
    return writer.ask('keepVersion', { doc, seq, at, name, author, bytes, limits, packed })
  }

  return {
    keepVersion,
    versions: (doc, { before, limit }) => reader.ask('versions', { doc, before, limit }),
    version: async (doc, id) => {
      const found = await reader.ask('version', { doc, id })
      if (!found.ok || found.value === null) return found.ok ? ok(null) : found
      const { version, packed } = found.value
      const [update] = unpack(packed) as [Update] // what was kept
      return ok({ ...version, update })
    },
    nameVersion: (doc, { id, name }, { named }) =>
      writer.ask('nameVersion', { doc, id, name, named }),
    removeVersion: (doc, id) => writer.ask('removeVersion', { doc, id }),
  }
}
