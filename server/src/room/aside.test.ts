/* What is denied, and kept beside the document. */
import type { SessionId } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import { ASIDE_BYTES, type Denied } from './aside.ts'
import type { Effect } from './effect.ts'
import { ann, bob, cyd, kindsOf, only, TestRoom, typist } from './testing/test-room.ts'

/** A room in which `ann` may write and the others may read; the user of each is given. */
const open = (users: ReadonlyMap<SessionId, string | null>): TestRoom => {
  const room = new TestRoom()
  room.join(ann)
  for (const [session, user] of users)
    room.take({ kind: 'join', session, access: 'read', user, asking: 'on-join' })
  room.load()
  return room
}

const keptIn = (effects: readonly Effect[]): readonly Denied[] =>
  only(effects, 'keep').flatMap(({ parts }) => parts)

describe('[R15] what is denied', () => {
  test('of somebody with a name is kept with the next tick, all of it at once', () => {
    const room = open(new Map([[bob, 'bob']]))
    const { type } = typist(2)
    const [one, two] = [type('a'), type('b')]
    expect(kindsOf(room.update(bob, one))).toEqual(['denied'])
    room.update(bob, two)
    expect(keptIn(room.tick(500))).toEqual([
      { user: 'bob', wasLowered: false, updates: [one.update, two.update] },
    ])
  })

  test('of several is kept in one write, and what comes meanwhile in the next', () => {
    const room = open(
      new Map([
        [bob, 'bob'],
        [cyd, 'cyd'],
      ]),
    )
    const [b, c] = [typist(2), typist(3)]
    room.update(bob, b.type('a'))
    room.update(cyd, c.type('b'))
    expect(keptIn(room.tick(500)).map(({ user }) => user)).toEqual(['bob', 'cyd'])
    const later = b.type('c')
    room.update(bob, later)
    expect(keptIn(room.tick(500))).toEqual([])
    room.take({ kind: 'kept', kept: [{ user: 'bob', outcome: 'kept' }] })
    expect(keptIn(room.tick(500))).toMatchObject([{ user: 'bob', updates: [later.update] }])
  })

  test('of an anonymous reader is not kept, and of one who could write when it came it is', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(2)
    room.take({ kind: 'regrant', session: bob, access: 'read', user: null })
    const typed = type('a')
    room.update(bob, typed)
    expect(keptIn(room.tick(500))).toEqual([
      { user: null, wasLowered: true, updates: [typed.update] },
    ])
    const waiting = new TestRoom()
    waiting.join(bob)
    waiting.take({ kind: 'regrant', session: bob, access: 'read', user: null })
    waiting.load()
    waiting.update(bob, typed)
    expect(keptIn(waiting.tick(500))).toHaveLength(1)
    const other = open(new Map([[bob, null]]))
    other.update(bob, typed)
    expect(keptIn(other.tick(500))).toEqual([])
  })

  test('and what the document has already is not kept', () => {
    const room = open(new Map([[bob, 'bob']]))
    const typed = typist(2).type('a')
    room.update(ann, typed)
    room.commit()
    room.update(bob, typed)
    expect(keptIn(room.tick(500))).toEqual([])
  })

  test('goes to disk as the last session leaves, and the room ends no sooner', () => {
    const room = open(new Map([[bob, 'bob']]))
    room.update(bob, typist(2).type('a'))
    room.leave(ann)
    expect(keptIn(room.leave(bob))).toHaveLength(1)
    expect(room.phase).toBe('closing')
    const effects = room.take({ kind: 'kept', kept: [{ user: 'bob', outcome: 'known' }] })
    expect(kindsOf(effects)).toEqual(['evict'])
  })

  test('is tried again after a failure, with growing pauses, and at once in a drain', () => {
    const room = open(new Map([[bob, 'bob']]))
    const typed = typist(2).type('a')
    const fail = () => room.take({ kind: 'keepFailed', problem: 'disk full', isFinal: false })
    room.update(bob, typed)
    room.tick(500)
    expect(fail()).toMatchObject([{ kind: 'observe', event: { kind: 'patch-failed' } }])
    expect(keptIn(room.tick(50))).toEqual([])
    expect(keptIn(room.tick(50))).toHaveLength(1)
    fail()
    expect(keptIn(room.tick(100))).toEqual([])
    expect(keptIn(room.drain())).toMatchObject([{ user: 'bob', updates: [typed.update] }])
    expect(keptIn(fail())).toEqual([])
    expect(keptIn(room.tick(400))).toHaveLength(1)
    expect(kindsOf(room.take({ kind: 'kept', kept: [] }))).toEqual(['evict'])
  })

  test('is given up where trying again does not help', () => {
    const room = open(new Map([[bob, 'bob']]))
    room.update(bob, typist(2).type('a'))
    room.leave(ann)
    room.leave(bob)
    const effects = room.take({ kind: 'keepFailed', problem: 'no such document', isFinal: true })
    expect(kindsOf(effects)).toEqual(['evict'])
  })

  test('of who had no place is reported, and what it says next is kept where that has one', () => {
    const room = open(new Map([[bob, 'bob']]))
    const { type } = typist(2)
    for (const text of ['a', 'b']) {
      const typed = type(text)
      room.update(bob, typed)
      expect(keptIn(room.tick(500))).toMatchObject([{ user: 'bob', updates: [typed.update] }])
      const effects = room.take({ kind: 'kept', kept: [{ user: 'bob', outcome: 'full' }] })
      expect(effects).toMatchObject([{ kind: 'observe', event: { kind: 'patch-full' } }])
    }
  })

  test('of somebody in two sessions is of one who could write, if one of them could', () => {
    const room = open(new Map([[bob, 'bob']]))
    room.take({ kind: 'join', session: cyd, access: 'write', user: 'bob', asking: 'on-join' })
    room.take({ kind: 'regrant', session: cyd, access: 'read', user: 'bob' })
    room.update(bob, typist(2).type('a'))
    room.update(cyd, typist(3).type('b'))
    room.update(bob, typist(4).type('c'))
    expect(keptIn(room.tick(500))).toMatchObject([
      { user: 'bob', wasLowered: true, updates: { length: 3 } },
    ])
  })

  test('sends its session away where more waits than may, and never holds more', () => {
    const room = open(new Map([[bob, 'bob']]))
    const { type } = typist(2)
    room.update(bob, type('x'.repeat(ASIDE_BYTES - 1_000)))
    const effects = room.update(bob, type('y'.repeat(1_000)))
    expect(only(effects, 'close')).toMatchObject([{ to: [bob], close: 'tryAgainLater' }])
    const larger = open(new Map([[bob, 'bob']]))
    const huge = typist(2).type('x'.repeat(ASIDE_BYTES + 1))
    expect(kindsOf(larger.update(bob, huge))).toEqual(['denied'])
    expect(keptIn(larger.tick(500))).toEqual([])
  })
})
