/* What a folder of backups holds after one more; with processes, full disks and kills: e2e/operations/backup.test.ts. */
import {
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { storedDocuments } from '../../../commands/verify/testing/stored.ts'
import { unwrap } from '../../contract/fixture.ts'
import { temporaryDir } from '../testing/temporary-dir.ts'
import { backUp, type BackupOptions } from './create.ts'
import { nameOfTime, targetPaths } from './manifest.ts'
import { restore } from './restore.ts'

const setUp = async () => {
  const dataDir = join(await storedDocuments(), '..')
  const target = temporaryDir()
  const run = async (options: Partial<BackupOptions> = {}) =>
    unwrap(
      await backUp({
        dataDir,
        target,
        keep: null,
        maxWalBytes: 1024 ** 2,
        version: '0.0.0',
        signal: new AbortController().signal,
        onCopied: () => undefined,
        onWritten: () => undefined,
        ...options,
      }),
    )
  return { run, target, ...targetPaths(target) }
}

it('a backup stays that was made just now, also where the clock was set back since the others', async () => {
  const { run, backups } = await setUp()
  const ahead = await run()
  const text = readFileSync(join(backups, `${ahead.name}.json`), 'utf8')
  for (const at of ['2990-01-01T00:00:00.000Z', '2991-01-01T00:00:00.000Z'])
    writeFileSync(join(backups, `${nameOfTime(at)}.json`), text.replace(ahead.at, at))
  rmSync(join(backups, `${ahead.name}.json`))
  const made = await run({ keep: 2 })
  expect(made.pruned).toMatchObject({ backups: 1 })
  expect(readdirSync(backups).toSorted()).toEqual([
    `${made.name}.json`,
    `${nameOfTime('2991-01-01T00:00:00.000Z')}.json`,
  ])
})

it('a backup is made also where older ones cannot be removed, which it says', async () => {
  const { run, chunks, backups } = await setUp()
  await run()
  mkdirSync(join(chunks, '00', 'a-directory'), { recursive: true })
  const made = await run({ keep: 1 })
  expect(made).toMatchObject({
    pruned: null,
    unpruned: expect.stringContaining('cannot remove older backups'),
  })
  expect(readdirSync(backups)).toContain(`${made.name}.json`)
})

it('a copy is told to its end', async () => {
  const { run } = await setUp()
  const told: (readonly [number, number])[] = []
  await run({ onCopied: (bytes, total) => told.push([bytes, total]) })
  const [bytes, total] = told.at(-1) ?? [0, 1]
  expect(bytes).toBe(total)
})

it.runIf(process.getuid?.() === 0)(
  'what the superuser restores belongs to whose the data directory is',
  async () => {
    const { run, target } = await setUp()
    await run()
    const dataDir = temporaryDir()
    chownSync(dataDir, 12_345, 12_346)
    unwrap(
      await restore({
        target,
        dataDir,
        replace: false,
        now: new Date(),
        signal: new AbortController().signal,
        onBytes: () => undefined,
      }),
    )
    for (const file of ['quire.db', 'quire.lock'])
      expect(statSync(join(dataDir, file))).toMatchObject({ uid: 12_345, gid: 12_346 })
  },
)
