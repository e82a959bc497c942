import type { OfflineStore } from '@quire/provider'
import { createIndexedDbStore } from '@quire/provider/offline'

/** What this browser keeps of documents, for all tabs of the origin. */
export interface Device {
  /** The page's store; opened when it is first asked for. */
  readonly store: () => OfflineStore
  /** The names of the documents that open without a network; none where the device keeps nothing. */
  readonly documents: () => Promise<ReadonlySet<string>>
}

/** The device of this page. */
export function createDevice(): Device {
  let opened: OfflineStore | null = null
  const store = (): OfflineStore => (opened ??= createIndexedDbStore())
  return {
    store,
    documents: async () => {
      const names = await store().documents()
      return new Set(names.ok ? names.value : [])
    },
  }
}
