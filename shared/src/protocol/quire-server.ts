/*
 * quire.v1, what a server says: one message is one WebSocket message.
 *
 *   Message = varUint channel, varUint type, what follows
 */
import * as encoding from 'lib0/encoding'
import type { Frame, StateVector, Update } from '../bytes.ts'
import { clientId, seq, type Seq } from '../ids.ts'
import { assertNever, err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { bodyBehind } from './body-behind.ts'
import type { PresenceEntry } from './presence.ts'
import type { UnknownMessage } from './quire-client.ts'
import {
  accesses,
  CONNECTION,
  readEnding,
  readOneOf,
  readOptional,
  writeEnding,
  writeOptional,
  type Ending,
  type QuireAccess,
} from './quire-values.ts'

/** Somebody's presence, and who it is by the login: nobody can say that of themselves. */
export interface KnownPresence extends PresenceEntry {
  /** The user's id; null for an anonymous one, and for whoever has gone. */
  readonly user: string | null
}

/** What a server tells of itself, first of all. */
export interface Greeting {
  readonly revision: number
  /** The line is never silent for longer, milliseconds. */
  readonly beatMs: number
  /** Largest message that it takes, bytes. */
  readonly messageBytes: number
  /** Documents on one connection. */
  readonly documents: number
  /** Should the connection be lost, everybody is to come back within this time, at random, milliseconds. */
  readonly spreadMs: number
}

/** Of the connection. */
export type ConnectionNotice =
  | ({ readonly kind: 'hello' } & Greeting)
  /** Somebody is there; and the spread, which grows with those who are. */
  | { readonly kind: 'beat'; readonly spreadMs: number }
  /** The connection ends now. */
  | ({ readonly kind: 'farewell' } & Ending)

/** Of one document. */
export type ChannelNotice =
  /** It is open: which one it is, and who the client is by its login. */
  | { readonly kind: 'opened'; readonly epoch: number; readonly user: string | null }
  | ({ readonly kind: 'closed' } & Ending)
  /** "This is what I have: send me the rest." */
  | { readonly kind: 'ask'; readonly stateVector: StateVector }
  /** The end of an answer; updates may have come before it. */
  | { readonly kind: 'answer'; readonly update: Update }
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'presence'; readonly entries: readonly KnownPresence[] }
  /** "Your login is over: say another one." */
  | { readonly kind: 'token-wanted' }
  | { readonly kind: 'signal'; readonly user: string | null; readonly data: Uint8Array }
  /** Everything up to this number is on disk. */
  | { readonly kind: 'saved'; readonly number: number }
  /** Something that is not saved yet was denied, and changed nothing. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Everything up to this number of the log has been told on this channel; and who wrote that one. */
  | { readonly kind: 'at'; readonly seq: Seq; readonly writer: number }
  | { readonly kind: 'access'; readonly access: QuireAccess }
  /** Whether the server can save at the moment. */
  | { readonly kind: 'disk'; readonly works: boolean }
  /** The log does not reach back to the client's position: it is to ask by its state vector. */
  | { readonly kind: 'position-unknown' }

/** Anything that a server says, read. */
export type ReceivedNotice =
  | { readonly channel: 0; readonly message: ConnectionNotice | UnknownMessage }
  | { readonly channel: number; readonly message: ChannelNotice | UnknownMessage }

const connectionTypes = { hello: 0, beat: 1, farewell: 2 } as const
const channelTypes = {
  opened: 1,
  closed: 2,
  ask: 3,
  answer: 4,
  update: 5,
  presence: 6,
  'token-wanted': 7,
  signal: 8,
  saved: 9,
  denied: 10,
  at: 11,
  access: 12,
  disk: 13,
  'position-unknown': 14,
} as const satisfies Record<ChannelNotice['kind'], number>

/** Writes a message about the connection. */
export const encodeConnectionNotice = (message: ConnectionNotice): Frame =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, CONNECTION)
    encoding.writeVarUint(out, connectionTypes[message.kind])
    if (message.kind === 'farewell') writeEnding(out, message)
    if (message.kind === 'beat') encoding.writeVarUint(out, message.spreadMs)
    if (message.kind !== 'hello') return
    encoding.writeVarUint(out, message.revision)
    encoding.writeVarUint(out, message.beatMs)
    encoding.writeVarUint(out, message.messageBytes)
    encoding.writeVarUint(out, message.documents)
    encoding.writeVarUint(out, message.spreadMs)
  }) as Frame // written to the grammar above

/** Writes a message about the document on this channel, which is 1 or more. */
export const encodeChannelNotice = (channel: number, message: ChannelNotice): Frame => {
  const write = (rest: (out: encoding.Encoder) => void): Uint8Array =>
    encoding.encode((out) => {
      encoding.writeVarUint(out, channel)
      encoding.writeVarUint(out, channelTypes[message.kind])
      rest(out)
    })
  const frame = isLarge(message)
    ? bodyBehind(
        write(() => undefined),
        message.kind === 'ask' ? message.stateVector : message.update,
      )
    : write((out) => writeNotice(out, message))
  return frame as Frame // written to the grammar above
}

/** A message that may be large, and is nothing else. */
type LargeNotice = Extract<ChannelNotice, { kind: 'ask' | 'answer' | 'update' }>

