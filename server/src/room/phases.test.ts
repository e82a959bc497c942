import { describe, expect, test } from 'vitest'
import type { Effect } from './effect.ts'
import {
  ann,
  bob,
  cyd,
  documentOf,
  here,
  kindsOf,
  only,
  sentTo,
  TestRoom,
  typist,
} from './testing/test-room.ts'

const refused = [{ kind: 'close', close: 'tryAgainLater' }]

describe('loading', () => {
  test('[R12] the first join subscribes, then loads', () => {
    const room = new TestRoom()
    expect(kindsOf(room.join(ann))).toEqual(['subscribe', 'load'])
    expect(room.phase).toBe('loading')
  })

  test('[R2] joins and messages during the load wait and are answered in order', () => {
    const room = new TestRoom()
    const [a, b] = [typist(1), typist(2)]
    const [first, second] = [a.type('a'), b.type('b')]
    room.join(ann)
    room.update(ann, first)
    expect(room.join(bob)).toEqual([])
    expect(room.update(bob, second)).toEqual([])
    const effects = room.load()
    expect(kindsOf(effects)).toEqual(['sync-step-1', 'sync-step-1', 'append', 'update', 'update'])
    expect(only(effects, 'send').map(({ to }) => to)).toEqual([ann, bob])
    expect(only(effects, 'append')[0]?.updates).toEqual([first.update])
  })

  test('[R2] a failed load sends everybody away with a code that asks for a retry, and cools down', () => {
    const room = new TestRoom()
    room.join(ann)
    room.join(bob)
    const effects = room.take({ kind: 'loadFailed', problem: 'no such disk', isDeleted: false })
    expect(only(effects, 'close')).toMatchObject([{ ...refused[0], to: [ann, bob] }])
    expect(room.phase).toBe('failed')
    expect(room.join(cyd)).toMatchObject(refused)
    expect(room.leave(ann)).toEqual([])
    expect(room.tick(1_999)).toEqual([])
    expect(room.tick(1)).toEqual([{ kind: 'evict' }])
    expect(room.phase).toBe('absent')
  })

  test('[R2] a load that takes too long has failed; what comes of it later does not count', () => {
    const room = new TestRoom()
    room.join(ann)
    expect(room.tick(14_999)).toEqual([])
    expect(only(room.tick(1), 'close')).toMatchObject([{ ...refused[0], to: [ann] }])
    expect(room.load()).toEqual([])
    expect(room.take({ kind: 'loadFailed', problem: 'late', isDeleted: false })).toEqual([])
    expect(room.phase).toBe('failed')
  })

  test('[R2] one who says more than the budget before the load is sent away, the others are not', () => {
    const room = new TestRoom({ loadQueueBytes: 1_000 })
    room.join(ann)
    room.join(bob)
    room.says(ann, { kind: 'query-presence' }, 700)
    expect(room.says(ann, { kind: 'query-presence' }, 300)).toMatchObject([
      { ...refused[0], to: [ann] },
    ])
    expect(room.says(ann, { kind: 'query-presence' }, 1)).toEqual([])
    expect(room.leave(ann)).toEqual([])
    expect(only(room.load(), 'send').map(({ to }) => to)).toEqual([bob])
  })

  test('[R2] tiny messages count for what they cost in memory', () => {
    const room = new TestRoom({ loadQueueBytes: 1_000 })
    room.join(ann)
    let said = 0
    while (room.says(ann, { kind: 'query-presence' }, 1).length === 0) said++
    expect(said).toBeLessThan(10)
  })

  test('[R2] one who leaves during the load is not greeted, and neither are its messages heard', () => {
    const room = new TestRoom()
    room.join(ann)
    room.join(bob)
    room.update(ann, typist(1).type('gone'))
    expect(room.leave(ann)).toEqual([])
    expect(kindsOf(room.load())).toEqual(['sync-step-1'])
  })

  test('[R4] a load that nobody waits for any more evicts the room', () => {
    const room = new TestRoom()
    room.join(ann)
    room.leave(ann)
    expect(room.phase).toBe('loading')
    expect(room.load()).toEqual([{ kind: 'evict' }])
  })
})

