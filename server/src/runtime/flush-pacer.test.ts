import { expect, test } from 'vitest'
import { flushIntervalMs } from './flush-pacer.ts'

test.each([
  { recipients: 2, utilisation: 0.1, ms: 0.016 },
  { recipients: 50, utilisation: 0.1, ms: 2 },
  { recipients: 200, utilisation: 0.1, ms: 16 },
  { recipients: 5_000, utilisation: 0.1, ms: 16 },
  { recipients: 2, utilisation: 0.7, ms: 8 },
  { recipients: 2, utilisation: 1, ms: 16 },
])('$recipients recipients on a loop busy for $utilisation are flushed every $ms ms', (row) => {
  expect(flushIntervalMs(row.recipients, row.utilisation)).toBeCloseTo(row.ms)
})
