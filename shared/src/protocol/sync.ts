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

const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2

/** Writes a sync message behind whatever the encoder holds. */
export const writeSync = (out: encoding.Encoder, message: SyncMessage): void => {
  switch (message.kind) {
    case 'sync-step-1':
      encoding.writeVarUint(out, STEP_1)
      return encoding.writeVarUint8Array(out, message.stateVector)
    case 'sync-step-2':
      encoding.writeVarUint(out, STEP_2)
      return encoding.writeVarUint8Array(out, message.update)
    case 'update':
      encoding.writeVarUint(out, UPDATE)
      return encoding.writeVarUint8Array(out, message.update)
  }
}

/** Reads a sync message. A sub-type it does not know is a problem: its length cannot be known. */
export const readSync = (reader: ByteReader): Result<ReceivedSync, DecodeProblem> => {
  const type = reader.varUint('sync message type')
  if (type > UPDATE) reader.fail('unknown', `sync message type ${type} is not known`)
  const body = reader.bytes('sync message')
  if (reader.problem !== null) return err(reader.problem)
  if (type === STEP_1) {
    const stateVector = parseStateVector(body)
    return stateVector.ok
      ? ok({ kind: 'sync-step-1', stateVector: stateVector.value })
      : stateVector
  }
  const contents = readUpdate(body)
  if (!contents.ok) return contents
  const kind = type === STEP_2 ? 'sync-step-2' : 'update'
  return ok({ kind, contents: contents.value })
}
