/*
 * How this server's own routes speak to a room, in the same process. A route says one message, which it has
 * read already: the frame that it is sent as stands for it, and counts for the rates. What the room says is a
 * type and a body:
 *
 *   1 update       a part of the document, or what is new in it
 *   2 update       the last part
 *   3              what the route said is on disk
 *   4 UTF-8        what the route said was denied
 *   5              the document is open
 */
import { ok, type Frame, type Update } from '@quire/shared'
import type { ClientMessage, ServerMessage } from '../room/message.ts'
import type { Dialect } from './dialect.ts'

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

/** The dialect of a route that says this, or nothing. */
export const direct = (said: ClientMessage | null): Dialect => ({
  name: 'direct',
  lane: 'direct',
  asking: 'on-join',
  keepAliveMs: NEVER_MS,
  decode: () => ok(said === null ? [] : [said]),
  encode: (message) => encodeMessage(message),
})

/** What a frame of the room says. The update is a view into it. */
export const readAnswer = (frame: Uint8Array): DirectAnswer => {
  const body = frame.subarray(1)
  const type = frame[0]
  if (type === OPEN) return { kind: 'open' }
  if (type === SAVED) return { kind: 'saved' }
  if (type === DENIED) return { kind: 'denied', reason: new TextDecoder().decode(body) }
  return { kind: type === LAST ? 'last' : 'part', update: body as Update } // `encodeMessage` wrote it
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
    case 'opened':
    case 'at':
    case 'position-unknown':
    case 'signal':
    case 'disk':
      return []
  }
}

const frameOf = (type: number, body: Uint8Array): Frame => {
  const frame = new Uint8Array(1 + body.length)
  frame[0] = type
  frame.set(body, 1)
  return frame as Frame // written to the grammar above
}
