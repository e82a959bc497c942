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

/** Keeps the newest backups. Ended midway it has left chunks that nobody needs, which the next time go. Throws. */
export const prune = (target: string, keep: number): Pruned => {
  const { backups, chunks } = targetPaths(target)
  const all = listBackups(target)
  const unread = all.filter(({ manifest }) => !manifest.ok).map(({ path }) => path)
  const readable = all.filter(({ manifest }) => manifest.ok)
  const old = readable.slice(0, Math.max(0, readable.length - keep))
  for (const { path } of old) rmSync(path)
  syncDirectory(backups) // before the chunks: a backup that is listed is whole
  if (unread.length > 0) return { backups: old.length, chunks: 0, unread }
  const needed = new Set(
    readable
      .slice(old.length)
      .flatMap(({ manifest }) => (manifest.ok ? manifest.value.chunks : [])),
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
