import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { EMPTY_STATE_VECTOR, EMPTY_UPDATE, seq } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import type { InputKind, InputOf } from './input.ts'
import type { PhaseKind } from './phase.ts'
import {
  ann,
  bob,
  cyd,
  emptyDocument,
  here,
  TestRoom,
  typist,
  WRITER,
} from './testing/test-room.ts'

const markdown = readFileSync(new URL('../../ROOM.md', import.meta.url), 'utf8')
const rows = markdown
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split('|').length === 8)
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
const [[, ...phases] = [], ...cells] = rows

/** A member with everything under way that can be: an append, a patch, a fold, a read of the log. */
const busy = (): TestRoom => {
  const room = new TestRoom({ compactUpdates: 1 }).open(ann)
  const { type } = typist(1)
  room.presence(ann, here(1, 1))
  room.update(ann, type('1'))
  room.commit()
  room.update(ann, type('2'))
  room.take({ kind: 'join', session: cyd, access: 'read', user: 'cyd', asking: 'on-join' })
  room.update(cyd, typist(3).type('denied'))
  room.tick(500)
  room.leave(cyd)
  room.take({ kind: 'remote', hint: { first: seq(5), last: seq(5), updates: [], writer: WRITER } })
  return room
}

const inPhase: Record<PhaseKind, () => TestRoom> = {
  absent: () => new TestRoom(),
  loading: () => {
    const room = new TestRoom()
    room.join(ann)
    return room
  },
  live: busy,
  closing: () => {
    const room = busy()
    room.leave(ann)
    return room
  },
  failed: () => {
    const room = new TestRoom()
    room.join(ann)
    room.take({ kind: 'loadFailed', problem: 'disk', isDeleted: false })
    return room
  },
}

const inputs: { readonly [K in InputKind]: InputOf<K> } = {
  join: { kind: 'join', session: bob, access: 'write', user: null, asking: 'on-join' },
  regrant: { kind: 'regrant', session: ann, access: 'read', user: null },
  message: { kind: 'message', session: ann, message: { kind: 'unknown', type: 9 }, bytes: 1 },
  leave: { kind: 'leave', session: ann },
  loaded: { kind: 'loaded', document: emptyDocument },
  loadFailed: { kind: 'loadFailed', problem: 'disk', isDeleted: false },
  appended: {
    kind: 'appended',
    appended: { doc: emptyDocument.id, first: seq(2), last: seq(2), writer: WRITER },
  },
  appendFailed: { kind: 'appendFailed', problem: 'disk' },
  kept: { kind: 'kept', kept: [] },
  keepFailed: { kind: 'keepFailed', problem: 'disk', isFinal: false },
  answered: {
    kind: 'answered',
    session: ann,
    answer: { first: [], last: EMPTY_UPDATE },
    asOf: { stateVector: EMPTY_STATE_VECTOR, isWhole: true },
  },
  answerFailed: {
    kind: 'answerFailed',
    session: ann,
    asker: { kind: 'has', stateVector: EMPTY_STATE_VECTOR },
    problem: 'disk',
  },
  congested: { kind: 'congested', session: ann },
  drained: { kind: 'drained', session: ann, hasMissedPresence: true },
  untold: { kind: 'untold', session: ann },
  unread: { kind: 'unread', sessions: [ann] },
  fold: { kind: 'fold' },
  compacted: {
    kind: 'compacted',
    folded: { updates: 1, updateBytes: 20, snapshotBytes: 20, quarantined: [], waiting: null },
  },
  compactFailed: { kind: 'compactFailed', problem: 'disk' },
  remote: { kind: 'remote', hint: { first: seq(7), last: seq(7), updates: [], writer: WRITER } },
  caughtUp: {
    kind: 'caughtUp',
    content: { head: seq(5), writer: WRITER, snapshot: null, tail: [] },
  },
  catchUpFailed: { kind: 'catchUpFailed', problem: 'disk' },
  tick: { kind: 'tick' },
  drain: { kind: 'drain' },
  expel: { kind: 'expel', close: 'deleted', reason: 'the document was deleted' },
}

/** What comes of an input, in the words of the table. */
const outcome = (phase: PhaseKind, kind: InputKind): '—' | 'ignored' | 'handled' => {
  const room = inPhase[phase]()
  expect(room.phase).toBe(phase)
  if (kind === 'tick') {
    if (phase === 'closing') room.failAppend()
    room.now += 60_000
  }
  if (kind === 'unread') room.now += 25_000
  if (kind === 'fold' && phase === 'live') room.take(inputs.compactFailed) // which leaves the tail
  const look = () => inspect(room.room.phase, { depth: 8 })
  const before = look()
  try {
    const effects = room.take(inputs[kind])
    return effects.length === 0 && look() === before ? 'ignored' : 'handled'
  } catch (error) {
    expect(error).toMatchObject({ message: `room "doc": ${kind} while ${phase}` })
    return '—'
  }
}

describe('[R1] the table in ROOM.md', () => {
  test('has every phase and every input', () => {
    expect(phases).toEqual(Object.keys(inPhase))
    expect(cells.map(([kind]) => kind)).toEqual(Object.keys(inputs))
  })

  test.each(Object.keys(inPhase) as PhaseKind[])('says what happens while %s', (phase) => {
    const column = Object.keys(inPhase).indexOf(phase) + 1
    const written = cells.map((row) => {
      const cell = row[column] ?? ''
      return [row[0], cell === '—' || cell === 'ignored' ? cell : 'handled']
    })
    const happens = Object.keys(inputs).map((kind) => [kind, outcome(phase, kind as InputKind)])
    expect(written).toEqual(happens)
  })
})

test('every test that ROOM.md names exists', () => {
  const sources = [
    'answering',
    'asking',
    'aside',
    'authorship',
    'folding',
    'following',
    'hear',
    'logins',
    'phases',
    'presence',
    'saving',
    'writes',
    'room.property',
  ].map((name) => readFileSync(new URL(`./${name}.test.ts`, import.meta.url), 'utf8'))
  const quoted = markdown.replaceAll(/\s+/g, ' ').matchAll(/"([^"]*)"/g)
  const titles = [...quoted].map(([, title = '']) => title.replace(/ ?…$/, ''))
  const named = titles.filter((title) => title.length > 8) // shorter ones are words, not titles
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((title) => !sources.some((source) => source.includes(title)))).toEqual([])
})
