import { closeCodes } from '@quire/shared'
import { describe, expect, it } from 'vitest'

import {
  announcement,
  connectionLabel,
  connectionSentence,
  savingLabel,
  shortConnectionLabel,
} from './connection-text.ts'
import { holdsOnlyCopy, mayWriteIn, unsavedChanges } from './connection.ts'
import type { ConnectionState, Keeping } from './connection.ts'

type Of<K extends ConnectionState['kind']> = Extract<ConnectionState, { kind: K }>

const counts = [0, 1, 12]
const problems = {
  quota: 'there is no space',
  unavailable: 'this browser does not let it',
  newer: 'a newer version of this page was here',
  broken: 'what is kept there cannot be read',
  cleared: 'the document was removed from it',
  io: 'its disk or the browser refuses',
} as const satisfies Record<Exclude<Keeping, 'kept'>, string>
const keepings = ['kept', ...Object.keys(problems)] as Keeping[] // the keys of a record of them

const live = (more: Partial<Of<'live'>> = {}): ConnectionState => ({
  kind: 'live',
  mayWrite: true,
  serverSaves: true,
  localChanges: 0,
  unkept: 0,
  keeping: 'kept',
  denied: null,
  ...more,
})
const offline = (localChanges: number, keeping: Keeping = 'kept', unkept = 0): ConnectionState => ({
  kind: 'offline',
  mayWrite: true,
  localChanges,
  unkept,
  keeping,
  denied: null,
})
const refused = (code: number, localChanges = 0, keeping: Keeping = 'kept'): ConnectionState => ({
  kind: 'refused',
  code,
  reason: '',
  document: 'open',
  localChanges,
  unkept: 0,
  keeping,
  denied: null,
})
const { forbidden, unauthorized } = closeCodes

/** Every state that there is, with few, one and many changes, kept and not kept. */
const allowed: ConnectionState[] = [
  { kind: 'connecting' },
  { kind: 'syncing' },
  { kind: 'absent' },
  ...counts.flatMap((localChanges) =>
    keepings.flatMap((keeping): ConnectionState[] => [
      live({ localChanges, keeping }),
      live({ localChanges, keeping, serverSaves: false }),
      live({ localChanges, keeping, mayWrite: false }),
      live({ localChanges, unkept: localChanges, keeping }),
      { kind: 'reconnecting', mayWrite: true, localChanges, unkept: 0, keeping, denied: null },
      offline(localChanges, keeping),
      offline(localChanges, keeping, Math.min(1, localChanges)),
      offline(localChanges, keeping, localChanges),
      refused(forbidden.code, localChanges, keeping),
      {
        kind: 'replaced',
        reason: '',
        document: 'open',
        localChanges,
        unkept: 0,
        keeping,
        denied: null,
      },
    ]),
  ),
]
const denied = 'a change of 9 bytes is not sent'
const deniedStates = allowed.flatMap((state): ConnectionState[] =>
  'denied' in state && state.localChanges > 0 ? [{ ...state, denied }] : [],
)
const states = [...allowed, ...deniedStates]
const textsOf = (state: ConnectionState): readonly string[] => [
  connectionLabel(state),
  shortConnectionLabel(state),
  connectionSentence(state),
  announcement(state),
]

