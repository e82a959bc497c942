/* Old backups go: first their files, then the chunks that none of those which stay is made of. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from '../data-dir.ts'
import { targetPaths } from './manifest.ts'
import { listBackups } from './target.ts'

/** What went. */
export interface Pruned {
  readonly backups: number
  readonly chunks: number
  /** Files of backups that do not read: what they are made of is not known, so no chunk went. */
  readonly unread: readonly string[]
}

const hashIn = (file: string): string => file.slice(0, file.indexOf('.'))

/** What stays. */
interface Kept {
  /** How many backups, at least 1. */
  readonly count: number
  /** The name of one that stays in any case. */
  readonly made: string
}

/**
 * Keeps the newest backups, of which the one that was made just now is one: with a clock that was set back its time may
 * be before that of others. Ended midway it has left chunks that nobody needs, which the next time go. Throws.
 */
export const prune = (target: string, { count, made }: Kept): Pruned => {
  const { backups, chunks } = targetPaths(target)
  const all = listBackups(target)
  const unread = all.filter(({ manifest }) => !manifest.ok).map(({ path }) => path)
  const readable = all.filter(({ manifest }) => manifest.ok)
  const old = readable
    .filter(({ name }) => name !== made)
    .slice(0, Math.max(0, readable.length - count))
  for (const { path } of old) rmSync(path)
  syncDirectory(backups) // before the chunks: a backup that is listed is whole
  if (unread.length > 0) return { backups: old.length, chunks: 0, unread }
  const staying = readable.filter((backup) => !old.includes(backup))
  const needed = new Set(
    staying.flatMap(({ manifest }) => (manifest.ok ? manifest.value.chunks : [])),
  )
  let gone = 0
  for (const front of readdirSync(chunks))
    for (const file of readdirSync(join(chunks, front)))
      if (file.endsWith('.tmp') || !needed.has(hashIn(file))) {
        rmSync(join(chunks, front, file))
        gone++
      }
  return { backups: old.length, chunks: gone, unread }
}