describe('live', () => {
  test('[R2] a join is greeted with what the server has', () => {
    const room = new TestRoom().open(ann)
    const [message] = sentTo(room.join(bob), bob)
    expect(message?.kind).toBe('sync-step-1')
  })

  test('[R2] a full room refuses a join, and takes one once somebody has left', () => {
    const room = new TestRoom({ sessionsPerDocument: 2 })
    room.join(ann)
    room.join(bob)
    expect(room.join(cyd)).toMatchObject(refused)
    room.load()
    expect(room.join(cyd)).toMatchObject(refused)
    room.leave(ann)
    expect(kindsOf(room.join(cyd))).toEqual(['sync-step-1'])
  })

  test('[R1] a session that joins a second time is our bug', () => {
    const room = new TestRoom()
    room.join(ann)
    room.join(bob)
    expect(() => room.join(bob)).toThrow('session 2 joins a second time')
    room.load()
    expect(() => room.join(bob)).toThrow('session 2 joins a second time')
  })

  test('[R4] the last leave evicts a room with nothing unsaved, and a second leave is nothing', () => {
    const room = new TestRoom().open(ann, bob)
    expect(kindsOf(room.leave(ann))).toEqual([])
    expect(room.leave(ann)).toEqual([])
    expect(kindsOf(room.leave(bob))).toEqual(['evict'])
    expect(room.phase).toBe('absent')
    expect(room.leave(bob)).toEqual([])
  })
})

describe('closing', () => {
  const closing = () => {
    const room = new TestRoom().open(ann)
    const typed = typist(1).type('a')
    room.update(ann, typed)
    expect(kindsOf(room.leave(ann))).toEqual([])
    expect(room.phase).toBe('closing')
    return { room, typed }
  }

  test('[R4] the last leave waits for the write in flight; its commit publishes and evicts', () => {
    const { room, typed } = closing()
    const effects = room.commit()
    expect(kindsOf(effects)).toEqual(['publish', 'evict'])
    expect(only(effects, 'publish')[0]?.hint.updates).toEqual([typed.update])
  })

  test('[R3] a join during closing revives the room: no load, and the write in flight is known', () => {
    const { room, typed } = closing()
    expect(kindsOf(room.join(bob))).toEqual(['sync-step-1'])
    expect(room.phase).toBe('live')
    const [answer] = only(room.says(bob, typist(2).asks()), 'answer')
    expect(answer?.unsaved).toEqual([typed.update])
    expect(kindsOf(room.commit())).toEqual(['publish'])
    expect(room.phase).toBe('live')
  })

  test('[R4] a failed write keeps a room without sessions, and ticks retry it', () => {
    const { room, typed } = closing()
    room.failAppend()
    expect(room.phase).toBe('closing')
    expect(room.tick(99)).toEqual([])
    expect(only(room.tick(1), 'append')[0]?.updates).toEqual([typed.update])
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('[R4] late words of those who left are not heard', () => {
    const { room } = closing()
    expect(room.update(ann, typist(9).type('late'))).toEqual([])
    expect(room.leave(ann)).toEqual([])
    expect(room.phase).toBe('closing')
  })

  test('[R7] one who comes back to a closing room at its old presence clock is simply there', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('a'))
    room.presence(ann, here(1, 5))
    room.leave(ann)
    room.join(bob)
    const effects = room.presence(bob, here(1, 5))
    expect(sentTo(effects, bob)).toMatchObject([{ kind: 'presence', entries: [{ state: '{}' }] }])
  })
})

