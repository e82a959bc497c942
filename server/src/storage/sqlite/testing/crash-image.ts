/*
 * The files of a store as they were at one moment, and what a power cut may make of them. The layout
 * is SQLite's (sqlite.org/walformat.html):
 *
 *   quire.db-wal   header of 32 bytes | frame | frame | …       frame: header of 24 bytes, page
 *   frame header   page number, …, big end first
 *   quire.db-shm   … mxFrame at 16 … nBackfill at 96 … nBackfillAttempted at 128, 32 bits in the
 *                  machine's order
 *
 * Frames up to mxFrame are committed. A checkpoint sets nBackfillAttempted, syncs the log, copies the
 * frames up to there home, syncs the database and sets nBackfill. So what it attempts cannot be lost
 * once a page of it stands in the database, long before nBackfill says so; what follows it can.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const PAGE = 4096
const WAL_HEADER = 32
const FRAME = 24 + PAGE

/** A number in [0, limit). */
export type Below = (limit: number) => number

/** Files at rest, copied while nothing ran. */
export interface CrashImage {
  readonly dir: string
  /** Committed frames in the WAL, and how many of those stand in the database already. */
  readonly frames: number
  readonly backfilled: number
  /** How many a checkpoint has synced to copy them; equal to or above `backfilled`. */
  readonly attempted: number
}

type Progress = Omit<CrashImage, 'dir'>

const readProgress = (dir: string): Progress => {
  const shm = readFileSync(join(dir, 'quire.db-shm'))
  const numberAt = (at: number): number =>
    new Uint32Array(shm.buffer.slice(shm.byteOffset + at, shm.byteOffset + at + 4))[0] ?? 0
  return { frames: numberAt(16), backfilled: numberAt(96), attempted: numberAt(128) }
}

/** Whether a checkpoint has begun and has not ended. Of a process that runs, it is over a moment later. */
export const isInCheckpoint = (dataDir: string): boolean => {
  if (!existsSync(join(dataDir, 'quire.db-shm'))) return false
  const { frames, backfilled, attempted } = readProgress(dataDir)
  return attempted > backfilled && attempted <= frames
}

/** Differs between two looks where the database was written between them; null where there is none. */
export const changeOfDatabase = (dataDir: string): bigint | null =>
  statSync(join(dataDir, 'quire.db'), { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? null

/** Copies the store of a stopped process. */
export const takeImage = (dataDir: string, dir: string): CrashImage => {
  mkdirSync(dir)
  for (const file of readdirSync(dataDir).filter((name) => name.startsWith('quire.db')))
    copyFileSync(join(dataDir, file), join(dir, file))
  return { dir, ...readProgress(dir) }
}

/** For the message of a failure: what a checkpoint was at, and what the files hold. */
export const describeImage = ({ dir, frames, backfilled, attempted }: CrashImage): string =>
  `${frames} frames, ${backfilled} of them copied, ${attempted} begun; database ` +
  `${statSync(join(dir, 'quire.db')).size} bytes, log ${statSync(join(dir, 'quire.db-wal')).size}`

const copyTo = (image: CrashImage, dir: string): void => {
  mkdirSync(dir)
  for (const file of ['quire.db', 'quire.db-wal'])
    copyFileSync(join(image.dir, file), join(dir, file))
}

/** What is left after the cut, as files without the shared memory. Returns what was done to them. */
export type Damage = (image: CrashImage, dir: string, below: Below) => string

/** A place in what the WAL may lose. */
const tearOf = ({ frames, backfilled, attempted }: CrashImage, below: Below): number => {
  // a log that begins anew counts its frames before it forgets what was copied of the one before
  const synced = Math.min(Math.max(backfilled, attempted), frames)
  const from = synced === 0 ? 0 : WAL_HEADER + synced * FRAME
  return from + below(WAL_HEADER + frames * FRAME - from + 1)
}

/** Every way in which a power cut is played. */
export const damages: readonly Damage[] = [
  (image, dir) => {
    copyTo(image, dir)
    return 'nothing lost'
  },
  (image, dir, below) => {
    copyTo(image, dir)
    const tear = tearOf(image, below)
    truncateSync(join(dir, 'quire.db-wal'), tear)
    return `log cut at ${tear}`
  },
  (image, dir, below) => {
    copyTo(image, dir)
    const wal = readFileSync(join(image.dir, 'quire.db-wal'))
    const tear = tearOf(image, below)
    writeFileSync(join(dir, 'quire.db-wal'), wal.fill(0, tear))
    return `log zero from ${tear} on`
  },
  (image, dir, below) => {
    copyTo(image, dir)
    const wal = readFileSync(join(image.dir, 'quire.db-wal'))
    const tear = tearOf(image, below)
    for (let at = tear; at < wal.length; at++) wal[at] = below(256)
    writeFileSync(join(dir, 'quire.db-wal'), wal)
    return `log garbage from ${tear} on`
  },
  (image, dir, below) => {
    copyTo(image, dir)
    const wal = readFileSync(join(image.dir, 'quire.db-wal'))
    const db = readFileSync(join(image.dir, 'quire.db'))
    let torn = 0
    for (let frame = 0; frame < image.frames; frame++) {
      const page = wal.readUInt32BE(WAL_HEADER + frame * FRAME)
      const at = (page - 1) * PAGE
      // the first page's header stands in one sector, which a disk writes whole
      if (page === 1 || at + PAGE > db.length || below(2) === 0) continue
      for (let byte = at + below(PAGE); byte < at + PAGE; byte++) db[byte] = below(256)
      torn++
    }
    writeFileSync(join(dir, 'quire.db'), db)
    return `a checkpoint cut: ${torn} pages of the database torn`
  },
]
