/*
 * StateVector = varUint n, n × (varUint client, varUint clock)          (yjs encoding.js, V1)
 */
import type { StateVector } from '../bytes.ts'
import { clientId, type ClientId } from '../ids.ts'
import { err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'

/** Decodes a state vector into clocks by client; where a client stands twice, the later one counts. */
export const decodeStateVector = (
  bytes: Uint8Array,
): Result<ReadonlyMap<ClientId, number>, DecodeProblem> => {
  const reader = new ByteReader(bytes)
  const clocks = new Map<ClientId, number>()
  const count = reader.clients('the state vector')
  for (let i = 0; i < count && reader.problem === null; i++) {
    const client = reader.varUint('client of the state vector')
    const clock = reader.varUint('clock of the state vector')
    if (reader.problem === null) clocks.set(clientId(client), clock)
  }
  reader.end('the state vector')
  return reader.problem === null ? ok(clocks) : err(reader.problem)
}

/** Brands bytes as a state vector after reading them to their end. */
export const parseStateVector = (bytes: Uint8Array): Result<StateVector, DecodeProblem> => {
  const reader = new ByteReader(bytes)
  const count = reader.clients('the state vector')
  for (let i = 0; i < count && reader.problem === null; i++) {
    reader.varUint('client of the state vector')
    reader.varUint('clock of the state vector')
  }
  reader.end('the state vector')
  return reader.problem === null ? ok(bytes as StateVector) : err(reader.problem) // read above
}