describe('drain', () => {
  test('[R10] while absent nothing is to be done', () => {
    expect(new TestRoom().drain()).toEqual([])
  })

  test('[R10] while loading all are told to come back, and the room is gone', () => {
    const room = new TestRoom()
    room.join(ann)
    room.join(bob)
    const effects = room.drain()
    expect(effects).toMatchObject([
      { kind: 'close', to: [ann, bob], close: 'serviceRestart' },
      { kind: 'evict' },
    ])
  })

  test('[R10] while live and saved all are told to come back, and the room is gone', () => {
    const room = new TestRoom().open(ann, bob)
    const effects = room.drain()
    expect(only(effects, 'close')).toMatchObject([{ to: [ann, bob], close: 'serviceRestart' }])
    expect(kindsOf(effects)).toEqual(['close', 'evict'])
  })

  test('[R4, R10] while live and unsaved the room stays until the commit', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('a'))
    expect(kindsOf(room.drain())).toEqual(['close'])
    expect(room.phase).toBe('closing')
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('[R10] a drain does not wait for the pause before a retry', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('a'))
    room.failAppend()
    expect(kindsOf(room.drain())).toEqual(['close', 'append'])
    room.failAppend()
    expect(kindsOf(room.drain())).toEqual(['append'])
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('[R10] a drain neither waits for a fold nor starts one', () => {
    const room = new TestRoom({ compactUpdates: 1, compactIdleUpdates: 1 }).open(ann)
    const { type } = typist(1)
    room.update(ann, type('a'))
    expect(kindsOf(room.commit())).toContain('compact')
    room.update(ann, type('b'))
    expect(kindsOf(room.drain())).toEqual(['close'])
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('[R10] a drain does not start the fold that the last leave would start', () => {
    const room = new TestRoom({ compactIdleUpdates: 1 })
    room.join(ann)
    room.load(documentOf(typist(1).type('a').update))
    expect(kindsOf(room.drain())).toEqual(['close', 'evict'])
  })

  test('[R10] a drain of a room that closes for its fold ends it', () => {
    const room = new TestRoom({ compactIdleUpdates: 1 })
    room.join(ann)
    room.load(documentOf(typist(1).type('a').update))
    expect(kindsOf(room.leave(ann))).toEqual(['compact'])
    expect(kindsOf(room.drain())).toEqual(['evict'])
  })

  test('[R10] while failed the room is gone at once', () => {
    const room = new TestRoom()
    room.join(ann)
    room.take({ kind: 'loadFailed', problem: 'no such disk', isDeleted: false })
    expect(room.drain()).toEqual([{ kind: 'evict' }])
  })
})

describe('time', () => {
  test('[R4] a wall clock that is set back does not stretch the pause before a retry', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('a'))
    room.failAppend()
    expect(room.tick(-3_600_000)).toEqual([])
    expect(kindsOf(room.tick(100))).toEqual(['append'])
  })

  test('[R2] nor a cool-down', () => {
    const room = new TestRoom()
    room.join(ann)
    room.take({ kind: 'loadFailed', problem: 'no such disk', isDeleted: false })
    room.tick(-3_600_000)
    expect(room.tick(2_000)).toEqual([{ kind: 'evict' }])
  })
})

describe('[R21] a document that is deleted', () => {
  const expel = (room: TestRoom): readonly Effect[] =>
    room.take({ kind: 'expel', close: 'deleted', reason: 'the document was deleted' })

  test('sends everybody away, and what it has accepted is saved', () => {
    const room = new TestRoom().open(ann, bob)
    room.update(ann, typist(1).type('last'))
    expect(only(expel(room), 'close')).toMatchObject([{ to: [ann, bob], close: 'deleted' }])
    expect(room.phase).toBe('closing')
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('is retried at once where its last write had failed', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('last'))
    room.failAppend()
    expect(kindsOf(expel(room))).toEqual(['close', 'append'])
  })

  test('refuses who waits for it and who comes, and is looked for again after the cool-down', () => {
    const room = new TestRoom()
    room.join(ann)
    const effects = room.take({ kind: 'loadFailed', problem: 'deleted', isDeleted: true })
    expect(kindsOf(effects)).toEqual(['close'])
    expect(effects).toMatchObject([{ to: [ann], close: 'deleted' }])
    expect(room.join(bob)).toMatchObject([{ to: [bob], close: 'deleted' }])
    expect(kindsOf(room.tick(2_000))).toEqual(['evict'])
  })

  test('is none any more where it is made anew', () => {
    const loading = new TestRoom()
    loading.join(ann)
    expect(kindsOf(expel(loading))).toEqual(['close', 'evict'])
    const failed = new TestRoom()
    failed.join(ann)
    failed.take({ kind: 'loadFailed', problem: 'deleted', isDeleted: true })
    expect(kindsOf(expel(failed))).toEqual(['evict'])
  })
})