const isLarge = (message: ChannelNotice): message is LargeNotice =>
  message.kind === 'ask' || message.kind === 'answer' || message.kind === 'update'

const writeNotice = (out: encoding.Encoder, message: Exclude<ChannelNotice, LargeNotice>): void => {
  switch (message.kind) {
    case 'opened':
      encoding.writeVarUint(out, message.epoch)
      return writeOptional(out, message.user, encoding.writeVarString)
    case 'closed':
      return writeEnding(out, message)
    case 'presence':
      encoding.writeVarUint(out, message.entries.length)
      for (const { client, clock, state, user } of message.entries) {
        encoding.writeVarUint(out, client)
        encoding.writeVarUint(out, clock)
        encoding.writeVarString(out, state ?? 'null')
        writeOptional(out, user, encoding.writeVarString)
      }
      return
    case 'signal':
      writeOptional(out, message.user, encoding.writeVarString)
      return encoding.writeVarUint8Array(out, message.data)
    case 'saved':
      return encoding.writeVarUint(out, message.number)
    case 'denied':
      return encoding.writeVarString(out, message.reason)
    case 'at':
      encoding.writeVarUint(out, message.seq)
      return encoding.writeVarUint(out, message.writer)
    case 'access':
      return encoding.writeVarUint(out, accesses.indexOf(message.access))
    case 'disk':
      return encoding.writeVarUint(out, message.works ? 1 : 0)
    case 'token-wanted':
    case 'position-unknown':
      return
    default:
      return assertNever(message)
  }
}

/** Reads a message. Bytes in it are views, and updates and presence states are not checked. */
export const decodeNotice = (frame: Uint8Array): Result<ReceivedNotice, DecodeProblem> => {
  const reader = new ByteReader(frame)
  const channel = reader.varUint('channel')
  const type = reader.varUint('message type')
  if (reader.problem !== null) return err(reader.problem)
  const message =
    channel === CONNECTION ? readConnectionNotice(reader, type) : readChannelNotice(reader, type)
  if (message.kind !== 'unknown') reader.end('the message')
  if (reader.problem !== null) return err(reader.problem)
  return ok({ channel, message } as ReceivedNotice) // the channel chose what was read
}

const readConnectionNotice = (
  reader: ByteReader,
  type: number,
): ConnectionNotice | UnknownMessage => {
  switch (type) {
    case connectionTypes.hello:
      return {
        kind: 'hello',
        revision: reader.varUint('revision'),
        beatMs: reader.varUint('beat'),
        messageBytes: reader.varUint('bytes of a message'),
        documents: reader.varUint('documents'),
        spreadMs: reader.varUint('spread'),
      }
    case connectionTypes.beat:
      return { kind: 'beat', spreadMs: reader.varUint('spread') }
    case connectionTypes.farewell:
      return { kind: 'farewell', ...readEnding(reader) }
    default:
      return { kind: 'unknown', type }
  }
}

const readChannelNotice = (reader: ByteReader, type: number): ChannelNotice | UnknownMessage => {
  switch (type) {
    case channelTypes.opened:
      return { kind: 'opened', epoch: reader.varUint('epoch'), user: readUser(reader) }
    case channelTypes.closed:
      return { kind: 'closed', ...readEnding(reader) }
    case channelTypes.ask:
      return { kind: 'ask', stateVector: reader.bytes('state vector') as StateVector }
    case channelTypes.answer:
      return { kind: 'answer', update: reader.bytes('update') as Update }
    case channelTypes.update:
      return { kind: 'update', update: reader.bytes('update') as Update }
    case channelTypes.presence:
      return { kind: 'presence', entries: readEntries(reader) }
    case channelTypes['token-wanted']:
      return { kind: 'token-wanted' }
    case channelTypes.signal:
      return { kind: 'signal', user: readUser(reader), data: reader.bytes('signal') }
    case channelTypes.saved:
      return { kind: 'saved', number: reader.varUint('number of the update') }
    case channelTypes.denied:
      return { kind: 'denied', reason: reader.string('reason') }
    case channelTypes.at:
      return {
        kind: 'at',
        seq: seq(reader.varUint('sequence')),
        writer: reader.varUint('writer'),
      }
    case channelTypes.access:
      return { kind: 'access', access: readOneOf(reader, 'access', accesses) }
    case channelTypes.disk:
      return { kind: 'disk', works: readOneOf(reader, 'whether the server saves', [false, true]) }
    case channelTypes['position-unknown']:
      return { kind: 'position-unknown' }
    default:
      return { kind: 'unknown', type }
  }
}

const readUser = (reader: ByteReader): string | null =>
  readOptional(reader, 'user', () => reader.string('user'))

const readEntries = (reader: ByteReader): readonly KnownPresence[] => {
  const count = reader.varUint('number of presence entries')
  const entries: KnownPresence[] = []
  for (let i = 0; i < count && reader.problem === null; i++) {
    const client = clientId(reader.varUint('client of a presence entry'))
    const clock = reader.varUint('clock of a presence entry')
    const text = reader.string('presence state')
    entries.push({ client, clock, state: text === 'null' ? null : text, user: readUser(reader) })
  }
  return entries
}
