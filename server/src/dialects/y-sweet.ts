/*
 * y-sweet 0.9 (npm @y-sweet/client, provider.ts): y-websocket's frames, one message each, and
 *
 *   Message = varUint 3, varUint length, presence      (the client's answer to a bare 3)
 *           | varUint 102, varUint length, mark        (have I been saved up to here? the echo is a yes)
 *
 * The client sets a mark behind each of its changes, and takes the server for dead if it hears nothing for
 * 3 s after one: hence the short keep-alive. Types that are not known are skipped, as its server does.
 * What it loads from its own store (`offlineSupport`) it does not send: it is asked for that a while later.
 * What it changes is not echoed, and there are no words for a refusal: what is denied stays unacknowledged.
 */
import * as encoding from 'lib0/encoding'
import {
  ByteReader,
  decodePresence,
  err,
  ok,
  type DecodeProblem,
  type Frame,
  type Mark,
  type PresenceLimits,
  type Result,
} from '@quire/shared'
import type { ClientMessage, ServerMessage } from '../room/message.ts'
import type { Dialect } from './dialect.ts'
import { yWebsocket } from './y-websocket.ts'

const QUERY_PRESENCE = 3
const SYNC_STATUS = 102

/** Longest mark, bytes: the client's is a varUint. */
const MARK_BYTES = 64

/** Under the 2 s of silence after which the client sets a mark only to hear something, milliseconds. */
const KEEP_ALIVE_MS = 1_500

/** The y-sweet dialect with these bounds on presence. */
export const ySweet = (bounds: PresenceLimits): Dialect => {
  const base = yWebsocket(bounds)
  return {
    name: 'y-sweet',
    family: 'y-sweet',
    lane: 'y-sweet',
    asking: 'twice',
    keepAliveMs: KEEP_ALIVE_MS,
    decode: (frame) => decodeOwn(frame, bounds) ?? base.decode(frame),
    encode: (message) => encodeOwn(message) ?? base.encode(message),
  }
}

/** What y-websocket does not know, or null. */
const decodeOwn = (
  frame: Uint8Array,
  bounds: PresenceLimits,
): Result<readonly ClientMessage[], DecodeProblem> | null => {
  const reader = new ByteReader(frame)
  const type = reader.varUint('message type')
  if (type === QUERY_PRESENCE && reader.left > 0) {
    const body = reader.bytes('presence message')
    reader.end('the presence message')
    if (reader.problem !== null) return err(reader.problem)
    const entries = decodePresence(body, bounds)
    return entries.ok ? ok([{ kind: 'presence', entries: entries.value }]) : entries
  }
  if (type !== SYNC_STATUS) return null
  const mark = reader.bytes('sync status')
  reader.end('the sync status')
  if (mark.length > MARK_BYTES)
    reader.fail('limit', `sync status is ${mark.length} bytes, limit ${MARK_BYTES}`)
  if (reader.problem !== null) return err(reader.problem)
  return ok([{ kind: 'mark', mark: mark as Mark }]) // any bytes are a mark
}

/** What is said in other words than y-websocket's, or null. */
const encodeOwn = (message: ServerMessage): readonly Frame[] | null => {
  if (message.kind === 'denied') return []
  if (message.kind !== 'ack') return null
  return message.receipts.flatMap((receipt) =>
    receipt.kind === 'mark' ? [markFrame(receipt.mark)] : [],
  )
}

const markFrame = (mark: Mark): Frame =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, SYNC_STATUS)
    encoding.writeVarUint8Array(out, mark)
  }) as Frame // written to the grammar above
