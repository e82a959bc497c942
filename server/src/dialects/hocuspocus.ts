/*
 * Hocuspocus (npm @hocuspocus/provider 2 to 4): several documents, and several sessions of one document,
 * on one socket. Each frame is one message behind the address of whom it is for:
 *
 *   Frame   = Address, varUint type, body           an answer carries the address as it was asked, byte for byte
 *           | one byte                              of the socket itself: 0x0a says that it lives
 *   Address = varString: document name              version 4 also: document name, U+0000, session id
 *
 *   0 Sync          y-protocols sync message                          both
 *   1 Presence      varUint length, presence                          both
 *   2 Login         0, varString token [, varString version]          client to server; version 4 names itself
 *                   0                                                 server to client: say it again
 *                   1, varString reason                               server to client: denied
 *                   2, varString "readonly" | "read-write"            server to client: granted
 *   3 Query         nothing                                           both: tell me the presence you know
 *   5 Stateless     varString                                         both
 *   7 Close         client: nothing; server: varString reason         one document; version 2 throws on it
 *   8 Status        varUint 1 saved | 0 denied                        server to client
 *
 * Other types are skipped. The client counts its unsaved changes: one for its question, one for each update
 * from then on, less one for each "saved". So each SyncStep2 and each update gets exactly one status, but for
 * those that it has not counted (room/counting.ts).
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
  type Bytes,
  type DecodeProblem,
  type Frame,
  type PresenceLimits,
  type Result,
} from '@quire/shared'
import type { ClientMessage, Receipt, ServerMessage } from '../room/message.ts'
import { KEEP_ALIVE_MS, type Dialect } from './dialect.ts'
import { readType } from './message-type.ts'
import { syncBody } from './sync-body.ts'

/** An address with its length, as it stands in front of every frame to and from its session. */
export type AddressBytes = Bytes<'address'>

const SYNC = 0
const PRESENCE = 1
const LOGIN = 2
const QUERY_PRESENCE = 3
const STATELESS = 5
const CLOSE = 7
const STATUS = 8

const TOKEN = 0
const DENIED = 1
const GRANTED = 2

/** A frame taken apart: whom it is for, and the rest of it. */
export interface Addressed {
  /** As text; two frames are for the same session if these are equal. */
  readonly address: string
  readonly prefix: AddressBytes
  readonly body: Uint8Array
}

/** What a client says of its login or its leaving, which is no message to its document. */
export type Manners =
  | { readonly kind: 'login'; readonly token: string; readonly version: string | null }
  | { readonly kind: 'bye' }

/** Reads the address of a frame. Bytes are views into it. */
export const readAddress = (frame: Uint8Array): Result<Addressed, DecodeProblem> => {
  const reader = new ByteReader(frame)
  const address = reader.string('address')
  if (reader.problem !== null) return err(reader.problem)
  const prefix = frame.subarray(0, reader.at) as AddressBytes // read as one
  return ok({ address, prefix, body: frame.subarray(reader.at) })
}

/** Reads a login or a leaving; null for what the document is to hear. */
export const readManners = (body: Uint8Array): Result<Manners | null, DecodeProblem> => {
  const reader = new ByteReader(body)
  const type = readType(reader)
  if (!type.ok) return type
  if (type.value === CLOSE) return ok({ kind: 'bye' })
  if (type.value !== LOGIN) return ok(null)
  const what = reader.varUint('login message type')
  if (what !== TOKEN) reader.fail('unknown', `login message type ${what} is not known`)
  const token = reader.string('token')
  const version = reader.left > 0 ? reader.string('provider version') : null
  return reader.problem === null ? ok({ kind: 'login', token, version }) : err(reader.problem)
}

/** What speaks to one address. `decode` takes frames without their address. */
export const hocuspocus = (prefix: AddressBytes, bounds: PresenceLimits): Dialect => {
  const syncPrefix = Uint8Array.of(...prefix, SYNC)
  return {
    name: 'hocuspocus',
    family: 'hocuspocus',
    lane: `hocuspocus ${String.fromCharCode(...prefix)}`,
    asking: 'in-return',
    keepAliveMs: KEEP_ALIVE_MS,
    decode: (body) => decodeBody(body, bounds),
    encode: (message) => encodeMessage(message, { prefix, syncPrefix }),
  }
}

