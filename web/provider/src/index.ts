export type {
  Kept,
  KeptDocument,
  KeptListener,
  OfflineStore,
  Position,
  StoreProblem,
  Unsaved,
} from './offline/store.ts'
