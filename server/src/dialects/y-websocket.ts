/*
 * y-websocket 1 to 4 (npm y-websocket, @y/websocket; y-protocols PROTOCOL.md):
 *
 *   Frame = Message+            clients read one message per frame, so one is sent per frame
 *   Message = varUint 0, sync message
 *           | varUint 1, varUint length, presence
 *           | varUint 2, varUint 0, varString reason          (server to client: refused)
 *           | varUint 3                                       (tell me the presence you know)
 *
 * Other types are skipped with the rest of their frame: their length is not known.
 * An acknowledgement is the echo of the update: the clients apply it for nothing, a page may watch for it.
 */
import * as encoding from 'lib0/encoding'
import {
  assertNever,
  ByteReader,
  decodePresence,
  encodePresence,
  err,
  ok,
  readSync,
  type DecodeProblem,
  type Frame,
  type PresenceLimits,
  type Result,
  type SyncMessage,
} from '@quire/shared'
import type { ClientMessage, ServerMessage } from '../room/message.ts'
import { KEEP_ALIVE_MS, type Dialect } from './dialect.ts'
import { readType } from './message-type.ts'
import { syncBody } from './sync-body.ts'

const SYNC = 0
const SYNC_PREFIX = Uint8Array.of(SYNC)
const PRESENCE = 1
const AUTH = 2
const QUERY_PRESENCE = 3
const DENIED = 0

/** Most messages in one frame: clients send one, and each may cost a whole answer. */
const MESSAGES_PER_FRAME = 256

/** The smallest update: two zeros, no structs and no deletes. */
const EMPTY_UPDATE_BYTES = 2

/** The y-websocket dialect with these bounds on presence. */
export const yWebsocket = (bounds: PresenceLimits): Dialect => ({
  name: 'y-websocket',
  family: 'y-websocket',
  lane: 'y-websocket',
  asking: 'on-join',
  keepAliveMs: KEEP_ALIVE_MS,
  decode: (frame) => decodeFrame(frame, bounds),
  encode: encodeMessage,
})

const decodeFrame = (
  frame: Uint8Array,
  bounds: PresenceLimits,
): Result<readonly ClientMessage[], DecodeProblem> => {
  const reader = new ByteReader(frame)
  const messages: ClientMessage[] = []
  do {
    if (messages.length === MESSAGES_PER_FRAME)
      reader.fail('limit', `frame has more than ${MESSAGES_PER_FRAME} messages`)
    if (reader.problem !== null) return err(reader.problem)
    const type = readType(reader)
    if (!type.ok) return type
    const message = decodeMessage(type.value, reader, bounds)
    if (!message.ok) return message
    messages.push(message.value)
    if (message.value.kind === 'unknown') break
  } while (reader.left > 0)
  return ok(messages)
}

const decodeMessage = (
  type: number,
  reader: ByteReader,
  bounds: PresenceLimits,
): Result<ClientMessage, DecodeProblem> => {
  switch (type) {
    case SYNC:
      return readSync(reader)
    case PRESENCE: {
      const body = reader.bytes('presence message')
      if (reader.problem !== null) return err(reader.problem)
      const entries = decodePresence(body, bounds)
      return entries.ok ? ok({ kind: 'presence', entries: entries.value }) : entries
    }
    case QUERY_PRESENCE:
      return ok({ kind: 'query-presence' })
    default:
      return ok({ kind: 'unknown', type })
  }
}

const encodeMessage = (message: ServerMessage): readonly Frame[] => {
  switch (message.kind) {
    case 'sync-step-1':
      return [syncFrame('sync-step-1', message.stateVector)]
    case 'sync-step-2':
      return [syncFrame('sync-step-2', message.update)]
    case 'update':
      return [syncFrame('update', message.update)]
    case 'presence':
      return [presenceFrame(encodePresence(message.entries))]
    case 'query-presence':
      return [frameOf((out) => encoding.writeVarUint(out, QUERY_PRESENCE))]
    case 'ack':
      return message.receipts.flatMap((receipt) =>
        receipt.kind !== 'mark' && receipt.update.length > EMPTY_UPDATE_BYTES
          ? [syncFrame('update', receipt.update)]
          : [],
      )
    case 'denied':
      return [
        frameOf((out) => {
          encoding.writeVarUint(out, AUTH)
          encoding.writeVarUint(out, DENIED)
          encoding.writeVarString(out, message.reason)
        }),
      ]
    case 'keep-alive':
      return [presenceFrame(encodePresence([]))]
    case 'granted':
    case 'query-token':
    case 'stateless':
    case 'opened':
    case 'at':
    case 'position-unknown':
    case 'signal':
    case 'disk':
    case 'written':
    case 'changed':
    case 'head':
      return []
    default:
      return assertNever(message)
  }
}

const syncFrame = (kind: SyncMessage['kind'], body: Uint8Array): Frame =>
  syncBody(SYNC_PREFIX, kind, body)

const presenceFrame = (presence: Uint8Array): Frame =>
  frameOf((out) => {
    encoding.writeVarUint(out, PRESENCE)
    encoding.writeVarUint8Array(out, presence)
  })

const frameOf = (write: (out: encoding.Encoder) => void): Frame => encoding.encode(write) as Frame // written to the grammar above
