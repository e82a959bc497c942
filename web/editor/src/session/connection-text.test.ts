import { describe, expect, it } from 'vitest'

import { connectionLabel, connectionSentence } from './connection-text.ts'
import type { ConnectionState } from './connection.ts'

const refused = { kind: 'refused', code: 4403, reason: '', document: 'open' } as const
const states: ConnectionState[] = [
  { kind: 'connecting' },
  { kind: 'syncing' },
  { kind: 'live' },
  { kind: 'reconnecting', since: 0, localChanges: 0 },
  { kind: 'reconnecting', since: 0, localChanges: 1 },
  { kind: 'reconnecting', since: 0, localChanges: 12 },
  { ...refused, localChanges: 0 },
  { ...refused, localChanges: 3 },
]

describe('what the header says about the connection', () => {
  it('never claims that anything is saved, which the protocol cannot know', () => {
    for (const state of states) {
      expect(connectionLabel(state) + connectionSentence(state)).not.toMatch(/saved/i)
    }
  })

  it('is different for every state', () => {
    expect(new Set(states.map((s) => connectionLabel(s) + connectionSentence(s))).size).toBe(8)
  })

  it('counts offline changes and says that closing the tab loses them', () => {
    const state: ConnectionState = { kind: 'reconnecting', since: 0, localChanges: 12 }
    expect(connectionLabel(state)).toBe('Offline: 12 changes kept in this tab')
    expect(connectionSentence(state)).toContain('close this tab before, they are lost')
  })

  it('gives the reason of a refusal', () => {
    expect(connectionLabel({ ...refused, localChanges: 0 })).toBe(
      'Refused: You do not have access to this document.',
    )
  })
})
