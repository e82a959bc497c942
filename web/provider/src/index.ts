export { connect } from './connect.ts'
export type {
  Access,
  Always,
  Connected,
  ConnectOptions,
  Flushed,
  ProviderState,
  Signal,
  Situation,
  TokenSource,
  TransportName,
} from './api.ts'
export type {
  Kept,
  KeptDocument,
  KeptListener,
  OfflineStore,
  Position,
  StoreProblem,
  Unsaved,
} from './offline/store.ts'
