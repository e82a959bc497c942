import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ok, type Result } from '@quire/shared'
import { systemClock } from '../clock.ts'
import { offlineContract } from '../contract.ts'
import { turn, type OfflineTab, type OfflineUnderTest } from '../contract/fixture.ts'
import { storeOn } from '../device-store.ts'
import { createHub } from '../hub.ts'
import { plainly } from '../note.ts'
import type { OfflineStore, StoreProblem } from '../store.ts'
import { createCutDisk } from './testing/cut-disk.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { fileRecords } from './file-records.ts'
import { claimedRecords } from './file.ts'

/** One process after the other: all tabs are its one store, and crash together. */
const inProcesses = (
  start: () => { readonly store: OfflineStore; kill(): Promise<void> },
  dispose: () => Promise<void>,
): OfflineUnderTest => {
  let process: ReturnType<typeof start> | null = null
  const crash = async (): Promise<void> => {
    const dying = process
    process = null
    await dying?.kill()
  }
  return {
    crashesAlone: false,
    pass: () => turn(),
    tab: async (): Promise<OfflineTab> => {
      process ??= start()
      return { store: process.store, crash }
    },
    dispose: async () => {
      await crash()
      await dispose()
    },
  }
}

/** A disk that does nothing any more once it is killed. */
const mortal = (disk: Disk): { readonly disk: Disk; kill(): void } => {
  let isAlive = true
  const never = new Promise<never>(() => undefined)
  const whileAlive =
    <A extends readonly unknown[], T>(act: (...args: A) => Promise<Result<T, StoreProblem>>) =>
    async (...args: A): Promise<Result<T, StoreProblem>> => {
      const result = isAlive ? await act(...args) : await never
      return isAlive ? result : never
    }
  return {
    disk: {
      prepare: whileAlive(disk.prepare),
      list: whileAlive(disk.list),
      read: whileAlive(disk.read),
      write: whileAlive(disk.write),
      replace: whileAlive(disk.replace),
      remove: whileAlive(disk.remove),
    },
    kill: () => {
      isAlive = false
    },
  }
}

offlineContract('the store of files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quire-offline-'))
  const start = () => {
    const { disk, kill } = mortal(nodeDisk(directory))
    let release = async (): Promise<void> => undefined
    const store = storeOn({
      prepare: async () => {
        const records = await claimedRecords(disk, plainly)
        if (records.ok) release = records.value.close
        return records
      },
      join: createHub().join,
      clock: systemClock,
    })
    return {
      store,
      kill: async () => {
        kill()
        await release()
      },
    }
  }
  return inProcesses(start, () => rm(directory, { recursive: true }))
})

offlineContract('the store of files on a disk whose power is cut', async () => {
  const disk = createCutDisk(Math.random)
  const start = () => {
    const records = fileRecords(disk.powered())
    const store = storeOn({
      prepare: async () => ok(records),
      join: createHub().join,
      clock: systemClock,
    })
    return { store, kill: async () => disk.cut() }
  }
  return inProcesses(start, async () => undefined)
})
