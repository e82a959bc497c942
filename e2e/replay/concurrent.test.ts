import { describe, expect, it } from 'vitest'
import { expectSurvives, recorded, TRACE_MS } from './replayed.ts'

describe('several writers at once', () => {
  it.each([
    { name: 'friendsforever', agents: 2, transactions: 26_078, merges: 2_446 },
    { name: 'clownschool', agents: 3, transactions: 23_136, merges: 3_855 },
  ])(
    '$name: $agents writers who merged $merges times end in one text, on disk and with every reader',
    async ({ name, agents, transactions, merges }) => {
      const { trace, recording } = await recorded(name)
      expect(recording.agents).toBe(agents)
      expect(recording.edits).toHaveLength(transactions)
      expect(recording.edits.filter((edit) => edit.merged.length > 0)).toHaveLength(merges)
      // Yjs merges these sessions as the recording program did: no tie was broken the other way
      expect(recording.endText).toBe(trace.endContent)
      await expectSurvives(name, recording)
    },
    TRACE_MS,
  )
})
