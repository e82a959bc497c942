import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDir } from '../testing/temporary-dir.ts'
import { CHUNK_BYTES, type Manifest, nameOfTime, targetPaths } from './manifest.ts'
import { chooseBackup } from './target.ts'

const manifestOf = (at: string): Manifest => ({
  format: 1,
  at,
  version: '1.0.0',
  schemaVersion: 6,
  pageSize: 4096,
  bytes: 0,
  chunkBytes: CHUNK_BYTES,
  sha256: '0'.repeat(64),
  documents: 0,
  heads: 0,
  chunks: [],
})

/** A folder of backups of an hour each; of one of them the file does not read. */
const backupsOf = (hours: readonly number[], { unread }: { readonly unread?: number } = {}) => {
  const target = temporaryDir()
  const { backups } = targetPaths(target)
  mkdirSync(backups)
  for (const hour of hours) {
    const at = timeOf(hour)
    const text = hour === unread ? '{"format":1,' : JSON.stringify(manifestOf(at))
    writeFileSync(join(backups, `${nameOfTime(at)}.json`), text)
  }
  return target
}

const timeOf = (hour: number): string => `2026-11-26T0${hour}:00:00.000Z`

test.each([
  [undefined, 3],
  ['2026-11-26T02:59:59Z', 2],
  ['2026-11-26T02:00:00Z', 2],
  ['2026-11-26T01:30:00+00:30', 1],
])('of the backups up to %s the newest is meant', (at, hour) => {
  expect(chooseBackup(backupsOf([1, 2, 3]), at)).toMatchObject({ value: { at: timeOf(hour) } })
})

test('of no backup up to a time, and of what is no time, it is told', () => {
  const target = backupsOf([2])
  const none = `${target} has no backup of ${timeOf(1)} or before`
  expect(chooseBackup(target, timeOf(1))).toMatchObject({ error: none })
  expect(chooseBackup(temporaryDir(), undefined)).toMatchObject({ ok: false })
  expect(chooseBackup(target, 'yesterday')).toMatchObject({ ok: false })
})

test('one that does not read is named, and none from before it is taken for the newest', () => {
  const target = backupsOf([1, 2, 3], { unread: 2 })
  const named = expect.stringContaining(`${nameOfTime(timeOf(2))}.json does not read as a backup`)
  expect(chooseBackup(target, timeOf(2))).toMatchObject({ error: named })
  expect(chooseBackup(target, undefined)).toMatchObject({ value: { at: timeOf(3) } })
  expect(chooseBackup(target, timeOf(1))).toMatchObject({ value: { at: timeOf(1) } })
  const newest = backupsOf([1, 2], { unread: 2 })
  expect(chooseBackup(newest, undefined)).toMatchObject({ error: named })
})
