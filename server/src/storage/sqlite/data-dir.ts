import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { attempt } from './problem.ts'

/** A data directory that is there and can be written to. Paths are absolute. */
export interface DataDir {
  readonly path: string
  /** The database in it. */
  readonly file: string
}

// Documents are nobody else's business: the directory is closed to other users of the machine.
const directoryMode = 0o700

/** Names in a directory are on disk, as far as the system has that: a power cut takes none of them back. Throws. */
export const syncDirectory = (path: string): void => {
  if (process.platform === 'win32') return // directories cannot be opened there, nor need to be
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Finds the data directory or creates it, with its parents, readable by this user only. */
export const prepareDataDir = (given: string): Result<DataDir, StorageProblem> => {
  const path = resolve(given)
  return attempt<DataDir, StorageProblem>('use the data directory', path, () => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found && !found.isDirectory())
      return err({ kind: 'io', message: `data directory ${path} is a file, not a directory` })
    if (!found) {
      const topmost = mkdirSync(path, { recursive: true, mode: directoryMode })
      if (topmost !== undefined) syncDirectory(dirname(topmost))
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok({ path, file: join(path, 'quire.db') })
  })
}
