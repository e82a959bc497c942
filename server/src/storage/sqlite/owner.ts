import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { problemFrom } from './problem.ts'

/*
 * One process per data directory. Two files:
 *
 *   quire.lock        an empty SQLite file, held by BEGIN EXCLUSIVE. The lock belongs to the kernel:
 *                     it ends with the process, however that ends, so there is no stale lock. SQLite
 *                     also keeps it against a second connection of the same process.
 *   quire.owner.json  who holds it, for the sentence that refuses the second one. Only ever a hint.
 *
 * Nobody may open quire.lock except through SQLite: POSIX drops a process's locks on a file as soon
 * as that process closes any descriptor of it (sqlite.org/src/file?name=src/os_unix.c).
 */

/** Who holds a data directory. */
export interface Owner {
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Where it serves, if it said so. */
  readonly url?: string
}

/** Somebody else holds the data directory. `owner` is null where its note could not be read. */
export interface InUse {
  readonly kind: 'in-use'
  readonly owner: Owner | null
  readonly message: string
}

/** The data directory, held until `release`, or until the process ends. */
export interface Claim {
  /** Gives the directory back. Safe to call twice. */
  release(): void
}

const parseOwner = (text: string): Owner | null => {
  const raw: unknown = JSON.parse(text)
  if (typeof raw !== 'object' || raw === null) return null
  const { pid, host, startedAt, url } = raw as Partial<Record<keyof Owner, unknown>>
  if (typeof pid !== 'number' || typeof host !== 'string' || typeof startedAt !== 'string')
    return null
  return { pid, host, startedAt, ...(typeof url === 'string' && { url }) }
}

const readOwner = (file: string): Owner | null => {
  try {
    return parseOwner(readFileSync(file, 'utf8'))
  } catch {
    return null // missing or half-written: the lock has decided already, only the name is unknown
  }
}

const inUse = (what: string, path: string, owner: Owner | null): InUse => {
  const who = owner
    ? `process ${owner.pid} on ${owner.host}, since ${owner.startedAt}` +
      (owner.url === undefined ? '' : `, serving ${owner.url}`)
    : 'another process, which has not left its name'
  return {
    kind: 'in-use',
    owner,
    message: `${what} ${path} is in use by ${who}; stop that one or choose another`,
  }
}

/**
 * Claims `dataDir` for this process; refuses with the owner's name where it is taken, also by this
 * process itself. `self` is what the next one will be told; `what` is what the directory is, for people.
 */
export const claimDataDir = (
  dataDir: string,
  self: { readonly startedAt: Date; readonly url?: string },
  what = 'data directory',
): Result<Claim, InUse | StorageProblem> => {
  const lockFile = join(dataDir, 'quire.lock')
  const ownerFile = join(dataDir, 'quire.owner.json')
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    startedAt: self.startedAt.toISOString(),
    ...(self.url !== undefined && { url: self.url }),
  }
  let lock: Database.Database | null = null
  try {
    lock = new Database(lockFile, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    writeFileSync(ownerFile, `${JSON.stringify(owner, null, 2)}\n`, { mode: 0o600 })
  } catch (thrown) {
    lock?.close()
    const problem = problemFrom(thrown, `claim the ${what}`, lockFile)
    return err(problem.kind === 'busy' ? inUse(what, dataDir, readOwner(ownerFile)) : problem)
  }
  const held = lock
  return ok({
    release: () => {
      if (!held.open) return
      rmSync(ownerFile, { force: true }) // first, while nobody else can have written it
      held.close()
    },
  })
}
