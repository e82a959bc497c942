/*
 * How this server's own routes speak to a room, in the same process. A route says one message, which it has
 * read already: the frame that it is sent as stands for it, and counts for the rates. What the room says is a
 * type and a body:
 *
 *   1 update       a part of the document, or what is new in it
 *   2 update       the last part
 *   3 position     what the route wrote is on disk, and in the log up to there
 *   4 UTF-8        what the route said was denied
 *   5              the document is open
 *   6 position     something was accepted behind what the route expected
 *   7 position     the log is on disk up to there
 *
 * A position is the epoch and the number in the log, as two float64.
 */
import { ok, seq, type Frame, type Update } from '@quire/shared'
import type { ClientMessage, Position, ServerMessage } from '../room/message.ts'
import type { Dialect } from './dialect.ts'

const UPDATE = 1
const LAST = 2
const WRITTEN = 3
const DENIED = 4
const OPEN = 5
const CHANGED = 6
const HEAD = 7

/** Nothing is kept alive: whoever speaks waits for one thing, with a deadline of its own. */
const NEVER_MS = Infinity

/** What a room says to a route. */
export type DirectAnswer =
  | { readonly kind: 'part' | 'last'; readonly update: Update }
  | { readonly kind: 'open' }
  | { readonly kind: 'written' | 'changed' | 'head'; readonly position: Position }
  | { readonly kind: 'denied'; readonly reason: string }

/** The dialect of a route that says this, in one frame. */
export const direct = (said: readonly ClientMessage[]): Dialect => ({
  name: 'direct',
  family: 'direct',
  lane: 'direct',
  asking: 'on-join',
  keepAliveMs: NEVER_MS,
  decode: () => ok(said),
  encode: (message) => encodeMessage(message),
})

/** What a frame of the room says. The update is a view into it. */
export const readAnswer = (frame: Uint8Array): DirectAnswer => {
  const body = frame.subarray(1)
  const type = frame[0]
  if (type === OPEN) return { kind: 'open' }
  if (type === WRITTEN) return { kind: 'written', position: positionIn(body) }
  if (type === CHANGED) return { kind: 'changed', position: positionIn(body) }
  if (type === HEAD) return { kind: 'head', position: positionIn(body) }
  if (type === DENIED) return { kind: 'denied', reason: new TextDecoder().decode(body) }
  return { kind: type === LAST ? 'last' : 'part', update: body as Update } // `encodeMessage` wrote it
}

const encodeMessage = (message: ServerMessage): readonly Frame[] => {
  switch (message.kind) {
    case 'update':
      return [frameOf(UPDATE, message.update)]
    case 'sync-step-2':
      return [frameOf(LAST, message.update)]
    case 'written':
      return [frameOf(WRITTEN, bytesOf(message.position))]
    case 'changed':
      return [frameOf(CHANGED, bytesOf(message.position))]
    case 'head':
      return [frameOf(HEAD, bytesOf(message.position))]
    case 'denied':
      return [frameOf(DENIED, new TextEncoder().encode(message.reason))]
    case 'sync-step-1': // what it asks a newcomer
      return [frameOf(OPEN, new Uint8Array())]
    case 'ack':
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

const bytesOf = ({ epoch, seq }: Position): Uint8Array =>
  new Uint8Array(Float64Array.of(epoch, seq).buffer)

const positionIn = (body: Uint8Array): Position => {
  const [epoch = 0, number = 0] = new Float64Array(body.slice().buffer)
  return { epoch, seq: seq(number) }
}

const frameOf = (type: number, body: Uint8Array): Frame => {
  const frame = new Uint8Array(1 + body.length)
  frame[0] = type
  frame.set(body, 1)
  return frame as Frame // written to the grammar above
}