/** Tells an address that its login is denied; every version has a word for it. */
export const deniedFrame = (prefix: AddressBytes, reason: string): Frame =>
  frameOf(prefix, LOGIN, (out) => {
    encoding.writeVarUint(out, DENIED)
    encoding.writeVarString(out, reason)
  })

/** Ends one document of a client from version 4 on. */
export const closeFrame = (prefix: AddressBytes, reason: string): Frame =>
  frameOf(prefix, CLOSE, (out) => encoding.writeVarString(out, reason))

const decodeBody = (
  body: Uint8Array,
  bounds: PresenceLimits,
): Result<readonly ClientMessage[], DecodeProblem> => {
  const reader = new ByteReader(body)
  const type = readType(reader)
  if (!type.ok) return type
  switch (type.value) {
    case SYNC: {
      const message = readSync(reader)
      reader.end('the sync message')
      if (!message.ok) return message
      return reader.problem === null ? ok([message.value]) : err(reader.problem)
    }
    case PRESENCE: {
      const presence = reader.bytes('presence message')
      reader.end('the presence message')
      if (reader.problem !== null) return err(reader.problem)
      const entries = decodePresence(presence, bounds)
      return entries.ok ? ok([{ kind: 'presence', entries: entries.value }]) : entries
    }
    case QUERY_PRESENCE:
      return ok([{ kind: 'query-presence' }])
    case STATELESS: {
      const text = reader.string('stateless message')
      reader.end('the stateless message')
      return reader.problem === null ? ok([{ kind: 'stateless', text }]) : err(reader.problem)
    }
    default:
      return ok([{ kind: 'unknown', type: type.value }])
  }
}

interface Prefixes {
  readonly prefix: AddressBytes
  readonly syncPrefix: Uint8Array
}

const encodeMessage = (
  message: ServerMessage,
  { prefix, syncPrefix }: Prefixes,
): readonly Frame[] => {
  switch (message.kind) {
    case 'sync-step-1':
      return [syncBody(syncPrefix, 'sync-step-1', message.stateVector)]
    case 'sync-step-2':
      return [syncBody(syncPrefix, 'sync-step-2', message.update)]
    case 'update':
      return [syncBody(syncPrefix, 'update', message.update)]
    case 'presence':
      return [presenceFrame(prefix, encodePresence(message.entries))]
    case 'keep-alive':
      return [presenceFrame(prefix, encodePresence([]))]
    case 'query-presence':
      return [frameOf(prefix, QUERY_PRESENCE, () => undefined)]
    case 'ack':
      return message.receipts.filter(isCounted).map(() => statusFrame(prefix, 1))
    case 'denied':
      return [statusFrame(prefix, 0)]
    case 'granted': {
      const scope = message.access === 'write' ? 'read-write' : 'readonly'
      return [
        frameOf(prefix, LOGIN, (out) => {
          encoding.writeVarUint(out, GRANTED)
          encoding.writeVarString(out, scope)
        }),
      ]
    }
    case 'query-token':
      return [frameOf(prefix, LOGIN, (out) => encoding.writeVarUint(out, TOKEN))]
    case 'stateless':
      return [frameOf(prefix, STATELESS, (out) => encoding.writeVarString(out, message.text))]
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

const isCounted = (receipt: Receipt): boolean => 'isCounted' in receipt && receipt.isCounted

const statusFrame = (prefix: AddressBytes, isSaved: 0 | 1): Frame =>
  frameOf(prefix, STATUS, (out) => encoding.writeVarUint(out, isSaved))

const presenceFrame = (prefix: AddressBytes, presence: Uint8Array): Frame =>
  frameOf(prefix, PRESENCE, (out) => encoding.writeVarUint8Array(out, presence))

const frameOf = (
  prefix: AddressBytes,
  type: number,
  write: (out: encoding.Encoder) => void,
): Frame =>
  encoding.encode((out) => {
    encoding.writeUint8Array(out, prefix)
    encoding.writeVarUint(out, type)
    write(out)
  }) as Frame // written to the grammar above
