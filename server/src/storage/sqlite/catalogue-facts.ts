/*
 * Facts of documents in SQL. Nothing of them is stored for its own sake: the head, the time of the last change and the
 * bytes are what the log says, read for the documents of an answer and for no others.
 */
import type { Database } from 'better-sqlite3'
import type { DocId, DocName } from '@quire/shared'
import type { DocumentFacts } from '../../ports/storage.ts'
import { updateLength } from './large-updates.ts'
import { headOfDocument } from './log-reader.ts'

/**
 * The columns of `DocumentFacts` over `factsSources`. `length` of a blob is read from its row's header, without the
 * blob; a snapshot that was folded before version 5 tells its own time for that of its last update.
 */
export const factsColumns = `
  documents.id, coalesce(deleted_documents.name, documents.name) AS name, epoch,
  ${headOfDocument} AS head,
  coalesce(length(snapshots.bytes), 0)
    + (SELECT coalesce(sum(${updateLength}), 0)
       FROM updates WHERE doc = documents.id) AS bytes,
  created_at AS createdAt,
  coalesce(
    (SELECT at FROM updates WHERE doc = documents.id ORDER BY seq DESC LIMIT 1),
    folded_at, snapshots.at, created_at) AS changedAt,
  deleted_at AS deletedAt`

/** What the columns are of. */
export const factsSources = `documents
  LEFT JOIN deleted_documents ON deleted_documents.doc = documents.id
  LEFT JOIN snapshots ON snapshots.doc = documents.id`

/** Finds the facts of a document by its id, and of the one that is there by its name. Runs in a transaction. */
export interface FactsFinder {
  byId(doc: DocId): DocumentFacts | null
  byName(name: DocName): DocumentFacts | null
}

/** Makes the finder of a connection. */
export const factsFinder = (db: Database): FactsFinder => {
  const select = `SELECT ${factsColumns} FROM ${factsSources}`
  const byId = db.prepare<[number], DocumentFacts>(`${select} WHERE documents.id = ?`)
  const byName = db.prepare<[string], DocumentFacts>(`${select} WHERE documents.name = ?`)
  return { byId: (doc) => byId.get(doc) ?? null, byName: (name) => byName.get(name) ?? null }
}
