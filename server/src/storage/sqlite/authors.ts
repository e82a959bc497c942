/* Whose logins brought which structs (ports/storage.ts): stamped in the commit that appends them. */
import type { Database } from 'better-sqlite3'
import { type DocId, ok } from '@quire/shared'
import type { AuthorRange, AuthorStamp } from '../../ports/storage.ts'
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
 * Stamps ranges of a document (ST22). What is stamped stays: another user at the same clock changes nothing, nor does
 * a range that says what the one before it says. Runs in a transaction. Each range costs a look at the one before,
 * and not a reading of all, of which a client may have any number.
 */
export const authorStamper = (
  db: Database,
): ((doc: DocId, stamps: readonly AuthorStamp[]) => void) => {
  const before = db.prepare<[number, number, number], Pick<AuthorRange, 'clock' | 'user'>>(`
    SELECT clock, user FROM authors WHERE doc = ? AND client = ? AND clock <= ?
    ORDER BY clock DESC LIMIT 1`)
  const within = db
    .prepare<[number, number, number, number], number>(
      'SELECT 1 FROM authors WHERE doc = ? AND client = ? AND clock > ? AND clock <= ? LIMIT 1',
    )
    .pluck()
  const insert = db.prepare<[number, number, number, string | null]>(
    'INSERT INTO authors (doc, client, clock, user) VALUES (?, ?, ?, ?)',
  )
  return (doc, stamps) => {
    for (const { client, clock, user, until } of stamps) {
      const range = before.get(doc, client, clock)
      const was = range?.user ?? null
      if (was === user || range?.clock === clock) continue
      if (until !== undefined && within.get(doc, client, clock, until) === undefined)
        insert.run(doc, client, until, was)
      insert.run(doc, client, clock, user)
    }
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
