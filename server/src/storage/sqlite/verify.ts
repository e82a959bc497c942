import type { Database } from 'better-sqlite3'

/** The name that people know a document by, also where it was deleted. */
const shownName = 'coalesce(deleted_documents.name, documents.name)'

/** More findings than this say nothing new. */
const maxFindings = 100

interface BrokenLog {
  readonly name: string
  readonly through: number
  readonly updates: number
  readonly first: number
  readonly last: number
}

interface Orphans {
  readonly table: string
  readonly parent: string
  readonly rows: number
}

const orphans = (db: Database): string[] =>
  db
    .prepare<[], Orphans>(
      `SELECT "table", "parent", count(*) AS rows FROM pragma_foreign_key_check
       GROUP BY "table", "parent"`,
    )
    .all()
    .map(({ table, parent, rows }) => `${rows} rows of ${table} belong to no row of ${parent}`)

/** Queries for what must not be, and the sentence about each `id` that they find. */
const broken: readonly (readonly [query: string, sentence: (id: number) => string])[] = [
  [
    // U+0000, which stands before the number, has no other way into SQL
    `SELECT id FROM documents LEFT JOIN deleted_documents ON doc = id
     WHERE (documents.name = char(0) || id) <> (doc IS NOT NULL)`,
    (id) => `document ${id} has a name and was deleted, or neither`,
  ],
  [
    `SELECT doc FROM updates LEFT JOIN large_updates ON id = large
     WHERE large IS NOT NULL AND id IS NULL`,
    (id) => `document ${id} has lost the bytes of an update`,
  ],
  [
    `SELECT id FROM large_updates LEFT JOIN
       (SELECT large, count(*) AS rows FROM updates WHERE large IS NOT NULL GROUP BY large)
       ON large = id
     WHERE rows IS NOT 1`,
    (id) => `large update ${id} belongs to no row of updates, or to several`,
  ],
  [
    `SELECT id FROM versions LEFT JOIN version_states ON version = id WHERE version IS NULL`,
    (id) => `version ${id} has lost its state`,
  ],
  [
    `SELECT id FROM patches
       LEFT JOIN (SELECT patch, count(*) AS found, sum(length(bytes)) AS size
                  FROM patch_parts GROUP BY patch) ON patch = id
     WHERE found IS NOT parts OR size IS NOT bytes`,
    (id) => `patch ${id} has other parts than it counts`,
  ],
]

const besideTheLog = (db: Database): string[] =>
  broken.flatMap(([query, sentence]) =>
    db.prepare<[number], number>(`${query} LIMIT ?`).pluck().all(maxFindings).map(sentence),
  )

/**
 * Looks for damage: SQLite's own structure check, then that no row belongs to nothing, that every document's
 * log goes on after its snapshot and has no gap, that what is in quarantine was folded away, and that large
 * updates, deleted documents, versions and patches are whole. Returns sentences, none if all is well. Reads the whole file.
 */
export const verifyDatabase = (db: Database): string[] => {
  const structure = db
    .prepare<[], string>(`PRAGMA quick_check(${maxFindings})`)
    .pluck()
    .all()
    .filter((finding) => finding !== 'ok')
  const gaps = db
    .prepare<[number], BrokenLog>(
      `SELECT ${shownName} AS name, coalesce(through_seq, 0) AS through,
              count(seq) AS updates, min(seq) AS first, max(seq) AS last
       FROM updates
         JOIN documents ON documents.id = updates.doc
         LEFT JOIN deleted_documents ON deleted_documents.doc = updates.doc
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
      `SELECT ${shownName} AS name, quarantine.seq
       FROM quarantine
         JOIN documents ON documents.id = quarantine.doc
         LEFT JOIN deleted_documents ON deleted_documents.doc = quarantine.doc
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
  return [...structure, ...orphans(db), ...gaps, ...early, ...besideTheLog(db)]
}
