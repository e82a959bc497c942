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
