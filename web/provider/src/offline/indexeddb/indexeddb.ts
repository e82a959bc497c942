import { systemClock } from '../clock.ts'
import { storeOn } from '../device-store.ts'
import type { OfflineStore } from '../store.ts'
import { Database } from './database.ts'
import { indexedDbRecords } from './indexeddb-records.ts'
import { joinTabs } from './tabs.ts'
import { ok } from '@quire/shared'

/** Where a store of this browser is. */
export interface IndexedDbOptions {
  /** Name of the database: a page has one store for each. */
  readonly name?: string
}

/** A store in this browser's IndexedDB, shared by all tabs of the origin. */
export const createIndexedDbStore = ({ name = 'quire' }: IndexedDbOptions = {}): OfflineStore => {
  const clock = systemClock
  const records = indexedDbRecords(new Database(name, clock))
  return storeOn({ prepare: async () => ok(records), join: joinTabs(name), clock })
}
