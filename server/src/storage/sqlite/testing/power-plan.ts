import { millis, seq, type Millis } from '@quire/shared'
import type { Quarantined } from '../../../ports/storage.ts'

/*
 * What power-process.ts writes, batch for batch, so that whoever finds its files knows what they may
 * hold: every byte follows from a document and a number.
 */

/** The documents' names. */
export const planned = ['x', 'y', 'z'] as const

/** How many updates batch `batch`, from 1 on, appends to each document; batch 0 is empty. */
export const countsOf = (batch: number): readonly number[] =>
  planned.map((_, i) => (batch > 0 && i <= batch % planned.length ? 1 + ((batch + i) % 3) : 0))

/** An update of up to 20 KB: some share a page, some fill several. */
export const updateText = (name: string, number: number): string =>
  `${name} ${number}`.padEnd((number * 7_919) % 20_000, '.')

/** A snapshot of up to 100 KB. */
export const snapshotText = (name: string, through: number): string =>
  `${name} through ${through}`.padEnd((through * 104_729) % 100_000, '-')

/** What a compaction from one number to another quarantines: every seventh update. */
export const quarantinedBetween = (after: number, through: number): Quarantined[] => {
  const entries: Quarantined[] = []
  for (let number = after + 1; number <= through; number++)
    if (number % 7 === 0) entries.push({ seq: seq(number), problem: `update ${number}` })
  return entries
}

/** When everything was written. */
export const plannedTime: Millis = millis(1_750_000_000_000)
