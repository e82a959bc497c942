import { decodeStateVector, EMPTY_UPDATE, seq, type Mark, type Update } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../ports/content.ts'
import type { Asker, Effect } from './effect.ts'
import {
  ann,
  bob,
  contentsOf,
  cyd,
  documentOf,
  here,
  kindsOf,
  only,
  sentTo,
  TestRoom,
  typist,
  WRITER,
} from './testing/test-room.ts'

const small: Answer = { first: [], last: EMPTY_UPDATE }
const large: Answer = { first: [new Uint8Array(600 * 1024) as Update], last: EMPTY_UPDATE } // never decoded

const congested = (room: TestRoom) => room.take({ kind: 'congested', session: bob })
const drained = (room: TestRoom, { hasMissedPresence } = { hasMissedPresence: false }) =>
  room.take({ kind: 'drained', session: bob, hasMissedPresence })

/** The answer that was asked for is ready. */
const answered = (room: TestRoom, effects: readonly Effect[], answer = small) => {
  const asked = only(effects, 'answer')[0]
  if (asked === undefined) throw new Error('nothing was asked for')
  return room.take({ kind: 'answered', session: asked.session, answer, asOf: asked.asOf })
}

const clocksOf = (asker: Asker | undefined) => {
  const clocks = decodeStateVector(asker?.kind === 'has' ? asker.stateVector : new Uint8Array())
  return clocks.ok ? Object.fromEntries(clocks.value) : clocks.error
}

describe('[R9] a session that does not keep up', () => {
  test('is held, once, and said so', () => {
    const room = new TestRoom().open(ann, bob)
    expect(congested(room)).toEqual([
      { kind: 'observe', event: { kind: 'session-held', document: 'doc', session: bob } },
      { kind: 'hold', session: bob },
    ])
    expect(congested(room)).toEqual([])
  })

  test('gets what it has missed when it has read what waited, and every update from then on', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('seen'))
    congested(room)
    room.update(ann, type(' missed'))
    const effects = drained(room)
    expect(kindsOf(effects)).toEqual(['release', 'answer'])
    expect(only(effects, 'observe')).toMatchObject([
      { event: { kind: 'session-resynced', document: 'doc', session: bob } },
    ])
    expect(clocksOf(only(effects, 'answer')[0]?.asker)).toEqual({ 1: 4 })
    expect(kindsOf(answered(room, effects))).toEqual(['sync-step-2'])
    expect(drained(room)).toEqual([])
  })

  test('that has missed nothing is told the deletes, which a state vector does not count', () => {
    const room = new TestRoom().open(ann, bob)
    const { type, erase } = typist(1)
    room.update(ann, type('seen'))
    congested(room)
    room.update(ann, erase(2))
    expect(kindsOf(drained(room))).toEqual(['release', 'sync-step-2'])
  })

  test('is shown everybody again, and who has gone, if it has missed any of it', () => {
    const room = new TestRoom().openWide(ann, bob, cyd)
    room.presence(ann, here(1, 2))
    room.presence(cyd, here(3, 4))
    congested(room)
    room.leave(cyd)
    expect(sentTo(drained(room, { hasMissedPresence: true }), bob)[0]).toEqual({
      kind: 'presence',
      entries: [here(1, 2), here(3, 4, null)],
    })
  })

  test('is not shown everybody if it has missed nothing of it', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(ann, here(1, 2))
    congested(room)
    expect(kindsOf(drained(room))).toEqual(['release', 'sync-step-2'])
  })

  test('that is not held is shown everybody, and nothing else', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(ann, here(1, 2))
    expect(kindsOf(drained(room, { hasMissedPresence: true }))).toEqual(['presence'])
  })

  test('relay: what is not committed is not among what it has been told', () => {
    const room = new TestRoom({ durability: 'relay' }).open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('told'))
    room.commit()
    room.update(ann, type(' not told'))
    congested(room)
    room.commit()
    const asked = only(drained(room), 'answer')[0]
    expect(clocksOf(asked?.asker)).toEqual({ 1: 4 })
  })

  test('is held while it reads a large answer, and gets what came since it asked', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('before'))
    const asked = room.says(bob, typist(2).asks())
    room.update(ann, type(' since'))
    expect(kindsOf(answered(room, asked, large))).toEqual(['hold', 'update', 'sync-step-2'])
    const effects = drained(room)
    expect(clocksOf(only(effects, 'answer')[0]?.asker)).toEqual({ 1: 6 })
  })

  test('whose large answer comes while it is held misses what it missed before', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('told'))
    congested(room)
    room.update(ann, type(' not told'))
    const asked = room.says(bob, typist(2).asks())
    expect(kindsOf(answered(room, asked, large))).toEqual(['update', 'sync-step-2'])
    expect(clocksOf(only(drained(room), 'answer')[0]?.asker)).toEqual({ 1: 4 })
  })

  test('that has left is nobody', () => {
    const room = new TestRoom().open(ann, bob)
    room.leave(bob)
    expect(congested(room)).toEqual([])
    expect(drained(room)).toEqual([])
    room.leave(ann)
    expect(congested(room)).toEqual([])
  })
})

