/* Chunks by their hash, each in a file of its own (manifest.ts). What is there already is not written again. */
import { createHash } from 'node:crypto'
import { open, mkdir, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

const { BROTLI_PARAM_QUALITY, ZSTD_c_compressionLevel } = zlib.constants

// Of a database of text: zstd 283 MB/s, brotli 44, deflate 16, to 42 % each. Node has zstd from 22.15 on.
const hasZstd = 'zstdCompress' in zlib
const suffixes = ['.zst', '.br'] as const
type Suffix = (typeof suffixes)[number]

/** Something about a chunk that makes a backup useless, in a sentence. */
export class ChunkError extends Error {}

const deflate = (bytes: Uint8Array): Promise<Buffer> =>
  hasZstd
    ? promisify(zlib.zstdCompress)(bytes, { params: { [ZSTD_c_compressionLevel]: 1 } })
    : promisify(zlib.brotliCompress)(bytes, { params: { [BROTLI_PARAM_QUALITY]: 1 } })

const inflate = (bytes: Uint8Array, suffix: Suffix, maxOutputLength: number): Promise<Buffer> => {
  if (suffix === '.br') return promisify(zlib.brotliDecompress)(bytes, { maxOutputLength })
  if (!hasZstd) throw new ChunkError('it is compressed with zstd: start a Node from 22.15 on')
  return promisify(zlib.zstdDecompress)(bytes, { maxOutputLength })
}

/** The SHA-256 of bytes, in hexadecimal. */
export const hashOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

const pathOf = (chunks: string, hash: string, suffix: Suffix): string =>
  join(chunks, hash.slice(0, 2), `${hash}${suffix}`)

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    if (isMissing(thrown)) return 0
    throw thrown
  }
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'

/** Writes a file so that it is there whole or not at all; its directory is synced by whoever needs that. */
export const writeWhole = async (path: string, bytes: Uint8Array): Promise<void> => {
  const temporary = `${path}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
}

/** Writes a chunk that is not there yet. Returns the bytes that it took on disk, 0 where it was there. */
export const writeChunk = async (
  chunks: string,
  hash: string,
  bytes: Uint8Array,
): Promise<number> => {
  for (const suffix of suffixes) if ((await sizeOf(pathOf(chunks, hash, suffix))) > 0) return 0 // empty: cut off by a power cut
  const path = pathOf(chunks, hash, hasZstd ? '.zst' : '.br')
  const small = await deflate(bytes)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeWhole(path, small)
  return small.length
}

/** Reads a chunk and checks it. Throws a `ChunkError` where it is missing or not what it was. */
export const readChunk = async (
  chunks: string,
  hash: string,
  maxBytes: number,
): Promise<Uint8Array> => {
  for (const suffix of suffixes) {
    const path = pathOf(chunks, hash, suffix)
    const small = await readFile(path).catch((thrown: unknown) => {
      if (isMissing(thrown)) return null
      throw thrown
    })
    if (small === null) continue
    const bytes = await inflate(small, suffix, maxBytes).catch((thrown: unknown) => {
      if (thrown instanceof ChunkError) throw new ChunkError(`chunk ${path}: ${thrown.message}`)
      return null // what zlib says of damage is of no use to anybody
    })
    if (bytes !== null && hashOf(bytes) === hash) return bytes
    throw new ChunkError(
      `chunk ${path} is damaged; remove it, and the next backup writes it anew if it is still needed`,
    )
  }
  throw new ChunkError(`chunk ${pathOf(chunks, hash, suffixes[0])} is missing`)
}
