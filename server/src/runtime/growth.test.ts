import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLoopStorage } from '../storage/sqlite/testing/loop-thread.ts'
import { temporaryDir } from '../storage/sqlite/testing/temporary-dir.ts'
import { typeForDays, type Day } from './testing/growth.ts'

const documents = 3
const folding = {
  compactUpdates: 200,
  compactBytes: 256 * 1024,
  compactIdleUpdates: 20,
  compactIdleBytes: 1_000_000,
  compactQuietMs: 30_000,
}

/** A row of the tail with its share of the pages, which are half full at worst: 15 bytes and a key. */
const ROW_BYTES = 120
/** Tables and indices of an empty database, and the last page of everything. */
const EMPTY_BYTES = 80 * 1024
/** A commit writes one page, with its frame; opening, folding and moving the log home come on top. */
const WRITTEN_PER_UPDATE = 2 * 4_120

test('[R14] days of typing leave a file as large as the documents, and a tail for each', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  const days: Day[] = []
  const plan = { days: 4, documents, sessionsPerDay: 2, keystrokes: 500, folding }
  await typeForDays(storage, plan, (day) => days.push(day))
  await storage.close()

  const bound = (stateBytes: number): number =>
    EMPTY_BYTES + 2 * stateBytes + documents * folding.compactUpdates * ROW_BYTES
  const last = days.at(-1)
  if (last === undefined) throw new Error('no day')
  expect(last.updates).toBe(4 * documents * 2 * 500)
  expect(last.folds).toBeGreaterThanOrEqual(4 * documents * 2)
  // without folds it would be beyond that: the log alone is
  expect(last.updates * 40).toBeGreaterThan(bound(last.stateBytes))
  for (const { databaseBytes, stateBytes } of days)
    expect(databaseBytes).toBeLessThan(bound(stateBytes))
  expect(statSync(join(dataDir, 'quire.db')).size).toBeLessThan(bound(last.stateBytes))
  // where the system does not tell what is written, this says nothing
  expect((last.writtenBytes ?? 0) / last.updates).toBeLessThan(WRITTEN_PER_UPDATE)
})
