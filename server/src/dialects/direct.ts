/*
 * How this server's own routes speak to a room, in the same process: each frame a type and a body.
 *
 *   0              to the room: all of the document, please
 *   1 update       to the room: this is new; from the room: a part of the document
 *   2 update       from the room: the last part
 *   3              from the room: what is new is on disk
 *   4 UTF-8        from the room: what is new was denied
 *   5              from the room: the document is open
 */
import {
  EMPTY_STATE_VECTOR,
  err,
  ok,
  readUpdate,
  type DecodeProblem,
  type Frame,
  type Result,
  type Update,
} from '@quire/shared'
import type { ClientMessage, ServerMessage } from '../room/message.ts'
import type { Dialect } from './dialect.ts'

const ASK = 0
const UPDATE = 1
const LAST = 2
const SAVED = 3
const DENIED = 4
const OPEN = 5

/** Nothing is kept alive: whoever speaks waits for one thing, with a deadline of its own. */
const NEVER_MS = Infinity

/** What a room says to a route. */
export type DirectAnswer =
  | { readonly kind: 'part' | 'last'; readonly update: Update }
  | { readonly kind: 'open' }
  | { readonly kind: 'saved' }
  | { readonly kind: 'denied'; readonly reason: string }

/** The dialect of the server's own routes. */
export const direct: Dialect = {
  name: 'direct',
  lane: 'direct',
  asking: 'on-join',
  keepAliveMs: NEVER_MS,
  decode: (frame) => decodeFrame(frame),
  encode: (message) => encodeMessage(message),
}

/** Asks for all of the document. */
export const askFrame = (): Uint8Array => Uint8Array.of(ASK)

/** Says what is new. */
export const updateFrame = (update: Uint8Array): Uint8Array => frameOf(UPDATE, update)

/** What a frame of the room says. The update is a view into it. */
export const readAnswer = (frame: Uint8Array): DirectAnswer => {
  const body = frame.subarray(1)
  const type = frame[0]
  if (type === OPEN) return { kind: 'open' }
  if (type === SAVED) return { kind: 'saved' }
  if (type === DENIED) return { kind: 'denied', reason: new TextDecoder().decode(body) }
  return { kind: type === LAST ? 'last' : 'part', update: body as Update } // `encodeMessage` wrote it
}

const decodeFrame = (frame: Uint8Array): Result<readonly ClientMessage[], DecodeProblem> => {
  if (frame[0] === ASK) return ok([{ kind: 'sync-step-1', stateVector: EMPTY_STATE_VECTOR }])
  const contents = readUpdate(frame.subarray(1))
  return contents.ok ? ok([{ kind: 'update', contents: contents.value }]) : err(contents.error)
}

const encodeMessage = (message: ServerMessage): readonly Frame[] => {
  switch (message.kind) {
    case 'update':
      return [frameOf(UPDATE, message.update)]
    case 'sync-step-2':
      return [frameOf(LAST, message.update)]
    case 'ack':
      return [frameOf(SAVED, new Uint8Array())]
    case 'denied':
      return [frameOf(DENIED, new TextEncoder().encode(message.reason))]
    case 'sync-step-1': // what it asks a newcomer
      return [frameOf(OPEN, new Uint8Array())]
    case 'presence':
    case 'query-presence':
    case 'granted':
    case 'query-token':
    case 'stateless':
    case 'keep-alive':
      return []
  }
}

const frameOf = (type: number, body: Uint8Array): Frame => {
  const frame = new Uint8Array(1 + body.length)
  frame[0] = type
  frame.set(body, 1)
  return frame as Frame // written to the grammar above
}
