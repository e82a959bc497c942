import {
  parseDocName,
  seq,
  type DeleteSet,
  type StateVector,
  type Update,
  type UpdateIndex,
} from '@quire/shared'
import { openSqliteStorage } from '../open.ts'
import {
  countsOf,
  planned,
  plannedTime,
  quarantinedBetween,
  snapshotText,
  updateText,
} from './power-plan.ts'

/*
 * A process for tests whose power is cut: node power-process.ts DIRECTORY
 *
 * Writes batch after batch of power-plan.ts, folding now and then while the next batch is under way,
 * and prints the number of each batch once it is acknowledged. Ends when its standard
 * input does.
 */

const BATCHES_PER_FOLD = 10

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const opened = await openSqliteStorage({ dataDir: process.argv[2] ?? '' })
if (!opened.ok) throw new Error(opened.error.message)
const storage = opened.value

const docs = await Promise.all(
  planned.map(async (raw) => {
    const name = parseDocName(raw)
    const document = name.ok ? await storage.open(name.value) : name
    if (!document.ok) throw new Error(document.error.message)
    return { name: raw, id: document.value.id, head: 0, through: 0 }
  }),
)

const append = async (batch: number): Promise<void> => {
  const counts = countsOf(batch)
  const entries = docs.map((doc, i) => ({
    doc: doc.id,
    updates: Array.from({ length: counts[i] ?? 0 }, (_, n) => {
      return bytesOf(updateText(doc.name, doc.head + 1 + n)) as Update // storage does not look inside
    }),
  }))
  const landed = await storage.append(entries, plannedTime)
  if (!landed.ok) throw new Error(landed.error.message)
  for (const [i, doc] of docs.entries()) doc.head += counts[i] ?? 0
  await new Promise((resolve) => process.stdout.write(`${batch}\n`, resolve))
}

const fold = async (doc: (typeof docs)[number]): Promise<void> => {
  const through = seq(Math.max(doc.through, doc.head - 3))
  const quarantined = quarantinedBetween(doc.through, through)
  doc.through = through
  const [bytes, stateVector, deleteSet, index] = [
    snapshotText(doc.name, through),
    'vector',
    'deletes',
    'index',
  ].map(bytesOf) as [Update, StateVector, DeleteSet, UpdateIndex] // as above
  const folded = await storage.compact(
    doc.id,
    { through, bytes, stateVector, deleteSet, index },
    quarantined,
  )
  if (!folded.ok) throw new Error(folded.error.message)
}

process.stdin.resume().once('end', () => process.exit(0))
for (let batch = 1; ; batch++) {
  const due = batch % BATCHES_PER_FOLD === 0 ? docs[(batch / BATCHES_PER_FOLD) % docs.length] : null
  await Promise.all([append(batch), due ? fold(due) : null])
}
