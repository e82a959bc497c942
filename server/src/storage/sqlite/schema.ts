import type { Database } from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { copyKnownTo, type Migration } from './migration-backup.ts'
import { attempt } from './problem.ts'
import { transactionOn } from './transaction.ts'

/** A file that is not ours to open: another program's, or a later Quire's. */
export interface WrongFile {
  readonly kind: 'foreign-file' | 'newer-schema'
  readonly message: string
}

/** Marks a SQLite file as Quire's, at offset 68 of its header: "Quir". */
export const applicationId = 0x51756972

/*
 * Forward-only. Migration i leads from version i to i + 1; PRAGMA user_version holds the version.
 * Never change one that was released: add the next.
 *
 * documents  AUTOINCREMENT: an id is never given again, so whoever still holds the id of a deleted
 *            document cannot write into another one. No head and no time of the last change: both
 *            are what the log says (log-reader.ts), and a copy here would be one more page to write
 *            for each document of a batch, which measured 20 to 40 % of the commit.
 * updates    clustered by (doc, seq): a tail is read and folded as one run of pages. Against a rowid
 *            table with an index this is even at typing sizes, dearer for updates of kilobytes, and
 *            folds 5 to 15 times faster.
 * snapshots  small columns before the large one: SQLite reads a row from the front and stops, so
 *            opening a document does not touch the pages of its snapshot.
 * snapshot_indexes  beside the snapshots and not in them: a column behind their large one would have to
 *            be sought through all its pages, and one before it would mean to write all snapshots anew.
 *            A snapshot that was folded before version 3 has none.
 * writer     which life of a storage wrote an update (ports/storage.ts); `folded_writer`: the last one inside the
 *            snapshot. In `documents`, as behind the large column of a snapshot it would have to be sought. 0 for
 *            what was written before version 4.
 * quarantine updates that broke their document: moved here from `updates`, number and time kept.
 * folded_at  when the last update inside the snapshot was appended; null where it was folded before version 5.
 *            Written with `folded_writer`, whose row is written in that commit anyway.
 * large      where the bytes of an update stand that would not fit its row (large-updates.ts); they go with the row.
 *            What was written before version 5 has all of them in it, and null here. No foreign key: one would make
 *            each delete of bytes look through all updates.
 * deleted_documents  beside `documents`: the name, unique there, becomes free, and U+0000 and the id take its
 *            place, which no name can be. Everything else of the document stays where it is.
 * creation_keys  which document was made under a key that its maker chose.
 * authors    ranges of a client's clocks by the user whose login brought them (ports/storage.ts); null is nobody.
 * versions   without what they hold, which is in `version_states`: a list reads no state, and a new name
 *            writes none anew.
 * patches    `parts` and `bytes` count what is in `patch_parts`: a bound is asked for with every part. A part's hash
 *            is the front of its SHA-256; it finds, and the bytes decide. By it and not by the number, as each part
 *            that comes is looked for and a patch is seldom read.
 * outbox_*   what others are to be told (ports/outbox.ts). A delivery whose `due_at` is null is dead. `changed`: the document
 *            that a `document.changed` is of, to be found when a newer one takes its place; no foreign key, as an event
 *            outlives a purge. A mark says that a document was written to since it was last told of.
 * AUTOINCREMENT, here as above: what is numbered is told to people, and must not become something else.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE documents (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE COLLATE BINARY,
    epoch       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE updates (
    doc    INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (doc, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    doc           INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    through_seq   INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    state_vector  BLOB    NOT NULL,
    delete_set    BLOB    NOT NULL,
    bytes         BLOB    NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE quarantine (
    doc             INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    seq             INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    quarantined_at  INTEGER NOT NULL,
    problem         TEXT    NOT NULL,
    bytes           BLOB    NOT NULL,
    PRIMARY KEY (doc, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE snapshot_indexes (
    doc          INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    through_seq  INTEGER NOT NULL,
    bytes        BLOB    NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE updates ADD COLUMN writer INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE documents ADD COLUMN folded_writer INTEGER NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE documents ADD COLUMN folded_at INTEGER;
  ALTER TABLE updates ADD COLUMN large INTEGER;

  CREATE TABLE large_updates (
    id     INTEGER PRIMARY KEY,
    bytes  BLOB    NOT NULL
  ) STRICT;

  CREATE TABLE deleted_documents (
    doc         INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL COLLATE BINARY,
    deleted_at  INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX deleted_by_name ON deleted_documents (name);
  CREATE INDEX deleted_by_time ON deleted_documents (deleted_at);

  CREATE TABLE creation_keys (
    key  TEXT    NOT NULL PRIMARY KEY COLLATE BINARY,
    doc  INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX creation_keys_by_doc ON creation_keys (doc);

  CREATE TABLE authors (
    doc     INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    client  INTEGER NOT NULL,
    clock   INTEGER NOT NULL,
    user    TEXT,
    PRIMARY KEY (doc, client, clock)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE versions (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    doc     INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    name    TEXT,
    author  TEXT,
    bytes   INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX versions_by_doc ON versions (doc);
  CREATE TABLE version_states (
    version   INTEGER PRIMARY KEY REFERENCES versions (id) ON DELETE CASCADE,
    deflated  BLOB    NOT NULL
  ) STRICT;

  CREATE TABLE patches (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    doc       INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    user      TEXT COLLATE BINARY,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    parts     INTEGER NOT NULL,
    bytes     INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX patches_by_user ON patches (doc, user);
  CREATE TABLE patch_parts (
    patch   INTEGER NOT NULL REFERENCES patches (id) ON DELETE CASCADE,
    hash    BLOB    NOT NULL,
    number  INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (patch, hash, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE revocations (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    user      TEXT,
    document  TEXT,
    token     TEXT,
    access    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    until     INTEGER
  ) STRICT;
  `,
  `
  CREATE TABLE outbox_endpoints (
    id    INTEGER PRIMARY KEY,
    key   TEXT    NOT NULL UNIQUE COLLATE BINARY,
    host  TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE outbox_events (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    changed   INTEGER,
    at        INTEGER NOT NULL,
    data      TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX outbox_changes ON outbox_events (changed) WHERE changed IS NOT NULL;
  CREATE TABLE outbox_deliveries (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    event     INTEGER NOT NULL REFERENCES outbox_events (number) ON DELETE CASCADE,
    endpoint  INTEGER NOT NULL REFERENCES outbox_endpoints (id),
    attempts  INTEGER NOT NULL DEFAULT 0,
    due_at    INTEGER,
    died_at   INTEGER,
    problem   TEXT
  ) STRICT;
  CREATE INDEX outbox_by_event ON outbox_deliveries (event);
  CREATE INDEX outbox_due ON outbox_deliveries (endpoint, due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX outbox_dead ON outbox_deliveries (id, endpoint) WHERE due_at IS NULL;

  CREATE TABLE outbox_marks (
    doc  INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    at   INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE outbox_mark_users (
    doc   INTEGER NOT NULL REFERENCES outbox_marks (doc) ON DELETE CASCADE,
    user  TEXT    NOT NULL COLLATE BINARY,
    PRIMARY KEY (doc, user)
  ) STRICT, WITHOUT ROWID;
  `,
]

const numberPragma = (db: Database, pragma: string): number =>
  Number(db.pragma(pragma, { simple: true }))

const foreign = (file: string, found: string): Result<never, WrongFile> =>
  err({
    kind: 'foreign-file',
    message: `${file} is a SQLite file of another program (${found}); Quire did not touch it`,
  })

/**
 * What has to be done to bring `db` to the newest schema; 0 is the version of an empty file. Refuses a file of another
 * program, or one that a later Quire has written. `steps` is the list to follow.
 */
