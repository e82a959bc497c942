/*
 * The copy of a database that is made before its schema changes, beside it:
 *
 *     quire.db  ──VACUUM INTO──▶ quire-before-schema-6.db.part ──fsync, rename, fsync──▶ quire-before-schema-6.db
 *
 * SQLite reads the file, and nobody else does: a descriptor of ours, closed, would drop SQLite's locks (owner.ts).
 * Whatever has the whole name is whole. A start that ended in between begins anew, over what it left.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { syncDirectory } from './data-dir.ts'
import { attempt } from './problem.ts'

/** From which schema version to which a file is brought. */
export interface Migration {
  readonly from: number
  readonly to: number
}

/** Copies that stay, each from before another schema version; of more, the oldest go. */
const COPIES = 3

/** What has to be free beside the copy, as a part of it: the pages that a migration changes stand in the WAL first. */
const SPARE_SHARE = 0.1

const COPY = /^quire-before-schema-(\d+)\.db$/

const copyName = (version: number): string => `quire-before-schema-${version}.db`

const numberPragma = (db: Database, pragma: string): number =>
  Number(db.pragma(pragma, { simple: true }))

/** Bytes that a copy of the database takes. */
export const copyBytes = (db: Database): number =>
  (numberPragma(db, 'page_count') - numberPragma(db, 'freelist_count')) *
  numberPragma(db, 'page_size')

/** The schema versions before which there is a copy beside `file`, newest first. */
const copiesBeside = (file: string): readonly number[] =>
  readdirSync(dirname(file))
    .flatMap((name) => COPY.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a)

/** Where a database file has its `user_version` (sqlite.org/fileformat2.html, 1.3): 4 bytes, big end first. */
const VERSION_OFFSET = 60

const versionIn = (file: string): number => {
  const descriptor = openSync(file, 'r')
  try {
    const field = Buffer.alloc(4)
    readSync(descriptor, field, 0, field.length, VERSION_OFFSET)
    return field.readUInt32BE()
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The copy beside `file` that a program which knows so many schema versions can go back to: from before the first
 * version that it does not know. Null where there is none.
 */
export const copyKnownTo = (file: string, versions: number): string | null => {
  const before = copiesBeside(file).findLast((version) => version > versions)
  if (before === undefined) return null
  const copy = join(dirname(file), copyName(before))
  return versionIn(copy) <= versions ? copy : null
}

/**
 * Makes the copy; it is on the disk when this returns, with its path. `full` where there is no room for it. Removes the
 * copies from before the oldest versions.
 */
export const copyBefore = (
  db: Database,
  file: string,
  { from, to }: Migration,
): Result<string, StorageProblem> =>
  attempt(`copy it before schema version ${to}`, file, () => {
    const folder = dirname(file)
    const copy = join(folder, copyName(to))
    const part = `${copy}.part`
    for (const left of [part, `${part}-journal`]) rmSync(left, { force: true })
    const needed = Math.ceil(copyBytes(db) * (1 + SPARE_SHARE))
    const { bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    if (free < needed)
      return err({
        kind: 'full',
        message:
          `${file}: the copy before the migration from schema version ${from} to ${to} needs ${needed} bytes in ` +
          `${folder}, where ${free} are free: make room, or make a copy yourself and start with migration-backup off`,
      })
    try {
      closeSync(openSync(part, 'wx', 0o600)) // SQLite would make it readable for others
      db.prepare('VACUUM INTO ?').run(part)
      const descriptor = openSync(part, 'r+')
      try {
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    } catch (thrown) {
      rmSync(part, { force: true }) // of a disk that filled up meanwhile
      throw thrown
    }
    renameSync(part, copy)
    for (const old of copiesBeside(file).slice(COPIES)) rmSync(join(folder, copyName(old)))
    syncDirectory(folder)
    return ok(copy)
  })
