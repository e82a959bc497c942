import { systemClock } from '../clock.ts'
import { storeOn } from '../device-store.ts'
import { plainly, type Keeping } from '../note.ts'
import type { OfflineStore } from '../store.ts'
import { Database } from './database.ts'
import { indexedDbRecords } from './indexeddb-records.ts'
import { joinTabs } from './tabs.ts'

/** Where a store of this browser is, and how it is kept. */
export interface IndexedDbOptions {
  /** Name of the database, `quire` if none is given: an origin has one store for each. */
  readonly name?: string
  /** As it is, or `encryptWith` a key. */
  readonly keeping?: Keeping
}

/** A store in this browser's IndexedDB, shared by all tabs of the origin. */
export const createIndexedDbStore = ({
  name = 'quire',
  keeping = plainly,
}: IndexedDbOptions = {}): OfflineStore => {
  const records = indexedDbRecords(new Database(name, systemClock))
  return storeOn({
    prepare: () => keeping(records),
    join: joinTabs(name),
    clock: systemClock,
  })
}
