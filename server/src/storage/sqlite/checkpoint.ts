import type { Database } from 'better-sqlite3'
import { ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { attemptValue } from './problem.ts'

/**
 * Pages that may wait in the WAL before they are copied home: 16 MiB. A page that many commits wrote
 * is copied once, so fewer checkpoints are less work; SQLite's own 1,000 pages measured twice the p90
 * under batches of 100. What it costs is disk; opening after a crash reads it in some 10 ms.
 */
const checkpointPages = 4_000

/** What the pragma returns: was it busy, pages in the WAL, pages of them that are copied. */
type WalState = readonly [busy: number, log: number, checkpointed: number]

/** What a checkpoint attempt came to. */
export type Checkpointed = Result<void, StorageProblem>

/**
 * Keeps the WAL short. Call the returned function after each commit, once its answer has left: it
 * copies the WAL into the database when enough has gathered, so the cost falls between commits and
 * not into one. On the writer's own connection nobody writes meanwhile: the WAL is copied whole, and
 * the next commit starts it anew. Where that fails (a full disk), or a reader is in the way, the
 * next attempt comes after as many pages again. Returns null where nothing was due.
 */
export const createCheckpointer = (db: Database, file: string): (() => Checkpointed | null) => {
  // raw: better-sqlite3 compiles a function for the rows of each look otherwise
  const look = db.prepare<[], WalState>('PRAGMA wal_checkpoint(NOOP)').raw()
  const copy = db.prepare<[], WalState>('PRAGMA wal_checkpoint(PASSIVE)').raw()
  const waiting = ([, log, checkpointed]: WalState = [0, 0, 0]) => log - checkpointed
  let dueAtPages = checkpointPages

  const copyIfDue = (): boolean => {
    const pages = waiting(look.get())
    if (pages < dueAtPages) return false
    dueAtPages = pages + checkpointPages // stands if the copy throws
    dueAtPages = waiting(copy.get()) + checkpointPages
    return true
  }

  return () => {
    const copied = attemptValue('move the WAL into the database', file, copyIfDue)
    if (!copied.ok) return copied
    return copied.value ? ok(undefined) : null
  }
}
