import { foldUpdates } from './folding.ts'
import { packUpdates, unpackUpdates } from './packed.ts'
import type { DocumentRecords, LogEntry, LogSize } from './records.ts'
import type { Update } from '@quire/shared'

/**
 * Puts one entry in the place of all that the log of this life holds. Resolves with its size then, or with null
 * where that did not work: the log is as it was, and whatever is wrong with it comes out elsewhere.
 */
export const foldLog = async (records: DocumentRecords, life: string): Promise<LogSize | null> => {
  const contents = await records.read()
  if (!contents.ok || contents.value.life !== life) return null
  const { log } = contents.value
  const updates = unpackLog(log)
  const folded = updates && foldUpdates(updates)
  if (folded === null) return null
  const numbers = log.map(({ number }) => number)
  const size = await records.fold(life, numbers, packUpdates([folded]))
  return size.ok ? size.value : null
}

/** All updates of a log, in order; null if one of its entries does not read. */
export const unpackLog = (log: readonly LogEntry[]): readonly Update[] | null => {
  const updates: Update[] = []
  for (const { bytes } of log) {
    const unpacked = unpackUpdates(bytes)
    if (!unpacked.ok) return null
    updates.push(...unpacked.value)
  }
  return updates
}