export const migrationOf = (
  db: Database,
  file: string,
  steps: readonly string[] = migrations,
): Result<Migration, StorageProblem | WrongFile> =>
  attempt('read the schema version', file, () => {
    const owner = numberPragma(db, 'application_id')
    const version = numberPragma(db, 'user_version')
    const isNew = owner === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
    if (owner !== applicationId && !isNew)
      return foreign(file, `application_id 0x${owner.toString(16)}`)
    if (version > steps.length)
      return err({
        kind: 'newer-schema',
        message:
          `${file} has schema version ${version}, this Quire knows versions up to ${steps.length}: ` +
          `it was written by a later Quire, start that one${wayBack(file, steps.length)}`,
      })
    return ok({ from: version, to: steps.length })
  })

const wayBack = (file: string, versions: number): string => {
  const copy = copyKnownTo(file, versions)
  return copy === null ? '' : `, or put back ${copy}, which lacks what was written since`
}

/** Brings `db` to the newest schema in one transaction, or refuses it untouched, as `migrationOf` does. */
export const migrate = (
  db: Database,
  file: string,
  steps: readonly string[] = migrations,
): Result<void, StorageProblem | WrongFile> => {
  const migration = migrationOf(db, file, steps)
  if (!migration.ok) return migration
  const { from, to } = migration.value
  if (from === to) return ok(undefined)
  const inTransaction = transactionOn(db)
  return attempt(`migrate from schema version ${from} to ${to}`, file, () =>
    inTransaction(() => {
      db.pragma(`application_id = ${applicationId}`)
      for (const step of steps.slice(from)) db.exec(step)
      db.pragma(`user_version = ${to}`)
      return ok(undefined)
    }),
  )
}
