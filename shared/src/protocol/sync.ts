/*
 * The y-protocols sync messages (y-protocols PROTOCOL.md, sync.js):
 *
 *   SyncStep1 = varUint 0, varUint length, state vector
 *   SyncStep2 = varUint 1, varUint length, update          (the answer to a SyncStep1)
 *   Update    = varUint 2, varUint length, update
 */
import * as encoding from 'lib0/encoding'
import type { StateVector, Update } from '../bytes.ts'
import { err, ok, type Result } from '../result.ts'
import type { ByteReader, DecodeProblem } from './byte-reader.ts'
import { parseStateVector } from './state-vector.ts'
import { readUpdate, type UpdateContents } from './update.ts'

/** A sync message as it is sent. */
export type SyncMessage =
  | { readonly kind: 'sync-step-1'; readonly stateVector: StateVector }
  | { readonly kind: 'sync-step-2'; readonly update: Update }
  | { readonly kind: 'update'; readonly update: Update }

/** A sync message as it was received, read to its last byte. Bytes are views into the message. */
export type ReceivedSync =
  | { readonly kind: 'sync-step-1'; readonly stateVector: StateVector }
  | { readonly kind: 'sync-step-2'; readonly contents: UpdateContents }
  | { readonly kind: 'update'; readonly contents: UpdateContents }

/** The type that each sync message begins with. */
export const syncTypes = { 'sync-step-1': 0, 'sync-step-2': 1, update: 2 } as const

/** Writes a sync message behind whatever the encoder holds. */
export const writeSync = (out: encoding.Encoder, message: SyncMessage): void => {
  encoding.writeVarUint(out, syncTypes[message.kind])
  const body = message.kind === 'sync-step-1' ? message.stateVector : message.update
  encoding.writeVarUint8Array(out, body)
}

/** Reads a sync message. A sub-type it does not know is a problem: its length cannot be known. */
export const readSync = (reader: ByteReader): Result<ReceivedSync, DecodeProblem> => {
  const type = reader.varUint('sync message type')
  if (type > syncTypes.update) reader.fail('unknown', `sync message type ${type} is not known`)
  const body = reader.bytes('sync message')
  if (reader.problem !== null) return err(reader.problem)
  if (type === syncTypes['sync-step-1']) {
    const stateVector = parseStateVector(body)
    return stateVector.ok
      ? ok({ kind: 'sync-step-1', stateVector: stateVector.value })
      : stateVector
  }
  const contents = readUpdate(body)
  if (!contents.ok) return contents
  const kind = type === syncTypes['sync-step-2'] ? 'sync-step-2' : 'update'
  return ok({ kind, contents: contents.value })
}
