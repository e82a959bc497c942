import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'

// SQLite result codes (sqlite.org/rescode.html) and errno names by what the caller can do about
// them. The first prefix that fits decides; what fits none is `io`.
const kindByCode: readonly (readonly [prefix: string, kind: StorageProblem['kind']])[] = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR_SHMSIZE', 'full'], // the -shm file could not grow: only a full disk does that
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['Z_DATA_ERROR', 'corrupt'], // node:zlib: not what was deflated
  ['Z_BUF_ERROR', 'corrupt'],
  ['ERR_BUFFER_TOO_LARGE', 'corrupt'], // inflates to more than was deflated
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'read-only'],
  ['EACCES', 'read-only'],
  ['EPERM', 'read-only'],
]

/** The code of a SQLite or system error, and its message without it. */
const readError = (thrown: unknown): { code: string; message: string } => {
  if (!(thrown instanceof Error)) return { code: 'unknown', message: String(thrown) }
  const code = 'code' in thrown ? String(thrown.code) : thrown.name
  return { code, message: thrown.message.replace(`${code}: `, '') }
}

/** Turns what SQLite or the file system threw into a problem that names what failed and where. */
export const problemFrom = (thrown: unknown, what: string, file: string): StorageProblem => {
  const { code, message } = readError(thrown)
  const kind = kindByCode.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'io'
  const told = code === 'Error' ? message : `${message} (${code})` // one that says nothing
  return { kind, message: `${file}: cannot ${what}: ${told}` }
}

/** Runs `body`; what it throws becomes a problem: "`file`: cannot `what`: …". */
export const attempt = <T, P>(
  what: string,
  file: string,
  body: () => Result<T, P>,
): Result<T, P | StorageProblem> => {
  try {
    return body()
  } catch (thrown) {
    return err(problemFrom(thrown, what, file))
  }
}

/** `attempt` for a body whose only failure is to throw. */
export const attemptValue = <T>(
  what: string,
  file: string,
  body: () => T,
): Result<T, StorageProblem> => attempt<T, never>(what, file, () => ok(body()))
