import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openId, unwrap } from '../../contract/fixture.ts'
import { openLoopStorage } from '../testing/loop-thread.ts'
import { temporaryDir } from '../testing/temporary-dir.ts'
import { copyDatabase } from './copy.ts'

test('what is copied is for this user only from its first byte on, also in a folder that others may read', async () => {
  const dataDir = temporaryDir()
  const storage = await openLoopStorage(dataDir)
  await openId(storage)
  const folder = temporaryDir()
  chmodSync(folder, 0o755)
  const to = join(folder, 'copy.db')
  const modes = new Set<number>()
  const copied = await copyDatabase({
    file: join(dataDir, 'quire.db'),
    to,
    maxWalBytes: 1024 * 1024,
    signal: new AbortController().signal,
    onBytes: () => modes.add(statSync(to).mode & 0o777),
  })
  expect(copied.documents).toBe(1)
  expect([...modes]).toEqual([0o600])
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
})
