import { closeCodes, millis } from '@quire/shared'
import { describe, expect, it } from 'vitest'

import { connectionLabel, connectionSentence } from './connection-text.ts'
import type { ConnectionState } from './connection.ts'

const refused = {
  kind: 'refused',
  code: closeCodes.forbidden.code,
  reason: '',
  document: 'open',
} as const
const states: ConnectionState[] = [
  { kind: 'connecting' },
  { kind: 'syncing' },
  { kind: 'live', localChanges: 0 },
  { kind: 'live', localChanges: 2 },
  { kind: 'reconnecting', since: millis(0), localChanges: 0 },
  { kind: 'reconnecting', since: millis(0), localChanges: 1 },
  { kind: 'reconnecting', since: millis(0), localChanges: 12 },
  { ...refused, localChanges: 0 },
  { ...refused, localChanges: 3 },
]

describe('what the header says about the connection', () => {
  it('claims that all is saved only where the server confirmed every change', () => {
    for (const state of states) {
      const isSaved = state.kind === 'live' && state.localChanges === 0
      expect(/are saved/i.test(connectionLabel(state) + connectionSentence(state))).toBe(isSaved)
    }
  })

  it('is different for every state', () => {
    expect(new Set(states.map((s) => connectionLabel(s) + connectionSentence(s))).size).toBe(
      states.length,
    )
  })

  it('counts offline changes and says that closing the tab loses them', () => {
    const state: ConnectionState = { kind: 'reconnecting', since: millis(0), localChanges: 12 }
    expect(connectionLabel(state)).toBe('Offline: 12 changes kept in this tab')
    expect(connectionSentence(state)).toContain('close this tab before, they are lost')
  })

  it('gives the reason of a refusal', () => {
    expect(connectionLabel({ ...refused, localChanges: 0 })).toBe(
      'Refused: You do not have access to this document.',
    )
  })
})
