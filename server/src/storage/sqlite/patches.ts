/* What was written and not let in: one patch for each user of a document, in parts, each of them kept once. */
import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { type DocId, type Millis, ok, type Result, type Update } from '@quire/shared'
import type { Patch, Patches, PatchLimits, StorageProblem } from '../../ports/storage.ts'
import { documentCheck } from './log-reader.ts'
import type { Handlers, ReaderOperations, WriterOperations } from './operations.ts'
import { pack, type Packed, unpack } from './packed.ts'
import type { Thread } from './thread.ts'
import { committingOn, readingOn } from './transaction.ts'

/** A part to keep. `packed`: its update. */
export interface PackedPatchPart {
  readonly doc: DocId
  readonly user: string | null
  readonly at: Millis
  readonly limits: PatchLimits
  readonly packed: Packed
}

/** What takes the place of all parts of a patch. `packed`: its update. */
export interface PackedPatchWhole extends PatchQuestion {
  readonly at: Millis
  readonly parts: number
  readonly packed: Packed
}

/** One of a document's patches. */
export interface PatchQuestion {
  readonly doc: DocId
  readonly id: number
}

type Kept = 'kept' | 'known' | 'full'

/** What patches ask of the writer thread. */
export interface PatchWriterOperations {
  keepPatch: { ask: PackedPatchPart; answer: Kept }
  replacePatch: { ask: PackedPatchWhole; answer: boolean }
  removePatch: { ask: PatchQuestion; answer: boolean }
}

/** What patches ask of the reader thread. `packed`: a patch's parts in order. */
export interface PatchReaderOperations {
  patches: { ask: DocId; answer: readonly Patch[] }
  patch: { ask: PatchQuestion; answer: { readonly packed: Packed } | null }
}

/** Enough to find a part by; the bytes decide. */
const hashBytes = 8

const hashOf = (bytes: Uint8Array): Uint8Array =>
  createHash('sha256').update(bytes).digest().subarray(0, hashBytes)

const updateIn = (packed: Packed): Uint8Array => {
  const [update] = unpack(packed)
  if (!update) throw new Error('a part of a patch came without its update')
  return update
}

/** Whether a patch has a part: by its hash, of all of its parts one or none is looked at. */
export const knownPart = 'SELECT 1 FROM patch_parts WHERE patch = ? AND hash = ? AND bytes = ?'

