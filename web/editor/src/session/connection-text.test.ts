import { closeCodes, millis } from '@quire/shared'
import { describe, expect, it } from 'vitest'

import {
  connectionLabel,
  connectionSentence,
  savingLabel,
  shortConnectionLabel,
} from './connection-text.ts'
import type { ConnectionState } from './connection.ts'

const refused = {
  kind: 'refused',
  code: closeCodes.forbidden.code,
  reason: '',
  document: 'open',
} as const
const live = { kind: 'live', mayWrite: true, serverSaves: true } as const
const states: ConnectionState[] = [
  { kind: 'connecting' },
  { kind: 'syncing' },
  { ...live, localChanges: 0 },
  { ...live, localChanges: 2 },
  { ...live, localChanges: 2, serverSaves: false },
  { ...live, localChanges: 0, mayWrite: false },
  { kind: 'reconnecting', since: millis(0), localChanges: 0, mayWrite: true },
  { kind: 'reconnecting', since: millis(0), localChanges: 1, mayWrite: true },
  { kind: 'reconnecting', since: millis(0), localChanges: 12, mayWrite: true },
  { ...refused, localChanges: 0 },
  { ...refused, localChanges: 3 },
]

describe('what the header says about the connection', () => {
  it('claims that all is saved only where the server confirmed every change', () => {
    for (const state of states) {
      const isSaved = state.kind === 'live' && state.localChanges === 0 && state.mayWrite
      expect(/are saved/i.test(connectionLabel(state) + connectionSentence(state))).toBe(isSaved)
    }
  })

  it('is different for every state', () => {
    expect(new Set(states.map((s) => connectionLabel(s) + connectionSentence(s))).size).toBe(
      states.length,
    )
  })

  it('counts offline changes and says that closing the tab loses them', () => {
    const state: ConnectionState = {
      kind: 'reconnecting',
      since: millis(0),
      localChanges: 12,
      mayWrite: true,
    }
    expect(connectionLabel(state)).toBe('Offline: 12 changes kept in this tab')
    expect(connectionSentence(state)).toContain('close this tab before, they are lost')
  })

  it('says in a few words that nothing may be changed, that nobody is signed in, and that nothing is saved', () => {
    expect(connectionLabel({ ...live, localChanges: 0, mayWrite: false })).toBe('Read only')
    const signedOut = { ...refused, code: closeCodes.unauthorized.code, localChanges: 0 }
    expect(connectionLabel(signedOut)).toBe('Signed out')
    expect(shortConnectionLabel(signedOut)).toBe('Signed out')
    expect(savingLabel('failing')).toBe('The server cannot save right now')
  })

  it('gives the reason of a refusal', () => {
    expect(connectionLabel({ ...refused, localChanges: 0 })).toBe(
      'Refused: You do not have access to this document.',
    )
  })
})
