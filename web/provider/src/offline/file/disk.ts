/* Files of one directory, as an append-only store needs them. The only module that knows node:fs. */
import { constants } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import type { StoreProblem } from '../store.ts'

/** A directory of files. What resolves well is on the disk. */
export interface Disk {
  /** Makes the directory if need be; resolves with its real path. */
  prepare(): Promise<Result<string, StoreProblem>>
  /** Names of all files. */
  list(): Promise<Result<readonly string[], StoreProblem>>
  /** The first bytes of a file, or all; null if there is no such file. */
  read(file: string, bytes?: number): Promise<Result<Uint8Array | null, StoreProblem>>
  /**
   * Writes bytes to a file from an offset on, and cuts off whatever was there, or nothing, if `mayCut` says so of
   * it; `unavailable` if not. At 0 the file is made.
   */
  write(
    file: string,
    at: number,
    bytes: Uint8Array,
    mayCut: (rest: Uint8Array) => boolean,
  ): Promise<Result<void, StoreProblem>>
  /** Puts a file in the place of one that may be there: after a cut it is this one or that one. */
  replace(file: string, bytes: Uint8Array): Promise<Result<void, StoreProblem>>
  /** Removes a file, if it is there. */
  remove(file: string): Promise<Result<void, StoreProblem>>
}

/** Ends the name of a file that is not in its place yet. */
const UNFINISHED = '.new'

/** Documents are nobody else's business. */
const DIRECTORY_MODE = 0o700
const FILE_MODE = 0o600

/** A directory of this machine. */
export const nodeDisk = (directory: string): Disk => {
  const attempt = async <T>(
    doing: string,
    file: string,
    act: (path: string) => Promise<T>,
  ): Promise<Result<T, StoreProblem>> => {
    const path = join(directory, file)
    try {
      return ok(await act(path))
    } catch (error) {
      return err(problemOf(error, `cannot ${doing} ${path}`))
    }
  }

  return {
    prepare: () =>
      attempt('use the directory', '', async (path) => {
        await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
        return realpath(path)
      }),
    list: () =>
      attempt('list', '', async (path) => {
        const files = await readdir(path)
        return files.filter((file) => !file.endsWith(UNFINISHED))
      }),
    read: (file, bytes) =>
      attempt('read', file, async (path) => {
        const handle = await openIfThere(path)
        if (handle === null) return null
        return closing(handle, async () => {
          const { size } = await handle.stat()
          return readFrom(handle, 0, Math.min(bytes ?? size, size))
        })
      }),
    write: async (file, at, bytes, mayCut) => {
      const written = await attempt('write', file, async (path) => {
        const flags = at === 0 ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR
        const isDone = await closing(await open(path, flags, FILE_MODE), async (handle) => {
          const { size } = await handle.stat()
          if (size < at) throw new Error(`it has ${size} bytes, ${at} were written`)
          if (!mayCut(await readFrom(handle, at, size - at))) return false
          // what an attempt before this one has left must not come back behind what this one writes
          if (size > at) await handle.truncate(at)
          await writeAll(handle, bytes, at)
          await handle.datasync()
          return true
        })
        if (isDone && at === 0) await syncDirectory(directory)
        return isDone
      })
      if (!written.ok) return written
      return written.value ? ok(undefined) : err(foreignIn(join(directory, file)))
    },
    replace: (file, bytes) =>
      attempt('replace', file, async (path) => {
        const unfinished = path + UNFINISHED
        await closing(await open(unfinished, 'w', FILE_MODE), async (handle) => {
          await writeAll(handle, bytes, 0)
          await handle.datasync()
        })
        await rename(unfinished, path)
        await syncDirectory(directory)
      }),
    remove: (file) =>
      attempt('remove', file, async (path) => {
        await rm(path, { force: true })
        await rm(path + UNFINISHED, { force: true })
        await syncDirectory(directory)
      }),
  }
}

const openIfThere = async (path: string): Promise<FileHandle | null> => {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

const closing = async <T>(
  handle: FileHandle,
  act: (handle: FileHandle) => Promise<T>,
): Promise<T> => {
  try {
    return await act(handle)
  } finally {
    await handle.close()
  }
}

const readFrom = async (handle: FileHandle, at: number, bytes: number): Promise<Uint8Array> => {
  const buffer = new Uint8Array(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, at)
  return buffer.subarray(0, bytesRead)
}

const writeAll = async (handle: FileHandle, bytes: Uint8Array, from: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, from + done)
    done += bytesWritten
  }
}

/** Says that somebody else writes to a file that one process is to have alone. */
export const foreignIn = (file: string): StoreProblem => ({
  kind: 'unavailable',
  message: `${file} holds what another process has written meanwhile`,
})

/** A power cut must not take back the name of a file that holds what was promised. */
const syncDirectory = async (directory: string): Promise<void> => {
  if (process.platform === 'win32') return // directories cannot be opened there, nor need to be
  await closing(await open(directory, 'r'), (handle) => handle.sync())
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : null

const problemOf = (error: unknown, doing: string): StoreProblem => {
  const code = codeOf(error)
  const message = `${doing}: ${error instanceof Error ? error.message : String(error)}`
  return { kind: code === 'ENOSPC' || code === 'EDQUOT' ? 'quota' : 'io', message }
}
