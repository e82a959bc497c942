import { describe, expect, it } from 'vitest'
import { expectSurvives, recorded, TRACE_MS } from './replayed.ts'

describe('one writer', () => {
  it.each([
    { name: 'sveltecomponent', transactions: 18_335 },
    { name: 'seph-blog1', transactions: 137_154 },
    { name: 'automerge-paper', transactions: 259_778 },
  ])(
    '$name: each of $transactions transactions is on disk and with every reader',
    async ({ name, transactions }) => {
      const { trace, recording } = await recorded(name)
      expect(recording.edits).toHaveLength(transactions)
      expect(recording.endText).toBe(trace.endContent)
      await expectSurvives(name, recording)
    },
    TRACE_MS,
  )
})
