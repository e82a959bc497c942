/* One backup: copy the database, cut the copy, write the chunks that are new, list it. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../../ports/storage.ts'
import { prepareDataDir, syncDirectory } from '../data-dir.ts'
import { claimDataDir, type InUse } from '../owner.ts'
import { problemFrom } from '../problem.ts'
import { hashOf, writeChunk, writeWhole } from './chunks.ts'
import { type Copied, copyDatabase } from './copy.ts'
import { CHUNK_BYTES, type Manifest, nameOfTime, targetPaths } from './manifest.ts'
import { prune, type Pruned } from './prune.ts'

/** How to back up. */
export interface BackupOptions {
  readonly dataDir: string
  readonly target: string
  /** Backups that stay, this one among them; null: all. */
  readonly keep: number | null
  /** Most that the WAL may grow by while the database is copied. */
  readonly maxWalBytes: number
  /** Of the program. */
  readonly version: string
  readonly signal: AbortSignal
  readonly onCopied: (bytes: number, total: number) => void
  readonly onWritten: (bytes: number, total: number) => void
}

/** A backup that is done. */
export interface BackedUp extends Omit<Copied, 'at'> {
  readonly at: string
  readonly name: string
  readonly bytes: number
  readonly chunks: number
  /** Chunks that no earlier backup had, and the bytes that they take on disk. */
  readonly newChunks: number
  readonly newBytes: number
  readonly pruned: Pruned | null
}

/** Why there is no backup. `target`: the folder cannot be one of backups of this directory. */
export type BackupProblem =
  | StorageProblem
  | InUse
  | { readonly kind: 'target'; readonly message: string }

/** Chunks that are compressed and written at a time: Node has four threads for it. */
const AT_ONCE = 8

const refused = (message: string): Result<never, BackupProblem> => err({ kind: 'target', message })

const isWithin = (outer: string, inner: string): boolean => {
  const way = relative(outer, inner)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way)
}

/** Where a path is, with the part of it that is there followed through its links. */
const realPath = (path: string): string =>
  existsSync(path)
    ? realpathSync(path)
    : join(realPath(resolve(path, '..')), relative(resolve(path, '..'), path))

/** Backs a data directory up, also while a server owns it. Never throws; what failed leaves no backup listed. */
export const backUp = async (options: BackupOptions): Promise<Result<BackedUp, BackupProblem>> => {
  const dataDir = resolve(options.dataDir)
  const target = resolve(options.target)
  const file = join(dataDir, 'quire.db')
  if (!existsSync(file)) return refused(`${dataDir} has no quire.db to back up`)
  if (isWithin(realPath(dataDir), realPath(target)))
    return refused(`${target} is inside the data directory ${dataDir}, and would be lost with it`)
  if (existsSync(join(target, 'quire.db')))
    return refused(`${target} is a data directory itself; back up to a folder of its own`)
  const prepared = prepareDataDir(target)
  if (!prepared.ok) return prepared
  const claimed = claimDataDir(target, { startedAt: new Date() }, 'backup folder')
  if (!claimed.ok) return claimed
  const { copy, chunks, backups } = targetPaths(target)
  try {
    for (const path of [chunks, backups]) mkdirSync(path, { recursive: true, mode: 0o700 })
    rmSync(copy, { force: true }) // of a backup that was ended
    const { signal, maxWalBytes, onCopied } = options
    const copied = await copyDatabase({ file, to: copy, maxWalBytes, signal, onBytes: onCopied })
    const cut = await cutCopy(copy, chunks, options)
    const manifest: Manifest = {
      format: 1,
      at: copied.at.toISOString(),
      version: options.version,
      schemaVersion: copied.schemaVersion,
      pageSize: copied.pageSize,
      bytes: cut.bytes,
      chunkBytes: CHUNK_BYTES,
      sha256: cut.sha256,
      documents: copied.documents,
      heads: copied.heads,
      chunks: cut.hashes,
    }
    for (const front of readdirSync(chunks)) syncDirectory(join(chunks, front))
    for (const path of [chunks, target]) syncDirectory(path)
    signal.throwIfAborted()
    const name = nameOfTime(manifest.at)
    await writeWhole(join(backups, `${name}.json`), Buffer.from(JSON.stringify(manifest)))
    syncDirectory(backups)
    const { hashes, bytes, newChunks, newBytes } = cut
    const pruned = options.keep === null ? null : prune(target, options.keep)
    return ok({
      ...copied,
      at: manifest.at,
      name,
      bytes,
      chunks: hashes.length,
      newChunks,
      newBytes,
      pruned,
    })
  } catch (thrown) {
    return err(problemFrom(thrown, 'write the backup', target))
  } finally {
    discard(copy)
    claimed.value.release()
  }
}

/** Of a folder that has gone, or a disk that fails, the next backup sweeps it. */
const discard = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // what failed before is told already, and this changes nothing of it
  }
}

interface Cut {
  readonly hashes: string[]
  readonly sha256: string
  readonly bytes: number
  readonly newChunks: number
  readonly newBytes: number
}

const cutCopy = async (
  copy: string,
  chunks: string,
  { signal, onWritten }: BackupOptions,
): Promise<Cut> => {
  const whole = createHash('sha256')
  const hashes: string[] = []
  const started = new Set<string>()
  let [newChunks, newBytes, at] = [0, 0, 0]
  const handle = await open(copy)
  try {
    const { size } = await handle.stat()
    while (at < size) {
      signal.throwIfAborted()
      const part = Buffer.allocUnsafe(Math.min(CHUNK_BYTES * AT_ONCE, size - at))
      const { bytesRead } = await handle.read(part, 0, part.length, at)
      if (bytesRead < part.length)
        throw new Error(`${copy} ends at ${at + bytesRead} of ${size} bytes`)
      whole.update(part)
      const writes: Promise<number>[] = []
      for (let from = 0; from < part.length; from += CHUNK_BYTES) {
        const bytes = part.subarray(from, from + CHUNK_BYTES)
        const hash = hashOf(bytes)
        hashes.push(hash)
        if (started.has(hash)) continue
        started.add(hash)
        writes.push(writeChunk(chunks, hash, bytes))
      }
      for (const written of await settled(writes)) {
        newBytes += written
        if (written > 0) newChunks++
      }
      at += part.length
      onWritten(at, size)
    }
    return { hashes, sha256: whole.digest('hex'), bytes: size, newChunks, newBytes }
  } finally {
    await handle.close()
  }
}

/** All of them, after all have ended: one that fails must not leave others at work. */
const settled = async (writes: readonly Promise<number>[]): Promise<readonly number[]> => {
  await Promise.allSettled(writes)
  return Promise.all(writes)
}
