/*
 * quire.v1 (PROTOCOL.md §1.10) for one channel. What a client changes has a number, and is heard as two
 * messages: the change, and a mark that is given back once everything before it is on disk.
 */
import * as encoding from 'lib0/encoding'
import {
  assertNever,
  ByteReader,
  decodePresence,
  decodeRequest,
  encodeChannelNotice,
  ok,
  parseStateVector,
  readUpdate,
  type ChannelNotice,
  type DecodeProblem,
  type Frame,
  type Mark,
  type PresenceLimits,
  type Result,
  type Update,
} from '@quire/shared'
import type { ClientMessage, Receipt, ServerMessage } from '../room/message.ts'
import type { Dialect } from './dialect.ts'

/** What speaks on a channel. `decode` takes whole frames. */
export const quire = (channel: number, bounds: PresenceLimits): Dialect => ({
  name: 'quire.v1',
  family: 'quire',
  lane: `quire.v1 ${channel}`,
  asking: 'on-demand',
  keepAliveMs: Infinity, // the connection beats
  decode: (frame) => decodeFrame(frame, bounds),
  encode: (message) => noticesOf(message).map((notice) => frameOf(channel, notice)),
})

const frameOf = (channel: number, notice: ChannelNotice): Frame =>
  encodeChannelNotice(channel, notice)

const decodeFrame = (
  frame: Uint8Array,
  bounds: PresenceLimits,
): Result<readonly ClientMessage[], DecodeProblem> => {
  const request = decodeRequest(frame)
  if (!request.ok) return request
  const { message } = request.value
  switch (message.kind) {
    case 'ask': {
      const stateVector = parseStateVector(message.stateVector)
      return stateVector.ok
        ? ok([{ kind: 'sync-step-1', stateVector: stateVector.value }])
        : stateVector
    }
    case 'answer':
      return decodeChange('sync-step-2', message)
    case 'update':
      return decodeChange('update', message)
    case 'presence': {
      const entries = decodePresence(message.presence, bounds)
      return entries.ok ? ok([{ kind: 'presence', entries: entries.value }]) : entries
    }
    case 'position':
    case 'signal':
    case 'unknown':
      return ok([message])
    case 'open':
    case 'close':
    case 'token':
    case 'hello':
    case 'ping':
      return ok([]) // of the connection
    default:
      return assertNever(message)
  }
}

const decodeChange = (
  kind: 'sync-step-2' | 'update',
  { number, update }: { readonly number: number; readonly update: Update },
): Result<readonly ClientMessage[], DecodeProblem> => {
  const contents = readUpdate(update)
  if (!contents.ok) return contents
  return ok([
    { kind, contents: contents.value },
    { kind: 'mark', mark: markOf(number) },
  ])
}

const noticesOf = (message: ServerMessage): readonly ChannelNotice[] => {
  switch (message.kind) {
    case 'sync-step-1':
      return [{ kind: 'ask', stateVector: message.stateVector }]
    case 'sync-step-2':
      return [{ kind: 'answer', update: message.update }]
    case 'granted':
      return [{ kind: 'access', access: message.access }]
    case 'query-token':
      return [{ kind: 'token-wanted' }]
    case 'ack':
      return savedBy(message.receipts)
    case 'update':
    case 'presence':
    case 'opened':
    case 'at':
    case 'position-unknown':
    case 'signal':
    case 'disk':
    case 'denied':
      return [message]
    case 'query-presence': // it hears that it has gone, and knows better
    case 'stateless':
    case 'keep-alive':
    case 'written': // nobody says what these answer in these words
    case 'changed':
    case 'head':
      return []
    default:
      return assertNever(message)
  }
}

/** The last mark stands for those before it. */
const savedBy = (receipts: readonly Receipt[]): readonly ChannelNotice[] => {
  const last = receipts.findLast((receipt) => receipt.kind === 'mark')
  return last === undefined ? [] : [{ kind: 'saved', number: numberOf(last.mark) }]
}

const markOf = (number: number): Mark =>
  encoding.encode((out) => encoding.writeVarUint(out, number)) as Mark // any bytes are a mark

const numberOf = (mark: Mark): number => new ByteReader(mark).varUint('mark')
