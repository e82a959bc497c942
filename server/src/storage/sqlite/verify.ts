import type { Database } from 'better-sqlite3'

/** More findings than this say nothing new. */
const maxFindings = 100

interface BrokenLog {
  readonly name: string
  readonly through: number
  readonly updates: number
  readonly first: number
  readonly last: number
}

/**
 * Looks for damage: SQLite's own structure check, then that every document's log goes on after its
 * snapshot and has no gap, and that what is in quarantine was folded away. Returns sentences, none if all is well. Reads the whole file.
 */
export const verifyDatabase = (db: Database): string[] => {
  const structure = db
    .prepare<[], string>(`PRAGMA quick_check(${maxFindings})`)
    .pluck()
    .all()
    .filter((finding) => finding !== 'ok')
  const gaps = db
    .prepare<[number], BrokenLog>(
      `SELECT name, coalesce(through_seq, 0) AS through,
              count(seq) AS updates, min(seq) AS first, max(seq) AS last
       FROM updates
         JOIN documents ON documents.id = updates.doc
         LEFT JOIN snapshots ON snapshots.doc = updates.doc
       GROUP BY updates.doc
       HAVING first <> through + 1 OR updates <> last - through
       LIMIT ?`,
    )
    .all(maxFindings)
    .map(
      ({ name, through, updates, first, last }) =>
        `document ${JSON.stringify(name)}: snapshot through update ${through}, then ${updates} ` +
        `updates numbered ${first} to ${last}`,
    )
  const early = db
    .prepare<[number], { name: string; seq: number }>(
      `SELECT name, quarantine.seq
       FROM quarantine
         JOIN documents ON documents.id = quarantine.doc
         LEFT JOIN snapshots ON snapshots.doc = quarantine.doc
       WHERE quarantine.seq > coalesce(through_seq, 0)
       LIMIT ?`,
    )
    .all(maxFindings)
    .map(
      ({ name, seq }) =>
        `document ${JSON.stringify(name)}: update ${seq} is in quarantine, but the snapshot does ` +
        'not reach it',
    )
  return [...structure, ...gaps, ...early]
}
