/* Whose logins brought which structs (ports/storage.ts): stamped in the commit that appends them. */
import type { Database } from 'better-sqlite3'
import { type DocId, ok } from '@quire/shared'
import type { AuthorRange } from '../../ports/storage.ts'
import { documentCheck } from './log-reader.ts'
import type { Handlers } from './operations.ts'
import { readingOn } from './transaction.ts'

/** What authors ask of the reader thread. */
export interface AuthorReaderOperations {
  authors: { ask: DocId; answer: readonly AuthorRange[] }
}

/**
 * Stamps ranges of a document. What is stamped stays: another user at the same clock changes nothing, nor does a
 * range that says what the one before it says. Runs in a transaction.
 */
export const authorStamper = (
  db: Database,
): ((doc: DocId, ranges: readonly AuthorRange[]) => void) => {
  const insert = db.prepare<AuthorRange & { doc: number }>(`
    INSERT INTO authors (doc, client, clock, user)
    SELECT :doc, :client, :clock, :user
    WHERE :user IS NOT (
      SELECT user FROM authors WHERE doc = :doc AND client = :client AND clock <= :clock
      ORDER BY clock DESC LIMIT 1)
    ON CONFLICT DO NOTHING`)
  return (doc, ranges) => {
    for (const { client, clock, user } of ranges) insert.run({ doc, client, clock, user })
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
  return {
    authors: (doc) =>
      reading(`read the authors of document ${doc}`, () =>
        withDocument(doc, () => ok(ofDocument.all(doc))),
      ),
  }
}
