/* A database file made of a backup's chunks, each of them checked, and then all of it. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { ChunkError, readChunk } from './chunks.ts'
import { type Manifest, targetPaths } from './manifest.ts'

/** How to assemble. */
export interface AssembleOptions {
  readonly target: string
  readonly manifest: Manifest
  /** Overwritten. */
  readonly to: string
  readonly signal: AbortSignal
  readonly onBytes: (done: number, total: number) => void
}

/** Writes the file, and returns when it is on disk. Throws: a `ChunkError` where the backup is not what it was. */
export const assemble = async (options: AssembleOptions): Promise<void> => {
  const { target, manifest, to, signal, onBytes } = options
  const { chunks } = targetPaths(target)
  const whole = createHash('sha256')
  const handle = await open(to, 'w', 0o600)
  try {
    let at = 0
    for (const hash of manifest.chunks) {
      signal.throwIfAborted()
      const bytes = await readChunk(chunks, hash, manifest.chunkBytes)
      whole.update(bytes)
      await handle.writeFile(bytes) // behind the last one; `write` may write a part, as on a disk that fills up
      at += bytes.length
      onBytes(at, manifest.bytes)
    }
    if (at !== manifest.bytes || whole.digest('hex') !== manifest.sha256)
      throw new ChunkError(`the backup of ${manifest.at} is of other chunks than it was made of`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
