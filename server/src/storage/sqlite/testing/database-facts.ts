import Database from 'better-sqlite3'

const readWith = <T>(file: string, read: (db: Database.Database) => T): T => {
  const db = new Database(file, { readonly: true, fileMustExist: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

/** The schema version of a database file that no server has open. */
export const schemaVersionOf = (file: string): number =>
  readWith(file, (db) => Number(db.pragma('user_version', { simple: true })))

/** Ids of the versions in a database file that no server has open, each behind the name of its document and a space. */
export const versionsOf = (file: string): readonly string[] =>
  readWith(file, (db) =>
    db
      .prepare<[], string>(
        `SELECT documents.name || ' ' || versions.id FROM versions JOIN documents ON documents.id = doc`,
      )
      .pluck()
      .all(),
  )