/** The writing half. */
export const createPatchWriter = (db: Database, file: string): Handlers<PatchWriterOperations> => {
  const committing = committingOn(db, file)
  const withDocument = documentCheck(db, file)
  const ofUser = db.prepare<[number, string | null], Pick<Patch, 'id' | 'parts' | 'bytes'>>(
    'SELECT id, parts, bytes FROM patches WHERE doc = ? AND user IS ?',
  )
  const users = db.prepare<[number], number>('SELECT count(*) FROM patches WHERE doc = ?').pluck()
  const isKnown = db.prepare<[number, Uint8Array, Uint8Array], number>(knownPart).pluck()
  const insert = db.prepare<{ doc: number; user: string | null; at: number }>(`
    INSERT INTO patches (doc, user, first_at, last_at, parts, bytes)
    VALUES (:doc, :user, :at, :at, 0, 0)`)
  const insertPart = db.prepare<[number, Uint8Array, number, Uint8Array]>(
    'INSERT INTO patch_parts (patch, hash, number, bytes) VALUES (?, ?, ?, ?)',
  )
  const count = db.prepare<[number, number, number]>(
    'UPDATE patches SET parts = parts + 1, bytes = bytes + ?, last_at = ? WHERE id = ?',
  )
  const recount = db.prepare<{
    doc: number
    id: number
    at: number
    bytes: number
    parts: number
  }>(`
    UPDATE patches SET parts = 1, bytes = :bytes, last_at = :at
    WHERE doc = :doc AND id = :id AND parts = :parts`)
  const removeParts = db.prepare<[number]>('DELETE FROM patch_parts WHERE patch = ?')
  const remove = db.prepare<[number, number]>('DELETE FROM patches WHERE doc = ? AND id = ?')

  const keep = ({ doc, user, at, limits, packed }: PackedPatchPart): Kept => {
    const patch = ofUser.get(doc, user)
    const update = updateIn(packed)
    const hash = hashOf(update)
    if (patch && isKnown.get(patch.id, hash, update) !== undefined) return 'known'
    if (!patch && (users.get(doc) ?? 0) >= limits.users) return 'full'
    if ((patch?.bytes ?? 0) + update.length > limits.bytesPerUser) return 'full'
    const id = patch?.id ?? Number(insert.run({ doc, user, at }).lastInsertRowid)
    insertPart.run(id, hash, (patch?.parts ?? 0) + 1, update)
    count.run(update.length, at, id)
    return 'kept'
  }

  const replace = ({ doc, id, at, parts, packed }: PackedPatchWhole): boolean => {
    const update = updateIn(packed)
    if (recount.run({ doc, id, at, bytes: update.length, parts }).changes === 0) return false
    removeParts.run(id)
    insertPart.run(id, hashOf(update), 1, update)
    return true
  }

  return {
    replacePatch: (whole) =>
      committing(`replace the parts of patch ${whole.id} of document ${whole.doc}`, () =>
        withDocument(whole.doc, () => ok(replace(whole))),
      ),
    keepPatch: (part) =>
      committing(`keep a patch beside document ${part.doc}`, () =>
        withDocument(part.doc, () => ok(keep(part))),
      ),
    removePatch: ({ doc, id }) =>
      committing(`remove patch ${id} of document ${doc}`, () =>
        withDocument(doc, () => ok(remove.run(doc, id).changes > 0)),
      ),
  }
}

/** The reading half. */
export const createPatchReader = (db: Database, file: string): Handlers<PatchReaderOperations> => {
  const reading = readingOn(db, file)
  const withDocument = documentCheck(db, file)
  const ofDocument = db.prepare<[number], Patch>(`
    SELECT id, user, first_at AS firstAt, last_at AS lastAt, parts, bytes
    FROM patches WHERE doc = ? ORDER BY id`)
  const partsOf = db
    .prepare<[number, number], Uint8Array>(
      `SELECT patch_parts.bytes FROM patches JOIN patch_parts ON patch = id
       WHERE doc = ? AND id = ? ORDER BY number`,
    )
    .pluck()

  // a patch has at least one part
  const read = ({ doc, id }: PatchQuestion): Result<{ packed: Packed } | null, StorageProblem> => {
    const parts = partsOf.all(doc, id)
    return ok(parts.length === 0 ? null : { packed: pack(parts) })
  }

  return {
    patches: (doc) =>
      reading(`list the patches of document ${doc}`, () =>
        withDocument(doc, () => ok(ofDocument.all(doc))),
      ),
    patch: (question) =>
      reading(`read patch ${question.id} of document ${question.doc}`, () =>
        withDocument(question.doc, () => read(question)),
      ),
  }
}

/** Patches as they are asked of the threads. */
export const createPatches = (threads: {
  readonly writer: Thread<WriterOperations>
  readonly reader: Thread<ReaderOperations>
}): Patches => {
  const { writer, reader } = threads
  return {
    keepPatch: (doc, { user, at, update }, { users, bytesPerUser }) =>
      writer.ask('keepPatch', {
        doc,
        user,
        at,
        limits: { users, bytesPerUser },
        packed: pack([update]),
      }),
    replacePatch: (doc, id, { at, parts, update }) =>
      writer.ask('replacePatch', { doc, id, at, parts, packed: pack([update]) }),
    patches: (doc) => reader.ask('patches', doc),
    patch: async (doc, id) => {
      const found = await reader.ask('patch', { doc, id })
      return found.ok ? ok(found.value && (unpack(found.value.packed) as Update[])) : found
    },
    removePatch: (doc, id) => writer.ask('removePatch', { doc, id }),
  }
}
