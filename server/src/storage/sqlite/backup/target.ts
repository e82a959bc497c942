/* A folder of backups: which there are, and which is meant. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import { type Manifest, parseManifest, targetPaths } from './manifest.ts'

/** A backup that is listed. */
export interface ListedBackup {
  readonly name: string
  readonly path: string
  readonly manifest: Result<Manifest, string>
}

const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
    throw thrown
  }
}

/** All backups of a folder, the oldest first, also those whose file does not read. Throws what the system throws. */
export const listBackups = (target: string): readonly ListedBackup[] => {
  const { backups } = targetPaths(target)
  return namesIn(backups)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => {
      const path = join(backups, file)
      const manifest = parseManifest(readFileSync(path, 'utf8'))
      return { name: file.slice(0, -'.json'.length), path, manifest }
    })
}

/** The newest backup, or the newest one that is not of after a time (ISO 8601). The error is a sentence. */
export const chooseBackup = (target: string, at: string | undefined): Result<Manifest, string> => {
  const latest = at === undefined ? Infinity : Date.parse(at)
  if (Number.isNaN(latest)) return err(`${at} is no time, such as 2026-11-26T06:29:29Z`)
  const all = listBackups(target)
  const unread = all.find(({ manifest }) => !manifest.ok)
  const fitting = all.flatMap(({ manifest }) =>
    manifest.ok && Date.parse(manifest.value.at) <= latest ? [manifest.value] : [],
  )
  const chosen = fitting.at(-1)
  if (chosen !== undefined) return ok(chosen)
  if (unread !== undefined && !unread.manifest.ok)
    return err(`${unread.path} does not read as a backup: ${unread.manifest.error}`)
  return err(`${target} has no backup${at === undefined ? '' : ` of ${at} or before`}`)
}
