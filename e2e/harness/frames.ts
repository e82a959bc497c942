/*
 * Frames of the y-websocket protocol, made and read with lib0 and y-protocols rather than with the
 * server's own codecs: what both ends get wrong together would not be seen otherwise.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from 'y-protocols/sync'

/** Message types (y-websocket.js). */
export const types = { sync: 0, presence: 1, queryPresence: 3 } as const

/** What a sync frame says. */
export interface SyncFrame {
  readonly kind: 'step-1' | 'step-2' | 'update'
  readonly bytes: Uint8Array
}

/** A frame with this update. */
export const updateFrame = (update: Uint8Array): Uint8Array => syncFrame(messageYjsUpdate, update)

/** The frame of a client with this state vector that asks for what it lacks. */
export const stepOneFrame = (stateVector: Uint8Array): Uint8Array =>
  syncFrame(messageYjsSyncStep1, stateVector)

/** The answer to a server that has asked for what it lacks. */
export const syncAnswerFrame = (update: Uint8Array): Uint8Array =>
  syncFrame(messageYjsSyncStep2, update)

/** A presence frame with one entry; `json` may be anything. */
export const presenceFrame = (client: number, clock: number, json: string): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, types.presence)
    const entries = encoding.encode((inner) => {
      encoding.writeVarUint(inner, 1)
      encoding.writeVarUint(inner, client)
      encoding.writeVarUint(inner, clock)
      encoding.writeVarString(inner, json)
    })
    encoding.writeVarUint8Array(out, entries)
  })

/** Reads a sync frame; null if it is of another type. */
export const readSyncFrame = (frame: Uint8Array): SyncFrame | null => {
  const reader = decoding.createDecoder(frame)
  if (decoding.readVarUint(reader) !== types.sync) return null
  const kind = kinds.get(decoding.readVarUint(reader))
  return kind === undefined ? null : { kind, bytes: decoding.readVarUint8Array(reader) }
}

const kinds: ReadonlyMap<number, SyncFrame['kind']> = new Map([
  [messageYjsSyncStep1, 'step-1'],
  [messageYjsSyncStep2, 'step-2'],
  [messageYjsUpdate, 'update'],
])

const syncFrame = (kind: number, bytes: Uint8Array): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, types.sync)
    encoding.writeVarUint(out, kind)
    encoding.writeVarUint8Array(out, bytes)
  })
