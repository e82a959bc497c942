import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Update } from '@quire/shared'
import { expect, test, vi } from 'vitest'
import { noon, openId, unwrap } from '../contract/fixture.ts'
import { openSqliteStorage } from './open.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 60_000 }) // 60 MB through a disk that may be busy

test('the WAL stays near 16 MiB under load without pause, and is gone after close', async () => {
  const dataDir = temporaryDir()
  const storage = unwrap(await openSqliteStorage({ dataDir, synchronous: 'normal' }))
  const doc = await openId(storage)
  const update = new Uint8Array(20_000) as Update // storage does not look inside
  // 60 MB, several appends waiting at any time, reads in between.
  for (let i = 0; i < 150; i++) {
    const appends = Array.from({ length: 4 }, () =>
      storage.append([{ doc, updates: Array.from({ length: 5 }, () => update) }], noon),
    )
    if (i % 20 === 0) unwrap(await storage.read(doc))
    for (const landed of await Promise.all(appends)) unwrap(landed)
  }
  const { walBytes, databaseBytes, checkpointProblem } = unwrap(await storage.figures())
  expect(walBytes).toBeLessThan(24 * 1024 * 1024)
  expect(databaseBytes).toBeGreaterThan(40_000_000)
  expect(checkpointProblem).toBe(null)

  await storage.close()
  expect(existsSync(join(dataDir, 'quire.db-wal'))).toBe(false)
  expect(statSync(join(dataDir, 'quire.db')).size).toBeGreaterThan(60_000_000)
})
