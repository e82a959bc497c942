/*
 * The files of a store as they were at one moment, and what a power cut may make of them. The layout
 * is SQLite's (sqlite.org/walformat.html):
 *
 *   quire.db-wal   header of 32 bytes | frame | frame | …       frame: header of 24 bytes, page
 *   frame header   page number, …, big end first
 *   quire.db-shm   … mxFrame at 16 … nBackfill at 96, 32 bits in the machine's order
 *
 * Frames up to mxFrame are committed; those up to nBackfill have been copied home, which SQLite does
 * only after they were synced: they cannot be lost any more, what follows them can.
 */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
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
}

/** Copies the store of a stopped process. */
export const takeImage = (dataDir: string, dir: string): CrashImage => {
  mkdirSync(dir)
  for (const file of readdirSync(dataDir).filter((name) => name.startsWith('quire.db')))
    copyFileSync(join(dataDir, file), join(dir, file))
  const shm = readFileSync(join(dir, 'quire.db-shm'))
  const [frames, backfilled] = [16, 96].map(
    (at) => new Uint32Array(shm.buffer.slice(shm.byteOffset + at, shm.byteOffset + at + 4))[0] ?? 0,
  )
  return { dir, frames: frames ?? 0, backfilled: backfilled ?? 0 }
}

const copyTo = (image: CrashImage, dir: string): void => {
  mkdirSync(dir)
  for (const file of ['quire.db', 'quire.db-wal'])
    copyFileSync(join(image.dir, file), join(dir, file))
}

/** What is left after the cut, as files without the shared memory. Returns what was done to them. */
export type Damage = (image: CrashImage, dir: string, below: Below) => string

/** A place in what the WAL may lose. */
const tearOf = ({ frames, backfilled }: CrashImage, below: Below): number => {
  const from = backfilled === 0 ? 0 : WAL_HEADER + backfilled * FRAME
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
