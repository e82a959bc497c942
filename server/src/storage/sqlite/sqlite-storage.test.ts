import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DocName, ok, type Result } from '@quire/shared'
import { afterAll, vi } from 'vitest'
import { storageContract, type StorageUnderTest } from '../contract.ts'
import { unwrap } from '../contract/fixture.ts'
import type { DocumentFacts, Storage, StorageProblem } from '../../ports/storage.ts'
import { openSqliteStorage } from './open.ts'
import { openLoopStorage } from './testing/loop-thread.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads take a second to start on a busy machine

const newDataDir = (): string => mkdtempSync(join(tmpdir(), 'quire-storage-'))

const openAlone = async (): Promise<StorageUnderTest> => {
  const dataDir = newDataDir()
  let newest = await openLoopStorage(dataDir)
  return {
    storage: newest,
    reopen: async () => {
      await newest.close()
      newest = await openLoopStorage(dataDir)
      return newest
    },
    dispose: async () => {
      await newest.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}

// Starting threads takes far longer than any test here, so the tests share one storage for as long
// as none of them closes it: each sees it through names of its own.
const sharedDir = newDataDir()
let shared: Storage | null = null
let guests = 0

const openShared = async (): Promise<Storage> =>
  (shared ??= unwrap(await openSqliteStorage({ dataDir: sharedDir })))

// A guest's name may be too long to be one, no matter.
const ofGuest = (guest: number, name: string): DocName => `${guest}/${name}` as DocName

const withoutGuest = <F extends DocumentFacts | null>(facts: F): F =>
  facts && { ...facts, name: facts.name.slice(facts.name.indexOf('/') + 1) }

const mapOk = <T>(result: Result<T, StorageProblem>, change: (value: T) => T) =>
  result.ok ? ok(change(result.value)) : result

const asGuest = (real: Storage, guest: number): Storage => ({
  ...real,
  open: (name) => real.open(ofGuest(guest, name)),
  list: async ({ prefix, after, ...question }) => {
    const place = after && { ...after, name: ofGuest(guest, after.name) }
    const asked = { ...question, prefix: ofGuest(guest, prefix), after: place }
    return mapOk(await real.list(asked), (page) => page.map(withoutGuest))
  },
  find: async (name) => mapOk(await real.find(ofGuest(guest, name)), withoutGuest),
  create: async (name, { key, ...creation }) => {
    const asked = { ...creation, key: key === null ? null : `${guest}/${key}` }
    const created = await real.create(ofGuest(guest, name), asked)
    return mapOk(created, ({ kind, facts }) => ({ kind, facts: withoutGuest(facts) }))
  },
  freeKey: (key) => real.freeKey(`${guest}/${key}`),
  remove: async (doc, at) => mapOk(await real.remove(doc, at), withoutGuest),
  undelete: async (doc) => mapOk(await real.undelete(doc), withoutGuest),
  close: async () => {
    shared = null
    await real.close()
  },
})

const openAsGuest = async (): Promise<StorageUnderTest> => {
  const guest = ++guests
  const storage = asGuest(await openShared(), guest)
  return {
    storage,
    reopen: async () => {
      await shared?.close()
      shared = null
      return asGuest(await openShared(), guest)
    },
    dispose: async () => undefined,
  }
}

afterAll(async () => {
  await shared?.close()
  rmSync(sharedDir, { recursive: true })
})

// The same code twice: many histories on the event loop, and on threads what only threads can break.
storageContract('SQLite on the event loop', openAlone)
storageContract('SQLite on its threads', openAsGuest, { histories: 3, isShared: true })
