/* A bare socket that speaks a family's frames, and any others that it is told to. */
import * as encoding from 'lib0/encoding'
import {
  ByteReader,
  encodeChannelRequest,
  encodeConnectionRequest,
  QUIRE_REVISION,
  QUIRE_SUBPROTOCOL,
  type ChannelRequest,
  type StateVector,
  type Update,
} from '@quire/shared'
import { stepOneFrame } from '../../harness/frames.ts'
import { openRaw, type RawClient } from '../../harness/raw-client.ts'
import type { Scene } from './case.ts'

const EMPTY_STATE_VECTOR = Uint8Array.of(0)
const LOGIN = 2
const SYNC = 0
const UPDATE = 2
/** Of quire.v1. */
const CHANNEL = 1

/** A bare socket at a document. */
export interface RawFamily {
  readonly client: RawClient
  /** A frame as the family wraps it. */
  frame(body: Uint8Array): Uint8Array
  /** Bodies that came, without their wrapping. */
  readonly heard: readonly Uint8Array[]
}

/** Opens a bare socket, which logs in where it has to and asks for the document. */
export const openRawFamily = async (
  { family, host, document }: Scene,
  { port }: { readonly port: number },
): Promise<RawFamily> => {
  const path = {
    'y-websocket': `${host.isQuire ? '/yjs' : ''}/${document}`,
    hocuspocus: host.isQuire ? '/hocuspocus' : '',
    'y-sweet': `/d/${document}/ws/${document}`,
    quire: '/sync',
  }[family.kind]
  const isQuire = family.kind === 'quire'
  const address = isQuire
    ? Uint8Array.of(CHANNEL)
    : family.kind === 'hocuspocus'
      ? encoding.encode((out) => encoding.writeVarString(out, document))
      : new Uint8Array()
  let number = 0
  const frame = (body: Uint8Array): Uint8Array => {
    const update = isQuire ? updateIn(body) : null
    if (update === null) return Uint8Array.of(...address, ...body)
    return encodeChannelRequest(CHANNEL, { kind: 'update', number: ++number, update })
  }
  const heard: Uint8Array[] = []
  const client = await openRaw(
    `ws://127.0.0.1:${port}${path}`,
    (said) => heard.push(new Uint8Array(said.subarray(address.length))),
    isQuire ? [QUIRE_SUBPROTOCOL] : [],
  )
  if (isQuire) {
    const say = (message: ChannelRequest): void =>
      client.socket.send(encodeChannelRequest(CHANNEL, message))
    client.socket.send(
      encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: 'raw' }),
    )
    say({ kind: 'open', document, token: null })
    say({ kind: 'ask', stateVector: EMPTY_STATE_VECTOR as StateVector })
    return { client, frame, heard }
  }
  if (address.length > 0) client.socket.send(frame(loginBody('any')))
  client.socket.send(frame(stepOneFrame(EMPTY_STATE_VECTOR)))
  return { client, frame, heard }
}

/** The update in a y-websocket message; null where it is none. */
const updateIn = (body: Uint8Array): Update | null => {
  const reader = new ByteReader(body)
  const isUpdate = reader.byte('type') === SYNC && reader.byte('sub-type') === UPDATE
  const update = reader.bytes('update')
  return isUpdate && reader.problem === null ? (update as Update) : null // as it came
}

const loginBody = (token: string): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, LOGIN)
    encoding.writeVarUint(out, 0)
    encoding.writeVarString(out, token)
  })
