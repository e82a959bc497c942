export { createIndexedDbStore } from './offline/indexeddb/indexeddb.ts'
export type { IndexedDbOptions } from './offline/indexeddb/indexeddb.ts'
export { createMemoryStore, createOfflineMemory } from './offline/memory.ts'
export type { OfflineMemory } from './offline/memory.ts'
export type {
  Kept,
  KeptDocument,
  KeptListener,
  OfflineStore,
  Position,
  StoreProblem,
  Unsaved,
} from './offline/store.ts'
