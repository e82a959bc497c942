/*
 * quire.v1, what a client says: one message is one WebSocket message.
 *
 *   Message = varUint channel, varUint type, what follows
 */
import * as encoding from 'lib0/encoding'
import type { Frame, StateVector, Update } from '../bytes.ts'
import { seq, type Seq } from '../ids.ts'
import { limits } from '../limits.ts'
import { assertNever, err, ok, type Result } from '../result.ts'
import { bodyBehind } from './body-behind.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { CONNECTION, readOptional, writeOptional } from './quire-values.ts'

/** Of the connection. */
export type ConnectionRequest =
  /** The first message of all. */
  | { readonly kind: 'hello'; readonly revision: number; readonly agent: string }
  /** To be answered with a beat: is anybody there? */
  | { readonly kind: 'ping' }

/** Of one document. */
export type ChannelRequest =
  | { readonly kind: 'open'; readonly document: string; readonly token: string | null }
  | { readonly kind: 'close' }
  /** "I have everything up to here, as the server told it: send me the log since then." */
  | {
      readonly kind: 'position'
      readonly epoch: number
      readonly seq: Seq
      readonly writer: number
    }
  /** "This is what I have: send me the rest." */
  | { readonly kind: 'ask'; readonly stateVector: StateVector }
  /** The answer to the server's question. Numbers count what the client changes on this channel, from 1. */
  | { readonly kind: 'answer'; readonly number: number; readonly update: Update }
  | { readonly kind: 'update'; readonly number: number; readonly update: Update }
  /** A y-protocols awareness update. */
  | { readonly kind: 'presence'; readonly presence: Uint8Array }
  /** Another login on an open channel. */
  | { readonly kind: 'token'; readonly token: string | null }
  /** Something small for everybody else in the document, which is stored nowhere. */
  | { readonly kind: 'signal'; readonly data: Uint8Array }

/** A type that the reader does not know: to be ignored. */
export interface UnknownMessage {
  readonly kind: 'unknown'
  readonly type: number
}

/** Anything that a client says, read. */
export type ReceivedRequest =
  | { readonly channel: 0; readonly message: ConnectionRequest | UnknownMessage }
  /** Updates and presence in it are bytes that nobody has looked at yet. */
  | { readonly channel: number; readonly message: ChannelRequest | UnknownMessage }

const connectionTypes = { hello: 0, ping: 1 } as const
const channelTypes = {
  open: 1,
  close: 2,
  ask: 3,
  answer: 4,
  update: 5,
  presence: 6,
  token: 7,
  signal: 8,
  position: 9,
} as const satisfies Record<ChannelRequest['kind'], number>

/** Writes a message about the connection. */
export const encodeConnectionRequest = (message: ConnectionRequest): Frame =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, CONNECTION)
    encoding.writeVarUint(out, connectionTypes[message.kind])
    if (message.kind === 'hello') {
      encoding.writeVarUint(out, message.revision)
      encoding.writeVarString(out, message.agent)
    }
  }) as Frame // written to the grammar above

/** Writes a message about the document on this channel, which is 1 or more. */
export const encodeChannelRequest = (channel: number, message: ChannelRequest): Frame => {
  const head = encoding.encode((out) => {
    encoding.writeVarUint(out, channel)
    encoding.writeVarUint(out, channelTypes[message.kind])
    switch (message.kind) {
      case 'open':
        encoding.writeVarString(out, message.document)
        return writeOptional(out, message.token, encoding.writeVarString)
      case 'close':
        return
      case 'position':
        encoding.writeVarUint(out, message.epoch)
        encoding.writeVarUint(out, message.seq)
        return encoding.writeVarUint(out, message.writer)
      case 'ask':
        return encoding.writeVarUint8Array(out, message.stateVector)
      case 'answer':
      case 'update':
        encoding.writeVarUint(out, message.number)
        return // its body follows
      case 'presence':
        return encoding.writeVarUint8Array(out, message.presence)
      case 'token':
        return writeOptional(out, message.token, encoding.writeVarString)
      case 'signal':
        return encoding.writeVarUint8Array(out, message.data)
      default:
        return assertNever(message)
    }
  })
  const isChange = message.kind === 'answer' || message.kind === 'update'
  return (isChange ? bodyBehind(head, message.update) : head) as Frame // written to the grammar above
}

/** True of a message that opens a document, whether or not it reads to its end. */
export const isOpenRequest = (frame: Uint8Array): boolean => {
  const reader = new ByteReader(frame)
  const channel = reader.varUint('channel')
  const type = reader.varUint('message type')
  return reader.problem === null && channel !== CONNECTION && type === channelTypes.open
}

/** Reads a message. Bytes in it are views, and updates, state vectors and presence are not checked. */
export const decodeRequest = (frame: Uint8Array): Result<ReceivedRequest, DecodeProblem> => {
  const reader = new ByteReader(frame)
  const channel = reader.varUint('channel')
  const type = reader.varUint('message type')
  if (reader.problem !== null) return err(reader.problem)
  const message =
    channel === CONNECTION ? readConnectionRequest(reader, type) : readChannelRequest(reader, type)
  if (message.kind !== 'unknown') reader.end('the message')
  if (reader.problem !== null) return err(reader.problem)
  return ok({ channel, message } as ReceivedRequest) // the channel chose what was read
}

const readConnectionRequest = (
  reader: ByteReader,
  type: number,
): ConnectionRequest | UnknownMessage => {
  switch (type) {
    case connectionTypes.hello: {
      const revision = reader.varUint('revision')
      if (revision === 0) reader.fail('range', 'revision is 0, the first is 1')
      const agent = reader.string('agent').slice(0, limits.agentLength) // it is only for logs
      return { kind: 'hello', revision, agent }
    }
    case connectionTypes.ping:
      return { kind: 'ping' }
    default:
      return { kind: 'unknown', type }
  }
}

const readChannelRequest = (reader: ByteReader, type: number): ChannelRequest | UnknownMessage => {
  switch (type) {
    case channelTypes.open:
      return { kind: 'open', document: reader.string('document name'), token: readToken(reader) }
    case channelTypes.close:
      return { kind: 'close' }
    case channelTypes.position:
      return {
        kind: 'position',
        epoch: reader.varUint('epoch'),
        seq: seq(reader.varUint('sequence')),
        writer: reader.varUint('writer'),
      }
    case channelTypes.ask:
      return { kind: 'ask', stateVector: reader.bytes('state vector') as StateVector }
    case channelTypes.answer:
      return {
        kind: 'answer',
        number: readNumber(reader),
        update: reader.bytes('update') as Update,
      }
    case channelTypes.update:
      return {
        kind: 'update',
        number: readNumber(reader),
        update: reader.bytes('update') as Update,
      }
    case channelTypes.presence:
      return { kind: 'presence', presence: reader.bytes('presence') }
    case channelTypes.token:
      return { kind: 'token', token: readToken(reader) }
    case channelTypes.signal:
      return { kind: 'signal', data: readSignal(reader) }
    default:
      return { kind: 'unknown', type }
  }
}

const readToken = (reader: ByteReader): string | null =>
  readOptional(reader, 'token', () => reader.string('token'))

const readNumber = (reader: ByteReader): number => {
  const number = reader.varUint('number of the update')
  if (number === 0) reader.fail('range', 'number of the update is 0, the first is 1')
  return number
}

const readSignal = (reader: ByteReader): Uint8Array => {
  const data = reader.bytes('signal')
  if (data.length > limits.signalBytes)
    reader.fail('limit', `signal is ${data.length} bytes, limit ${limits.signalBytes}`)
  return data
}
