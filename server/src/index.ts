export type {
  Authorize,
  AuthorizeOperations,
  AuthorizeQuestion,
  Denied,
  Granted,
  GrantedOperations,
  OperationsQuestion,
} from './auth/authorize.ts'
export { openAuth } from './auth/open.ts'
export { readConfig, type Config } from './config.ts'
export { optionRows, type OptionRow } from './option-rows.ts'
export type { ContentModule, SchemaChoice } from './content/content-module.ts'
export type { ContentOptions } from './content/threaded.ts'
export type {
  Connection,
  DocumentEvent,
  DocumentFacts,
  DocumentHandle,
  EditOptions,
  FieldOptions,
  SubscribeOptions,
  WrittenContent,
} from './embedded/document-handle.ts'
export { jwtAuth, type JwtOptions } from './embedded/jwt-auth.ts'
export type { LimitName, QuireLimits } from './embedded/options.ts'
export { QuireError, type QuireErrorKind } from './embedded/quire-error.ts'
export { memoryStorage, sqliteStorage, type SqliteStorageOptions } from './embedded/storage.ts'
export type { QuireWebhooks } from './embedded/webhooks.ts'
export { createLog, type LogLevel } from './observe/log.ts'
export type {
  Access,
  AccessRequest,
  Auth,
  Denial,
  Grant,
  GrantPart,
  OperationsGrant,
  OperationsRequest,
  PrefixRequest,
  RequestFacts,
} from './ports/auth.ts'
export type { Json } from './ports/content.ts'
export type { Cluster, Hint } from './ports/cluster.ts'
export type {
  Family,
  MeasuringEvent,
  Observe,
  QuireEvent,
  QuireEventKind,
} from './ports/observe.ts'
export type { Stateless, StatelessMessage, StatelessReply } from './ports/stateless.ts'
export type { Storage } from './ports/storage.ts'
export { createQuire, type CloseOptions, type Quire, type QuireOptions } from './quire.ts'
export { serve, type RunningServer, type ServeParts } from './serve.ts'
