/* A whole database: SQLite's own check, the rows that belong together, and each document. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import { applicationId, migrations } from '../../storage/sqlite/schema.ts'
import { checkAll } from './check-all.ts'
import { checkFile } from './file-check.ts'
import { messageOf } from '../message-of.ts'
import type { Checked, Finding } from './finding.ts'

/** How to verify. */
export interface VerifyOptions {
  readonly file: string
  readonly signal: AbortSignal
  /** With 0 when the file itself begins to be read, which may take long, and with all of it when that is done. */
  readonly onFile: (bytes: number, total: number) => void
  readonly onChecked: (done: number, total: number) => void
}

/** What was found. */
export interface Verified {
  readonly documents: readonly Checked[]
  readonly findings: readonly Finding[]
  /** The sum of the numbers of the newest updates of documents that are there. */
  readonly heads: number
  /** SHA-256 over all documents: equal for equal names, numbers and states. Null where one cannot be made out. */
  readonly digest: string | null
}

const ofFile = (problem: string): Finding => ({ document: null, seq: null, problem })

/** Sentences, and what is thrown as one. */
const sentences = (what: string, find: () => readonly string[]): readonly Finding[] => {
  try {
    return find().map(ofFile)
  } catch (thrown) {
    return [ofFile(`${what}: ${messageOf(thrown)}`)]
  }
}

/** Verifies a database file, also one that is in use. The error is a sentence: it is none of this Quire's. */
export const verifyFile = async (options: VerifyOptions): Promise<Result<Verified, string>> => {
  const { file, signal, onFile, onChecked } = options
  let db: Database.Database
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
  } catch (thrown) {
    return err(`${file}: cannot open the database: ${messageOf(thrown)}`)
  }
  try {
    const schema = schemaProblem(db, file)
    if (schema !== null)
      return schema.kind === 'other' ? err(schema.problem) : ok(damaged(schema.problem))
    const { size } = statSync(file)
    onFile(0, size)
    const found = (await checkFile({ file, signal })).map(ofFile)
    onFile(size, size)
    let ids: readonly number[] = []
    const listed = sentences('the list of documents', () => {
      ids = db.prepare<[], number>('SELECT id FROM documents ORDER BY id').pluck().all()
      return []
    })
    onChecked(0, ids.length)
    const documents = await checkAll({
      file,
      ids,
      signal,
      onChecked: (done) => onChecked(done, ids.length),
    })
    const sorted = documents.toSorted((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id,
    )
    const ofDocuments = sorted.flatMap(({ findings }) => findings)
    const digest = listed.length > 0 ? null : digestOf(sorted)
    const heads = sorted.reduce((sum, { head, isDeleted }) => sum + (isDeleted ? 0 : head), 0)
    return ok({
      documents: sorted,
      findings: [...unique(found), ...listed, ...ofDocuments],
      heads,
      digest,
    })
  } finally {
    db.close()
  }
}

const damaged = (problem: string): Verified => ({
  documents: [],
  findings: [ofFile(problem)],
  heads: 0,
  digest: null,
})

const unique = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [finding.problem, finding])).values(),
]

const digestOf = (documents: readonly Checked[]): string | null => {
  const whole = createHash('sha256')
  for (const { digest } of documents) {
    if (digest === null) return null
    whole.update(digest)
  }
  return whole.digest('hex')
}

const schemaProblem = (
  db: Database.Database,
  file: string,
): { readonly kind: 'other' | 'damaged'; readonly problem: string } | null => {
  try {
    const owner = Number(db.pragma('application_id', { simple: true }))
    const version = Number(db.pragma('user_version', { simple: true }))
    const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
    if (isEmpty) return { kind: 'damaged', problem: `${file} is an empty database` }
    if (owner !== applicationId)
      return { kind: 'damaged', problem: `${file} is not marked as a database of Quire` }
    if (version !== migrations.length)
      return {
        kind: 'other',
        problem:
          `${file} has schema version ${version}, this Quire verifies version ${migrations.length}: ` +
          `use the Quire that wrote it, or start ${version < migrations.length ? 'this one' : 'a later one'} on it first`,
      }
    return null
  } catch (thrown) {
    return { kind: 'damaged', problem: `${file}: ${messageOf(thrown)}` }
  }
}
