export { assertNever, err, ok } from './result.ts'
export type { Result } from './result.ts'
export { bytesEqual, concatBytes, EMPTY_STATE_VECTOR, EMPTY_UPDATE, ownBytes } from './bytes.ts'
export type { Bytes, DeleteSet, Frame, Mark, StateVector, Update } from './bytes.ts'
export { clientId, docId, millis, parseDocName, seq, sessionId, utf8Length } from './ids.ts'
export type { ClientId, DocId, DocName, Millis, NameProblem, Seq, SessionId } from './ids.ts'
export { limits } from './limits.ts'
export { closeCodes, closeNameOf, fitCloseReason } from './close-codes.ts'
export type { Advice, CloseCode, CloseName } from './close-codes.ts'
export { ByteReader } from './protocol/byte-reader.ts'
export type { DecodeProblem } from './protocol/byte-reader.ts'
export { bodyBehind } from './protocol/body-behind.ts'
export { utf16Units } from './protocol/utf8.ts'
export { IdSet } from './protocol/id-set.ts'
export type { IdRange } from './protocol/id-set.ts'
export { jsonProblem } from './protocol/json.ts'
export { decodeStateVector, parseStateVector } from './protocol/state-vector.ts'
export { decodeDeleteSet, isDeleteSet, updateOfDeletes } from './protocol/delete-set.ts'
export { cutUpdate } from './protocol/cut-update.ts'
export { updateBeyond } from './protocol/update-beyond.ts'
export { indexOfUpdate, stretchesOf, structsWithin } from './protocol/update-index.ts'
export type { Stretch, UpdateIndex } from './protocol/update-index.ts'
export { anatomyOf } from './protocol/update-anatomy.ts'
export type {
  AnatomyAuthor,
  AnatomyClient,
  AnatomyContent,
  AnatomyParts,
  AnatomyRoot,
  AnatomyStamp,
  ContentKind,
  UpdateAnatomy,
} from './protocol/update-anatomy.ts'
export { readUpdate } from './protocol/update.ts'
export type { UpdateContents } from './protocol/update.ts'
export { readSync, syncTypes, writeSync } from './protocol/sync.ts'
export type { ReceivedSync, SyncMessage } from './protocol/sync.ts'
export { decodePresence, encodePresence } from './protocol/presence.ts'
export type { PresenceEntry, PresenceLimits } from './protocol/presence.ts'
export { accesses, CONNECTION, QUIRE_REVISION, QUIRE_SUBPROTOCOL } from './protocol/quire-values.ts'
export type { Ending, QuireAccess } from './protocol/quire-values.ts'
export {
  decodeRequest,
  isOpenRequest,
  encodeChannelRequest,
  encodeConnectionRequest,
} from './protocol/quire-client.ts'
export type {
  ChannelRequest,
  ConnectionRequest,
  ReceivedRequest,
  UnknownMessage,
} from './protocol/quire-client.ts'
export {
  decodeNotice,
  encodeChannelNotice,
  encodeConnectionNotice,
} from './protocol/quire-server.ts'
export type {
  ChannelNotice,
  ConnectionNotice,
  Greeting,
  KnownPresence,
  ReceivedNotice,
} from './protocol/quire-server.ts'
export { StreamedMessages, streamedLength, writeStreamed } from './protocol/streamed-messages.ts'
export {
  BEAT_EVENT,
  bytesEvent,
  closedEvent,
  EventReader,
  openedEvent,
  parsePosition,
  streamFields,
} from './protocol/event-stream.ts'
export type { StreamEvent, StreamOpening } from './protocol/event-stream.ts'
export {
  decodeSample,
  encodeSample,
  OPERATIONS_DOCUMENT,
  OPERATIONS_FEED,
  readFeed,
  SAMPLE_MS,
  sampleFields,
  SAMPLES_KEPT,
  TOP_DOCUMENTS,
  TROUBLES_KEPT,
} from './operations.ts'
export type {
  BusyDocument,
  OperationsEntry,
  OperationsNow,
  OperationsSample,
  OperationsTrouble,
  OperationsView,
  SampleField,
  SessionCount,
  SlowReader,
} from './operations.ts'
