import type { Database } from 'better-sqlite3'
import type { Result } from '@quire/shared'

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