test('the same vector at the same version has the same answer', () => {
  const room = new TestRoom().open(ann, bob)
  const { type } = typist(1)
  room.update(ann, type('a'))
  const { asks } = typist(2)
  const version = () => only(room.says(bob, asks()), 'answer')[0]?.version
  const first = version()
  expect(version()).toBe(first)
  room.update(ann, type('b'))
  expect(version()).not.toBe(first)
})

describe('[R18] a position', () => {
  const epoch = 7
  const onDemand = (...updates: readonly Update[]) => {
    const room = new TestRoom()
    room.join(bob, 'write', 'on-demand')
    room.load({ ...documentOf(...updates), epoch })
    return room
  }
  const at = (place: number, { of = epoch, writer = WRITER } = {}) =>
    ({ kind: 'position', epoch: of, seq: seq(place), writer }) as const
  const [first, second] = [typist(1).type('a').update, typist(2).type('b').update]

  test('that is the newest needs nothing', () => {
    const room = onDemand(first, second)
    expect(room.says(bob, at(2))).toEqual([
      { kind: 'send', to: bob, message: { kind: 'sync-step-2', update: EMPTY_UPDATE } },
      { kind: 'send', to: bob, message: { kind: 'at', seq: 2, writer: WRITER } },
    ])
  })

  test('is answered from there, and told behind the answer', () => {
    const room = onDemand(first, second)
    const asked = room.says(bob, at(1))
    expect(only(asked, 'answer')).toMatchObject([
      { asker: { kind: 'was-at', seq: 1, writer: WRITER } },
    ])
    expect(kindsOf(answered(room, asked))).toEqual(['sync-step-2', 'at'])
  })

  test('that is the newest, and that another writer wrote, is unknown: its number was given twice', () => {
    const room = onDemand(first, second)
    const other = at(2, { writer: WRITER + 1 })
    expect(kindsOf(room.says(bob, other))).toEqual(['position-unknown'])
  })

  test('names who wrote it: the room itself, another node, or a fold what it appends anew', () => {
    const room = onDemand(first)
    room.says(bob, at(1))
    const hint = { first: seq(2), last: seq(2), updates: [second], writer: 8 }
    room.take({ kind: 'remote', hint })
    expect(sentTo(room.tick(500), bob).at(-1)).toEqual({ kind: 'at', seq: 2, writer: 8 })
    const content = { head: seq(3), writer: 9, snapshot: null, tail: [first, second] }
    room.take({ kind: 'remote', hint: { ...hint, first: seq(9), last: seq(9) } })
    room.take({ kind: 'caughtUp', content: { ...content, head: seq(9) } })
    expect(sentTo(room.tick(500), bob).at(-1)).toEqual({ kind: 'at', seq: 9, writer: 9 })
  })

  test.each([
    ['ahead of the log', 3],
    ['older than the log goes back', -1],
  ])('%s is unknown', (_, place) => {
    expect(kindsOf(onDemand(first, second).says(bob, at(place)))).toEqual(['position-unknown'])
  })

  test('that a fold has overtaken is unknown, and what waited behind its answer is told', () => {
    const room = onDemand(first, second)
    const { asker } = only(room.says(bob, at(1)), 'answer')[0] ?? {}
    if (asker === undefined) throw new Error('nothing was asked for')
    const mark = Uint8Array.of(1) as Mark // any bytes are a mark
    room.says(bob, { kind: 'mark', mark })
    const effects = room.take({ kind: 'answerFailed', session: bob, asker, problem: 'folded' })
    expect(kindsOf(effects)).toEqual(['position-unknown', 'ack'])
    expect(only(room.says(bob, typist(3).asks()), 'answer')).toHaveLength(1)
  })

  test('of another epoch sends its session away for good', () => {
    const effects = onDemand(first).says(bob, at(1, { of: 8 }))
    expect(only(effects, 'close')).toMatchObject([{ to: [bob], close: 'replaced' }])
    expect(kindsOf(effects).at(-1)).toBe('evict')
  })

  test('that was not told after all is told with the next tick', () => {
    const room = onDemand(first)
    room.says(bob, at(1))
    expect(kindsOf(room.tick(500))).not.toContain('at')
    room.take({ kind: 'untold', session: bob })
    expect(sentTo(room.tick(500), bob)).toEqual([{ kind: 'at', seq: 1, writer: WRITER }])
  })

  test('is not told to one who has not asked, however much it is given', () => {
    const room = onDemand(first)
    room.join(ann)
    congested(room)
    room.update(ann, typist(3).type('c'))
    const effects = drained(room)
    expect(kindsOf(answered(room, effects))).toEqual(['sync-step-2'])
    room.commit()
    expect(kindsOf(room.tick(1_000))).not.toContain('at')
  })

  test('is told with a tick once the log has grown, and not while the session is held', () => {
    const room = onDemand(first)
    room.says(bob, at(1))
    room.join(ann)
    room.update(ann, typist(3).type('c'))
    room.commit()
    congested(room)
    expect(sentTo(room.tick(500), bob)).toEqual([])
    drained(room)
    expect(sentTo(room.tick(500), bob)).toEqual([{ kind: 'at', seq: 2, writer: WRITER }])
    expect(sentTo(room.tick(500), bob)).toEqual([])
  })

  test('is told with a commit, at most twice a second', () => {
    const room = onDemand(first)
    room.says(bob, at(1))
    room.join(ann)
    room.now += 500
    room.update(ann, typist(4).type('d'))
    expect(sentTo(room.commit(), bob)).toEqual([{ kind: 'at', seq: 2, writer: WRITER }])
    room.update(ann, typist(5).type('e'))
    expect(sentTo(room.commit(), bob)).toEqual([])
  })

  test('is not told while something waits for the disk, of which its session has heard', () => {
    const room = onDemand(first)
    room.says(bob, at(1))
    room.join(ann)
    room.update(ann, typist(3).type('c'))
    expect(sentTo(room.tick(500), bob)).toEqual([])
    expect(sentTo(room.commit(), bob)).toEqual([{ kind: 'at', seq: 2, writer: WRITER }])
  })

  test('is not told before its session has said what the log lacks', () => {
    const room = onDemand(first)
    const asked = room.says(bob, typist(9).asks())
    expect(kindsOf(answered(room, asked))).toEqual(['sync-step-2'])
    expect(sentTo(room.tick(500), bob)).toEqual([])
    room.says(bob, { kind: 'sync-step-2', contents: contentsOf(EMPTY_UPDATE) })
    expect(sentTo(room.tick(500), bob).at(-1)).toEqual({ kind: 'at', seq: 1, writer: WRITER })
  })
})
