export { connect } from './connect.ts'
export type { ConnectOptions } from './connect.ts'
export type { Provider, Signal, TokenSource } from './provider.ts'
export type { ProviderState } from './state.ts'
