/*
 * A folder of backups:
 *
 *   quire.lock, quire.owner.json   one backup at a time (owner.ts)
 *   quire-copy.tmp                 the database as it is copied, while a backup runs
 *   chunks/ab/ab….zst              64 KiB of a database by their SHA-256, compressed: .zst (zstd) or .br (brotli)
 *   backups/20261126T062929123Z.json  one backup: of which chunks it is, in order
 *
 * A backup's file is written last and renamed into its place when all of its chunks are on disk, so one that is listed
 * is whole. Chunks that an earlier backup wrote are not written again.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { err, ok, type Result } from '@quire/shared'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().nonnegative()

const schema = z.object({
  format: z.literal(1),
  /** When the database was as it is in the backup. ISO 8601. */
  at: z.iso.datetime(),
  /** Of the Quire that made it. */
  version: z.string(),
  schemaVersion: count,
  pageSize: count,
  bytes: count,
  chunkBytes: z.int().positive(),
  /** Of the whole database file. */
  sha256,
  /** Documents that are there, and the sum of the numbers of their newest updates. */
  documents: count,
  heads: count,
  /** SHA-256 of each chunk, in order. */
  chunks: z.array(sha256),
})

/** What is known of a backup, and what it is made of. */
export type Manifest = Readonly<z.infer<typeof schema>>

/** Bytes of a database in one chunk: 16 of its pages. Smaller ones are too many files, larger ones change more often. */
export const CHUNK_BYTES = 64 * 1024

/** Where things stand in a folder of backups. */
export const targetPaths = (target: string) => ({
  copy: join(target, 'quire-copy.tmp'),
  chunks: join(target, 'chunks'),
  backups: join(target, 'backups'),
})

/** The name of a backup: its time, in characters that every file system takes. */
export const nameOfTime = (at: string): string => at.replaceAll(/[-:.]/g, '')

/** Reads a backup's file; the error says what is wrong with it. */
export const parseManifest = (text: string): Result<Manifest, string> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('it is no JSON')
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) return err(z.prettifyError(parsed.error))
  const { bytes, chunkBytes, chunks } = parsed.data
  if (chunks.length !== Math.ceil(bytes / chunkBytes))
    return err(`${chunks.length} chunks of ${chunkBytes} bytes are not ${bytes} bytes`)
  return ok(parsed.data)
}
