/*
 * Pages of the catalogue. A page is one range of an index over names, read from where the page before ended until it
 * is full: what it costs is its own documents, and with a search the names that do not fit on the way.
 *
 *   names   … | prefix … after | the page | … | next prefix …
 */
import type { Database } from 'better-sqlite3'
import type { DocumentFacts, ListQuestion } from '../../ports/storage.ts'
import { lowerAscii } from '../names.ts'
import { factsColumns, factsSources } from './catalogue-facts.ts'

// SQLite's BINARY order is that of UTF-8's bytes, which is that of code points.
const page = (sources: string, name: string, id: string): string => `
  SELECT ${factsColumns} FROM ${sources}
  WHERE ${name} >= max(:low, :afterName) AND ${name} < :high
    AND NOT (${name} = :afterName AND ${id} <= :afterId)
    AND (:search = '' OR instr(lower(${name}), :search) > 0)
  ORDER BY ${name}, ${id}
  LIMIT :limit`

/** The statements: pages of documents that are there, and of deleted ones. */
export const pageQueries: Readonly<Record<ListQuestion['which'], string>> = {
  present: page(factsSources, 'documents.name', 'documents.id'),
  deleted: page(
    `deleted_documents
     JOIN documents ON documents.id = deleted_documents.doc
     LEFT JOIN snapshots ON snapshots.doc = documents.id`,
    'deleted_documents.name',
    'deleted_documents.doc',
  ),
}

/** The lowest name: deleted documents stand below it under their numbers (schema.ts). */
const LOWEST = '\u0001'
/** Above all text: SQLite orders every blob after it. */
const NO_END = Buffer.alloc(0)
const LAST_CODE_POINT = 0x10ffff

/** The first string behind all that begin with `prefix`; null where there is none. */
export const endOfPrefix = (prefix: string): string | null => {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === LAST_CODE_POINT) points.pop()
  const last = points.pop()
  if (last === undefined) return null
  // surrogates are no code points of a name
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}

/** What the statements are given. `toWellFormed` is what SQLite would be handed anyway. */
export const pageParameters = ({ prefix, search, after, limit }: ListQuestion) => {
  const front = prefix.toWellFormed()
  return {
    low: front === '' ? LOWEST : front,
    high: endOfPrefix(front) ?? NO_END,
    afterName: after?.name ?? '',
    afterId: after?.id ?? 0,
    search: lowerAscii(search.toWellFormed()),
    limit,
  }
}

/** Reads a page. Runs in a transaction. */
export const pageReader = (db: Database): ((question: ListQuestion) => DocumentFacts[]) => {
  type Statement = ReturnType<typeof pageParameters>
  const present = db.prepare<Statement, DocumentFacts>(pageQueries.present)
  const deleted = db.prepare<Statement, DocumentFacts>(pageQueries.deleted)
  return (question) =>
    (question.which === 'present' ? present : deleted).all(pageParameters(question))
}
