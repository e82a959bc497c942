/* Several updates as one byte array: n × (bytes), each a varUint length and that many bytes. */
import { ByteReader, err, ok, type Result, type Update } from '@quire/shared'
import * as encoding from 'lib0/encoding'

/** One byte array with all updates, in order. */
export const packUpdates = (updates: readonly Update[]): Uint8Array => {
  const out = encoding.createEncoder()
  for (const update of updates) encoding.writeVarUint8Array(out, update)
  return encoding.toUint8Array(out)
}

/** The updates of `packUpdates`, as views. The error says what does not read, and where. */
export const unpackUpdates = (packed: Uint8Array): Result<readonly Update[], string> => {
  const reader = new ByteReader(packed)
  const updates: Update[] = []
  while (reader.left > 0) {
    const bytes = reader.bytes('an update')
    if (reader.problem !== null) return err(reader.problem.message)
    updates.push(bytes as Update) // only updates are packed
  }
  return ok(updates)
}
