/* A folder of backups: which there are, and which is meant. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import { type Manifest, nameOfTime, parseManifest, targetPaths } from './manifest.ts'

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

/**
 * The newest backup, or the newest one that is not of after a time (ISO 8601). One that does not read is passed over for
 * no earlier one: whoever asks would take that for the newest. The error is a sentence.
 */
export const chooseBackup = (target: string, at: string | undefined): Result<Manifest, string> => {
  const latest = at === undefined ? Infinity : Date.parse(at)
  if (Number.isNaN(latest)) return err(`${at} is no time, such as 2026-11-26T06:29:29Z`)
  const newest = listBackups(target).findLast(({ name, manifest }) =>
    manifest.ok ? Date.parse(manifest.value.at) <= latest : isNotAfter(name, latest),
  )
  if (newest === undefined)
    return err(`${target} has no backup${at === undefined ? '' : ` of ${at} or before`}`)
  const { path, manifest } = newest
  return manifest.ok
    ? ok(manifest.value)
    : err(
        `${path} does not read as a backup: ${manifest.error}; remove it to go back to the one before it`,
      )
}

/** By its name, which is its time. */
const isNotAfter = (name: string, latest: number): boolean =>
  latest === Infinity || name <= nameOfTime(new Date(latest).toISOString())
