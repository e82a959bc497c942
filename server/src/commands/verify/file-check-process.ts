/* Says what is wrong with a database file, whose path is its argument, to the process that has started it. */
import Database from 'better-sqlite3'
import { verifyDatabase } from '../../storage/sqlite/verify.ts'
import { messageOf } from '../message-of.ts'

const MOST_SENTENCES = 100

/** Sentences, and what is thrown as one. */
const sentences = (what: string, find: () => readonly string[]): readonly string[] => {
  try {
    return find()
  } catch (thrown) {
    return [`${what}: ${messageOf(thrown)}`]
  }
}

const [, , file = ''] = process.argv
const found = sentences('the file', () => {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  return [
    ...sentences('SQLite’s integrity check', () =>
      db
        .prepare<[], string>(`PRAGMA integrity_check(${MOST_SENTENCES})`)
        .pluck()
        .all()
        .filter((line) => line !== 'ok'),
    ),
    ...sentences('the check of rows that belong together', () => verifyDatabase(db)),
  ]
})
process.send?.(found, () => process.disconnect())
