import { describe, expect, it } from 'vitest'
import { record } from './recording.ts'
import type { Trace, Transaction } from './trace.ts'

const trace = (agents: number, transactions: readonly Transaction[]): Trace => ({
  agents,
  transactions,
  endContent: '',
})

const insert = (
  agent: number,
  parents: readonly number[],
  [position, text]: readonly [number, string],
): Transaction => ({ agent, parents, patches: [[position, 0, text]] })

describe('record', () => {
  it('makes one update of each transaction', () => {
    const recording = record(
      trace(1, [
        insert(0, [], [0, 'hello']),
        {
          agent: 0,
          parents: [0],
          patches: [
            [0, 1, 'J'],
            [5, 0, '!'],
          ],
        },
      ]),
    )
    expect(recording).toMatchObject({ ok: true, value: { endText: 'Jello!' } })
    expect(recording.ok && recording.value.edits).toHaveLength(2)
  })

  it('merges what the parents say and nothing else: the rest stays concurrent', () => {
    const recording = record(
      trace(2, [
        insert(0, [], [0, 'shared ']),
        insert(0, [0], [7, 'anna ']),
        insert(1, [0], [7, 'ben ']), // has not seen Anna's
        insert(1, [1, 2], [0, '> ']), // has seen both
      ]),
    )
    if (!recording.ok) throw new Error(recording.error)
    const { edits, endText } = recording.value
    expect(edits.map(({ merged }) => merged.map((edit) => edits.indexOf(edit)))).toEqual([
      [],
      [],
      [0],
      [1],
    ])
    expect(endText).toBe('> shared anna ben ')
  })

  it.each([
    {
      what: 'an edit beyond the end of what its author had seen',
      transactions: [insert(0, [], [0, 'a']), insert(1, [], [1, 'b'])],
      error: 'transaction 1 changes nothing or is out of the text',
    },
    {
      what: 'an author who forgot an own edit',
      transactions: [insert(0, [], [0, 'a']), insert(0, [], [0, 'b'])],
      error: "transaction 1 does not follow on agent 0's own last one",
    },
  ])('refuses $what', ({ transactions, error }) => {
    expect(record(trace(2, transactions))).toEqual({ ok: false, error })
  })
})
