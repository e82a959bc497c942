/* What Quire runs on: Node, memory, limits of the system, the clock. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Config } from '../../config.ts'
import { messageOf } from '../message-of.ts'
import { formatBytes } from '../progress.ts'
import { type Check, good, toChange, unknown } from './check.ts'

const LEAST_NODE = 22
const TESTED_NODE = 24
const LEAST_MEMORY = 512 * 1024 ** 2
/** Files beside connections: the database, its log, modules, pipes. */
const OTHER_FILES = 200
/** What Node asks the system for (net.Server.listen). */
const BACKLOG = 511
/** Clocks that are further apart make a log that goes back in time. */
const TOLERANCE_MS = 2_000

const node = (): Check => {
  const major = Number(process.versions.node.split('.')[0])
  const says = `version ${process.versions.node}`
  return major < LEAST_NODE
    ? toChange(
        'Node',
        says,
        `use ${LEAST_NODE} or later; ${TESTED_NODE} is what Quire is tested with`,
      )
    : good('Node', says)
}

const memory = (): Check => {
  const limit = process.constrainedMemory()
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem()
  const says = `${formatBytes(bytes)}, ${availableParallelism()} cores`
  return bytes < LEAST_MEMORY
    ? toChange(
        'memory',
        says,
        `give it at least ${formatBytes(LEAST_MEMORY)}, or lower QUIRE_MAX_SESSIONS`,
      )
    : good('memory', says)
}

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null // another system, or one that does not tell
  }
}

const openFiles = ({ maxConnections }: Config): Check => {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(textOf('/proc/self/limits') ?? '')?.[1]
  if (limit === undefined) return unknown('open files', 'this system does not tell its limit')
  const needed = maxConnections + OTHER_FILES
  const says = `at most ${limit}, for QUIRE_MAX_CONNECTIONS=${maxConnections} and ${OTHER_FILES} others`
  return limit !== 'unlimited' && Number(limit) < needed
    ? toChange(
        'open files',
        says,
        `raise it to ${needed} (LimitNOFILE of systemd, ulimit -n, --ulimit nofile of Docker), or set QUIRE_MAX_CONNECTIONS=${Math.max(1, Number(limit) - OTHER_FILES)} and QUIRE_MAX_SESSIONS below it`,
      )
    : good('open files', says)
}

const backlog = (): Check => {
  const text = textOf('/proc/sys/net/core/somaxconn')
  if (text === null) return unknown('backlog', 'this system does not tell net.core.somaxconn')
  const says = `net.core.somaxconn is ${text.trim()}, ${BACKLOG} are asked for`
  return Number(text) < BACKLOG
    ? toChange(
        'backlog',
        says,
        `sysctl -w net.core.somaxconn=${BACKLOG}, or connections that come at once after a restart are dropped`,
      )
    : good('backlog', says)
}

/** The clock must not be before what the log says that has happened. */
const clock = (dataDir: string, now: number): Check => {
  const file = join(dataDir, 'quire.db')
  if (!existsSync(file)) return unknown('clock', 'there is no log yet to compare it with')
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true })
    try {
      const newest = db
        .prepare<[], number | null>(`
        SELECT max(at) FROM (SELECT max(at) AS at FROM updates UNION ALL SELECT max(at) FROM snapshots)`)
        .pluck()
        .get()
      if (newest === undefined || newest === null) return unknown('clock', 'the log is empty')
      const says = `${new Date(now).toISOString()}, the newest entry of the log is of ${new Date(newest).toISOString()}`
      return newest > now + TOLERANCE_MS
        ? toChange(
            'clock',
            says,
            'set the clock (timedatectl set-ntp true): logins are taken for expired or for not issued yet',
          )
        : good('clock', says)
    } finally {
      db.close()
    }
  } catch (thrown) {
    return toChange(
      'database',
      `${file}: ${messageOf(thrown)}`,
      'quire verify says what is wrong with it',
    )
  }
}

/** Looks at the machine. `now` is its time. */
export const machineChecks = (config: Config, now: number): readonly Check[] => [
  node(),
  memory(),
  openFiles(config),
  backlog(),
  clock(config.dataDir, now),
]
