/*
 * Presence, which y-protocols calls awareness (awareness.js, encodeAwarenessUpdate):
 *
 *   Presence = varUint n, n × (varUint client, varUint clock, varString JSON)      JSON "null" = gone
 */
import * as encoding from 'lib0/encoding'
import { clientId, type ClientId } from '../ids.ts'
import { err, ok, type Result } from '../result.ts'
import { ByteReader, type DecodeProblem } from './byte-reader.ts'
import { jsonProblem } from './json.ts'

/** One client's presence. `state` is JSON text, checked but not parsed; null means gone. */
export interface PresenceEntry {
  readonly client: ClientId
  readonly clock: number
  readonly state: string | null
}

/** Bounds on one presence message. */
export interface PresenceLimits {
  /** Entries in one message. */
  readonly presenceEntries: number
  /** Bytes of UTF-8 in the JSON of one entry. */
  readonly presenceBytes: number
}

/** Encodes entries, byte-equal to y-protocols for the same clocks and JSON. */
export const encodePresence = (entries: readonly PresenceEntry[]): Uint8Array => {
  const out = encoding.createEncoder()
  encoding.writeVarUint(out, entries.length)
  for (const entry of entries) {
    encoding.writeVarUint(out, entry.client)
    encoding.writeVarUint(out, entry.clock)
    encoding.writeVarString(out, entry.state ?? 'null')
  }
  return encoding.toUint8Array(out)
}

/** Decodes all entries or none: nothing of a message counts unless the whole of it is right. */
export const decodePresence = (
  bytes: Uint8Array,
  bounds: PresenceLimits,
): Result<readonly PresenceEntry[], DecodeProblem> => {
  const reader = new ByteReader(bytes)
  const count = reader.varUint('number of presence entries')
  if (count > bounds.presenceEntries)
    reader.fail('limit', `presence has ${count} entries, limit ${bounds.presenceEntries}`)
  const entries: PresenceEntry[] = []
  for (let i = 0; i < count && reader.problem === null; i++) {
    const client = clientId(reader.varUint('client of a presence entry'))
    const clock = reader.varUint('clock of a presence entry')
    const state = readState(reader, bounds.presenceBytes)
    entries.push({ client, clock, state })
  }
  reader.end('the presence message')
  return reader.problem === null ? ok(entries) : err(reader.problem)
}

const readState = (reader: ByteReader, maxBytes: number): string | null => {
  const bytes = reader.bytes('presence state')
  if (bytes.length > maxBytes)
    reader.fail('limit', `presence state is ${bytes.length} bytes, limit ${maxBytes}`)
  const text = reader.text(bytes, 'presence state')
  if (reader.problem !== null) return null
  const problem = jsonProblem(text)
  if (problem !== null) reader.fail('json', `presence state: ${problem}`)
  return text.trim() === 'null' ? null : text
}
