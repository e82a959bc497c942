import type { Database } from 'better-sqlite3'
import type { Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { attempt } from './problem.ts'

/** Runs a body in one write transaction: committed if it returns `ok`, otherwise rolled back. */
export type InTransaction = <T, P>(body: () => Result<T, P>) => Result<T, P>

/**
 * Makes the transaction runner of a connection. What the body, or COMMIT, throws is thrown on after
 * the rollback, and the connection is ready for the next transaction. Bodies do not nest.
 */
export const transactionOn = (db: Database): InTransaction => {
  // IMMEDIATE takes the write lock first: a read that becomes a write could find itself outdated.
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  return (body) => {
    begin.run()
    try {
      const result = body()
      if (result.ok) commit.run()
      return result
    } finally {
      // SQLite has already rolled back after some errors (full, I/O) and not after others (busy).
      if (db.inTransaction) rollback.run()
    }
  }
}

/** Runs a body in a transaction; what it throws becomes a problem: "`file`: cannot `what`: …". */
export type Attempted = <T>(
  what: string,
  body: () => Result<T, StorageProblem>,
) => Result<T, StorageProblem>

/** One commit for each body that returns `ok`. */
export const committingOn = (db: Database, file: string): Attempted => {
  const inTransaction = transactionOn(db)
  return (what, body) => attempt(what, file, () => inTransaction(body))
}

/** Each body sees one commit: its statements share a snapshot. */
export const readingOn =
  (db: Database, file: string): Attempted =>
  (what, body) =>
    attempt(what, file, () => db.transaction(body).deferred())
