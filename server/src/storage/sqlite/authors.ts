/* Whose logins brought which structs (ports/storage.ts): stamped in the commit that appends them. */
import type { Database } from 'better-sqlite3'
import { type DocId, ok } from '@quire/shared'
import type { AuthorRange, AuthorStamp } from '../../ports/storage.ts'
import { stampAuthors, type AuthorsByClient } from '../stamping.ts'
import { documentCheck } from './log-reader.ts'
import type { Handlers } from './operations.ts'
import { readingOn } from './transaction.ts'

/** Who of some users has brought something to a document? */
export interface AuthorsQuestion {
  readonly doc: DocId
  readonly users: readonly string[]
}

/** What authors ask of the reader thread. */
export interface AuthorReaderOperations {
  authors: { ask: DocId; answer: readonly AuthorRange[] }
  authorsAmong: { ask: AuthorsQuestion; answer: readonly string[] }
}

/**
 * Stamps ranges of a document (ST22). Runs in a transaction. Of many stamps most are of clients that nobody was stamped
 * for, which costs less to know of a document at once than of each; a document that has more ranges is not read for them.
 */
export const authorStamper = (
  db: Database,
): ((doc: DocId, stamps: readonly AuthorStamp[]) => void) => {
  const some = db.prepare<[number, number], AuthorRange>(
    'SELECT client, clock, user FROM authors WHERE doc = ? LIMIT ?',
  )
  const ofClient = neighboursOn(db)
  const insert = db.prepare<[number, number, number, string | null]>(
    'INSERT INTO authors (doc, client, clock, user) VALUES (?, ?, ?, ?)',
  )
  return (doc, stamps) => {
    const add = ({ client, clock, user }: AuthorRange) => insert.run(doc, client, clock, user)
    const ranges = stamps.length > 1 ? some.all(doc, stamps.length + 1) : null
    if (ranges !== null && ranges.length <= stamps.length) {
      const added = stampAuthors(
        Map.groupBy(ranges, ({ client }) => client),
        stamps,
      )
      for (const range of added) add(range)
    } else
      for (const stamp of stamps)
        for (const range of stampAuthors(ofClient(doc, stamp), [stamp])) add(range)
  }
}

/** Of the ranges of a stamp's client those that decide: the one before, and where it ends one that begins until then. */
const neighboursOn = (db: Database): ((doc: DocId, stamp: AuthorStamp) => AuthorsByClient) => {
  const before = db.prepare<[number, number, number], AuthorRange>(`
    SELECT client, clock, user FROM authors WHERE doc = ? AND client = ? AND clock <= ?
    ORDER BY clock DESC LIMIT 1`)
  const within = db.prepare<[number, number, number, number], AuthorRange>(`
    SELECT client, clock, user FROM authors WHERE doc = ? AND client = ? AND clock > ? AND clock <= ?
    ORDER BY clock LIMIT 1`)
  return (doc, { client, clock, until }) => {
    const next = until === undefined ? undefined : within.get(doc, client, clock, until)
    const ranges = [before.get(doc, client, clock), next].filter((range) => range !== undefined)
    return ranges.length === 0 ? new Map() : new Map([[client, ranges]])
  }
}

/** The reading half. */
export const createAuthorReader = (
  db: Database,
  file: string,
): Handlers<AuthorReaderOperations> => {
  const reading = readingOn(db, file)
  const withDocument = documentCheck(db, file)
  // in the order of the primary key
  const ofDocument = db.prepare<[number], AuthorRange>(
    'SELECT client, clock, user FROM authors WHERE doc = ? ORDER BY client, clock',
  )
  const among = db
    .prepare<[number, string], string>(
      'SELECT DISTINCT user FROM authors WHERE doc = ? AND user IN (SELECT value FROM json_each(?))',
    )
    .pluck()
  return {
    authorsAmong: ({ doc, users }) =>
      reading(`look for authors of document ${doc}`, () =>
        withDocument(doc, () => ok(among.all(doc, JSON.stringify(users)))),
      ),
    authors: (doc) =>
      reading(`read the authors of document ${doc}`, () =>
        withDocument(doc, () => ok(ofDocument.all(doc))),
      ),
  }
}
