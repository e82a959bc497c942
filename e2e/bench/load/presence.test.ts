import { expect, test } from 'vitest'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { Histogram } from '../measure/histogram.ts'
import { presenceEntries, PresenceLedger } from './presence.ts'

test('[bench] entries are those of y-protocols', () => {
  const doc = new Doc()
  doc.clientID = 77
  const awareness = new Awareness(doc)
  awareness.setLocalState({ name: 'Änne', at: 5 })
  const clock = awareness.meta.get(77)?.clock ?? -1
  expect(presenceEntries(77, clock, { name: 'Änne', at: 5 })).toEqual(
    encodeAwarenessUpdate(awareness, [77]),
  )
  awareness.destroy()
  doc.destroy()
})

test('[bench] a newer state stands for all before it, an older one and one’s own for nothing', () => {
  const latency = new Histogram()
  const ledger = new PresenceLedger([10, 20], [[0, 100, 200], [50]], latency)
  ledger.measure({ from: 0, to: 1_000 })
  expect(ledger.missing).toBe(2)
  ledger.take(1, presenceEntries(10, 1, {}), 10)
  ledger.take(1, presenceEntries(10, 3, {}), 250)
  ledger.take(1, presenceEntries(10, 2, {}), 260)
  ledger.take(0, presenceEntries(10, 3, {}), 270)
  expect(ledger.total).toBe(2)
  expect(latency.count).toBe(2)
  expect(ledger.missing).toBe(1)
  ledger.take(0, presenceEntries(20, 1, {}), 270)
  expect(ledger.missing).toBe(0)
})
