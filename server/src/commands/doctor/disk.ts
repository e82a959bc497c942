/* The disk of the data directory: how fast it says that something is on it, how much room there is, what it is. */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../message-of.ts'
import { formatBytes } from '../progress.ts'
import { type Check, good, toChange } from './check.ts'

const ROUNDS = 200
const MOST_MS = 3_000
const PAGE = Buffer.alloc(4096, 1)
/** Two commits in a second that last longer than this are felt: "saved" comes a blink late. */
const SLOW_P99_MS = 100
/** An fsync of a disk takes longer; what is faster has not waited for one, or is one with a battery. */
const IMPLAUSIBLE_P50_MS = 0.02
const LEAST_FREE_BYTES = 2 * 1024 ** 3
const LEAST_FREE_SHARE = 0.1

/** `statfs` types (statfs(2)) of what is no local disk. */
const KINDS: Readonly<Record<number, { readonly name: string; readonly why: string }>> = {
  0x6969: { name: 'NFS', why: 'locks and shared memory of SQLite do not work over a network' },
  0xff534d42: { name: 'CIFS', why: 'locks and shared memory of SQLite do not work over a network' },
  0xfe534d42: { name: 'SMB', why: 'locks and shared memory of SQLite do not work over a network' },
  0x01021997: { name: '9p', why: 'it is a folder of the host, whose fsync may not reach its disk' },
  0x65735546: {
    name: 'FUSE',
    why: 'whether it keeps what was synced is up to the program behind it',
  },
  0x01021994: { name: 'tmpfs', why: 'it is memory, and gone with the machine' },
  0x794c7630: {
    name: 'overlayfs',
    why: 'it is the container’s own, and gone with it: mount a volume',
  },
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** Milliseconds of each write of a page with its sync. Throws what the system throws. */
const syncTimes = (directory: string): readonly number[] => {
  const file = join(directory, `quire-doctor-${process.pid}.tmp`)
  const descriptor = openSync(file, 'w', 0o600) // of a process with this id that was killed: written over
  const times: number[] = []
  try {
    const startedAt = performance.now()
    for (let i = 0; i < ROUNDS && performance.now() - startedAt < MOST_MS; i++) {
      const at = performance.now()
      writeSync(descriptor, PAGE, 0, PAGE.length, i * PAGE.length)
      fdatasyncSync(descriptor)
      times.push(performance.now() - at)
    }
  } finally {
    closeSync(descriptor)
    rmSync(file, { force: true })
  }
  return times.toSorted((a, b) => a - b)
}

const speed = (directory: string): Check => {
  const times = syncTimes(directory)
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  const says = `fsync takes ${p50.toFixed(2)} ms (p50), ${p99.toFixed(2)} ms (p99), of ${times.length}: "saved" is told that much later`
  if (p99 > SLOW_P99_MS)
    return toChange(
      'disk speed',
      says,
      `use a faster disk; above ${SLOW_P99_MS} ms people wait for "saved", or set QUIRE_SYNCHRONOUS=normal and accept that a power cut takes the last moments`,
    )
  if (p50 < IMPLAUSIBLE_P50_MS)
    return toChange(
      'disk speed',
      says,
      'no disk is that fast: it does not wait until it has what it is told, so a power cut takes what was acknowledged; switch its write cache off, unless it has a battery',
    )
  return good('disk speed', says)
}

const space = (directory: string): Check => {
  const { bavail, blocks, bsize } = statfsSync(directory)
  const [free, all] = [bavail * bsize, blocks * bsize]
  const says = `${formatBytes(free)} of ${formatBytes(all)} are free`
  return free < LEAST_FREE_BYTES || free < all * LEAST_FREE_SHARE
    ? toChange(
        'free space',
        says,
        `make room: at least ${formatBytes(LEAST_FREE_BYTES)} and a tenth; a full disk refuses changes`,
      )
    : good('free space', says)
}

const kind = (directory: string): Check => {
  const { type } = statfsSync(directory)
  const found = KINDS[type]
  return found === undefined
    ? good(
        'file system',
        `of type 0x${type.toString(16)}, which is none that is known to lose data`,
      )
    : toChange(
        'file system',
        `${directory} is on ${found.name}: ${found.why}`,
        'keep the data directory on a local disk',
      )
}

/** A disk that is full, read-only or another user’s is what the doctor is asked about: the other checks go on. */
const attempt = (name: string, directory: string, look: (directory: string) => Check): Check => {
  try {
    return look(directory)
  } catch (thrown) {
    return toChange(
      name,
      messageOf(thrown),
      `see that ${directory} is a directory that this user may write to, and that its disk has room`,
    )
  }
}

/** Looks at a data directory’s disk; one that is not there yet is made with the first start. */
export const diskChecks = (directory: string): readonly Check[] =>
  existsSync(directory)
    ? [
        attempt('disk speed', directory, speed),
        attempt('free space', directory, space),
        attempt('file system', directory, kind),
      ]
    : [
        toChange(
          'data directory',
          `${directory} is not there`,
          'make it, or set QUIRE_DATA_DIR, and look again',
        ),
      ]