describe('what the header says about the connection', () => {
  it.each<[ConnectionState, string, string]>([
    [{ kind: 'connecting' }, 'Connecting…', 'Connecting…'],
    [{ kind: 'syncing' }, 'Opening…', 'Opening…'],
    [{ kind: 'absent' }, 'Offline: not on this device', 'Offline'],
    [live(), 'Live', 'Live'],
    [live({ mayWrite: false }), 'Read only', 'Read only'],
    [
      {
        kind: 'reconnecting',
        mayWrite: true,
        localChanges: 2,
        unkept: 0,
        keeping: 'kept',
        denied: null,
      },
      'Reconnecting…',
      'Reconnecting…',
    ],
    [offline(0), 'Offline: everything is saved', 'Offline'],
    [offline(1), 'Offline: 1 change kept on this device', 'Offline: 1'],
    [offline(12), 'Offline: 12 changes kept on this device', 'Offline: 12'],
    [refused(unauthorized.code), 'Signed out', 'Signed out'],
    [refused(forbidden.code), 'Refused: You do not have access to this document.', 'Refused'],
    [
      {
        kind: 'replaced',
        reason: '',
        document: 'open',
        localChanges: 0,
        unkept: 0,
        keeping: 'kept',
        denied: null,
      },
      'Replaced',
      'Replaced',
    ],
  ])('%o: %s', (state, label, short) => {
    expect(connectionLabel(state)).toBe(label)
    expect(shortConnectionLabel(state)).toBe(short)
  })

  it.each(Object.entries(problems))('says in words why nothing is kept: %s', (problem, words) => {
    const keeping = problem as Keeping // a key of that record
    expect(connectionLabel(offline(1, keeping))).toBe(
      `Offline: 1 change, not kept on this device: ${words}`,
    )
    expect(connectionLabel(offline(3, keeping))).toBe(
      `Offline: 3 changes, not kept on this device: ${words}`,
    )
    expect(connectionLabel(offline(0, keeping))).toBe('Offline: everything is saved')
    expect(shortConnectionLabel(offline(3, keeping))).toBe('Offline: 3, not kept')
    expect(connectionSentence(offline(0, keeping))).toContain(words)
    expect(announcement(offline(3, keeping))).toContain(words)
  })

  it('counts as kept what is on the disk of this device', () => {
    expect(connectionLabel(offline(3, 'kept', 1))).toBe('Offline: 2 changes kept on this device')
    expect(connectionLabel(offline(1, 'kept', 1))).toBe('Offline: keeping 1 change on this device…')
    expect(connectionSentence(offline(3, 'kept', 1))).toContain(
      '1 change is being written to this device. Keep this tab open',
    )
    expect(connectionSentence(live({ localChanges: 3, unkept: 3 }))).toContain('Keep this tab open')
  })

  it('never says that changes are kept where this device does not keep them', () => {
    const unkept = states.filter((state) => 'keeping' in state && state.keeping !== 'kept')
    for (const text of unkept.flatMap(textsOf))
      expect(text).not.toMatch(/(?<!not) kept on this device/)
  })

  it('warns of closing the tab wherever that loses changes, and nowhere else', () => {
    const warning = /lost if you close|keep this tab open|before you close this tab/i
    const unsaved = states.filter(({ kind }) => kind !== 'replaced').filter(unsavedChanges)
    for (const state of unsaved)
      expect(warning.test(connectionSentence(state))).toBe(holdsOnlyCopy(state))
  })

  it('claims that all is saved only where the server confirmed every change', () => {
    for (const state of states) {
      const isSaved = state.kind === 'live' && state.localChanges === 0 && state.mayWrite
      expect(/are saved on its disk/i.test(connectionSentence(state))).toBe(
        isSaved && state.serverSaves,
      )
      expect(connectionLabel(state).endsWith('everything is saved')).toBe(
        state.kind === 'offline' && state.localChanges === 0,
      )
    }
  })

  it('gives the reason wherever a person who may write has changes that are never saved', () => {
    const writing = ['live', 'reconnecting', 'offline']
    const told = deniedStates.filter(({ kind }) => writing.includes(kind)).filter(mayWriteIn)
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(writing))
    for (const state of told) {
      expect(connectionSentence(state)).toContain(`not saved: ${denied}.`)
      expect(connectionSentence(state)).not.toMatch(/has not confirmed|can be sent/)
    }
  })

  it('says what was denied when it can be seen, and reads it out', () => {
    const state = live({ localChanges: 2, denied })
    expect(connectionSentence(state)).toBe(
      `2 changes not saved: ${denied}. They are kept on this device. Copy what you need elsewhere.`,
    )
    expect(announcement(state)).toBe(`Live. Not saved: ${denied}.`)
    expect(connectionSentence(live({ localChanges: 1, denied, keeping: 'quota' }))).toBe(
      `1 change not saved: ${denied}. Copy what you need before you close this tab.`,
    )
  })

  it('counts in the sentence, too', () => {
    expect(connectionSentence(offline(12))).toContain(
      '12 changes are kept on this device until they',
    )
    expect(connectionSentence(offline(1))).toContain('1 change is kept on this device until it')
    expect(connectionSentence(refused(forbidden.code, 3))).toContain('3 changes did not reach')
    expect(connectionSentence(live({ mayWrite: false, localChanges: 2 }))).toContain(
      '2 changes made here will not be saved',
    )
  })

  it('does not read the count out at every key', () => {
    expect(announcement(offline(1))).toBe(announcement(offline(12)))
    expect(announcement(live())).toBe('Live')
  })

  it('says whether it is saved in a word', () => {
    expect((['saved', 'saving', 'unsure', 'failing', 'denied'] as const).map(savingLabel)).toEqual([
      'Saved',
      'Saving…',
      '',
      'The server cannot save right now',
      'Not saved',
    ])
  })
})
