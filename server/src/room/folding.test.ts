import { docId, seq } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import type { RoomLimits } from './limits.ts'
import {
  ann,
  bob,
  documentOf,
  emptyDocument,
  kindsOf,
  TestRoom,
  typist,
  WRITER,
} from './testing/test-room.ts'

let nextClient = 1
const committed = (room: TestRoom, updates: number, text = 'a') => {
  const { type } = typist(nextClient++)
  return Array.from({ length: updates }, () => {
    room.update(ann, type(text))
    return kindsOf(room.commit())
  })
}
const compacted = (room: TestRoom, updates: number, updateBytes: number, snapshotBytes = 100) =>
  room.take({
    kind: 'compacted',
    folded: { updates, updateBytes, snapshotBytes, quarantined: [], waiting: null },
  })

describe('while somebody is there', () => {
  test('[R14] so many updates after the snapshot are folded, one fold at a time', () => {
    const room = new TestRoom({ compactUpdates: 3 }).open(ann)
    const kinds = committed(room, 5)
    expect(kinds.map((kind) => kind.includes('compact'))).toEqual([
      false,
      false,
      true,
      false,
      false,
    ])
  })

  test('[R14] what came during the fold is still to be folded', () => {
    const room = new TestRoom({ compactUpdates: 3 }).open(ann)
    committed(room, 5)
    compacted(room, 3, 60)
    expect(committed(room, 1)[0]).toContain('compact')
  })

  test('[R14] any tail is folded when somebody asks for it, also after a failure, and one fold at a time', () => {
    const room = new TestRoom({ compactUpdates: 100 }).open(ann)
    expect(kindsOf(room.take({ kind: 'fold' }))).toEqual([]) // there is nothing to fold
    committed(room, 2)
    expect(kindsOf(room.take({ kind: 'fold' }))).toEqual(['compact'])
    expect(kindsOf(room.take({ kind: 'fold' }))).toEqual([])
    room.take({ kind: 'compactFailed', problem: 'disk' })
    expect(kindsOf(room.take({ kind: 'fold' }))).toEqual(['compact'])
    compacted(room, 2, 60)
    expect(kindsOf(room.take({ kind: 'fold' }))).toEqual([])
  })

  test('[R14] so many bytes are folded, unless the snapshot is larger, or it is one update', () => {
    const room = new TestRoom({ compactBytes: 200 }).open(ann)
    const long = 'x'.repeat(150)
    expect(committed(room, 1, long.repeat(2))[0]).not.toContain('compact')
    expect(committed(room, 1, long)[0]).toContain('compact')
    compacted(room, 2, 10_000, 500)
    expect(committed(room, 2, long).flat()).not.toContain('compact')
    expect(committed(room, 2, long).flat()).toContain('compact')
  })

  test('[R14] a large snapshot is not written anew for few updates', () => {
    const room = new TestRoom({ compactUpdates: 3 }).open(ann)
    committed(room, 3)
    compacted(room, 3, 60, 10_240)
    expect(committed(room, 4).flat()).not.toContain('compact')
    expect(committed(room, 1).flat()).toContain('compact') // one for each 2 KiB
  })

  test('[R14] updates of other nodes count, each once', () => {
    const room = new TestRoom({ compactUpdates: 4 }).open(ann)
    const { type } = typist(500)
    const [u1, u2] = [type('1').update, type('2').update]
    room.take({
      kind: 'remote',
      hint: { first: seq(1), last: seq(1), updates: [u1], writer: WRITER },
    })
    room.take({
      kind: 'remote',
      hint: { first: seq(1), last: seq(2), updates: [u1, u2], writer: WRITER },
    })
    room.update(ann, typist(501).type('3'))
    expect(kindsOf(room.commit(1, 2))).not.toContain('compact')
    room.update(ann, typist(502).type('4'))
    expect(kindsOf(room.commit())).toContain('compact')
  })

  test('[R14] after a failure the tail has to grow by another share before the next attempt', () => {
    const room = new TestRoom({ compactUpdates: 3 }).open(ann)
    committed(room, 3)
    expect(room.take({ kind: 'compactFailed', problem: 'broken' })).toMatchObject([
      { event: { kind: 'compact-failed' } },
    ])
    const kinds = committed(room, 3)
    expect(kinds.map((kind) => kind.includes('compact'))).toEqual([false, false, true])
  })
})

describe('when nobody has written for a while', () => {
  const quiet = (limits: Partial<RoomLimits> = {}) =>
    new TestRoom({ compactIdleUpdates: 3, compactQuietMs: 1_000, ...limits }).open(ann)

  test('[R14] a smaller tail is folded, once, and as one that can wait', () => {
    const room = quiet()
    committed(room, 3)
    expect(kindsOf(room.tick(999))).toEqual([])
    expect(room.tick(1)).toEqual([{ kind: 'compact', doc: docId(1), turn: 'last' }])
    expect(kindsOf(room.tick(5_000))).toEqual([])
    compacted(room, 3, 60)
    expect(kindsOf(room.tick(5_000))).toEqual([])
  })

  test('[R14] a tail of many bytes is folded, if the snapshot is not many times larger', () => {
    const open = (snapshotBytes: number) => {
      const room = new TestRoom({ compactIdleBytes: 60, compactQuietMs: 1_000 })
      room.join(ann)
      room.load({ ...emptyDocument, snapshotBytes })
      committed(room, 3, 'some text to be folded') // over 60 bytes
      return kindsOf(room.tick(1_000))
    }
    expect(open(0)).toEqual(['compact'])
    expect(open(200)).toEqual(['compact'])
    expect(open(2_000)).toEqual([])
  })

  test('[R14] a large snapshot is not written anew for a few updates', () => {
    const room = new TestRoom({ compactIdleUpdates: 3, compactQuietMs: 1_000 })
    room.join(ann)
    room.load({ ...emptyDocument, snapshotBytes: 100_000 })
    committed(room, 3)
    expect(kindsOf(room.tick(1_000))).toEqual([])
    committed(room, 46)
    expect(kindsOf(room.tick(1_000))).toEqual(['compact'])
  })

  test('[R14] every update begins the time anew, also one of another node', () => {
    const room = quiet()
    committed(room, 3)
    room.tick(900)
    committed(room, 1)
    expect(kindsOf(room.tick(900))).toEqual([])
    const [update] = [typist(700).type('a').update]
    room.take({
      kind: 'remote',
      hint: { first: seq(5), last: seq(5), updates: [update], writer: WRITER },
    })
    expect(kindsOf(room.tick(900))).toEqual([])
    expect(kindsOf(room.tick(100))).toEqual(['compact'])
  })

  test('[R14] few updates are left as they are, and a fold that fails is not tried again', () => {
    const room = quiet()
    committed(room, 2)
    expect(kindsOf(room.tick(60_000))).toEqual([])
    committed(room, 1)
    expect(kindsOf(room.tick(1_000))).toEqual(['compact'])
    room.take({ kind: 'compactFailed', problem: 'broken' })
    expect(kindsOf(room.tick(60_000))).toEqual([])
  })
})

describe('what broke the document', () => {
  test('[R14] leaves the tail, is told of, and is still known while the room is open', () => {
    const room = new TestRoom({ compactUpdates: 3 }).open(ann, bob)
    const { type } = typist(1)
    const [first, second, third] = ['a', 'b', 'c'].map((letter) => type(letter))
    for (const update of [first, second, third]) {
      if (update === undefined) throw new Error('no update')
      room.update(ann, update)
      room.commit()
    }
    const quarantined = [{ seq: seq(2), problem: 'Unexpected case' }]
    const folded = { updates: 3, updateBytes: 60, snapshotBytes: 40, quarantined, waiting: null }
    expect(room.take({ kind: 'compacted', folded })).toMatchObject([
      { event: { kind: 'quarantined', updates: [2], problem: 'Unexpected case' } },
      { event: { kind: 'compacted', folded: 3 } },
    ])
    if (second === undefined) throw new Error('no update')
    expect(kindsOf(room.update(bob, second))).toEqual(['ack']) // known: not stored a second time
    const { phase } = room.room
    expect(phase).toMatchObject({ kind: 'live', document: { tail: { updates: 0 } } })
  })
})

describe('when the last one leaves', () => {
  const opened = (updates: number) => {
    const { type } = typist(1)
    const room = new TestRoom({ compactIdleUpdates: 3 })
    room.join(ann)
    room.load(documentOf(...Array.from({ length: updates }, () => type('a').update)))
    return room
  }

  test('[R14] a smaller tail is folded, and the room ends after that', () => {
    const room = opened(3)
    expect(kindsOf(room.leave(ann))).toEqual(['compact'])
    expect(room.phase).toBe('closing')
    expect(kindsOf(compacted(room, 3, 60))).toEqual(['evict'])
    expect(kindsOf(opened(2).leave(ann))).toEqual(['evict'])
  })

  test('[R14] a fold that fails does not keep the room', () => {
    const room = opened(3)
    room.leave(ann)
    expect(kindsOf(room.take({ kind: 'compactFailed', problem: 'broken' }))).toEqual(['evict'])
  })

  test('[R3] one who comes during the fold revives the room, and one fold stays one', () => {
    const room = opened(3)
    room.leave(ann)
    room.join(bob)
    expect(kindsOf(compacted(room, 3, 60))).toEqual([])
    expect(room.phase).toBe('live')
    expect(kindsOf(room.leave(bob))).toEqual(['evict'])
  })

  test('[R4] the fold of unsaved updates waits for their commit', () => {
    const room = opened(2)
    room.update(ann, typist(2).type('a'))
    expect(kindsOf(room.leave(ann))).toEqual([])
    expect(kindsOf(room.commit())).toEqual(['publish', 'compact'])
  })
})

describe('what waits for other structs', () => {
  test('is tail again after a fold, and does not make the next keystroke fold as well', () => {
    const room = new TestRoom({ compactUpdates: 3, compactBytes: 1 }).open(ann)
    committed(room, 2)
    const waiting = {
      appended: { doc: docId(1), first: seq(3), last: seq(3), writer: WRITER },
      bytes: 1_000,
    }
    const folded = { updates: 2, updateBytes: 50, snapshotBytes: 20, quarantined: [], waiting }
    room.take({ kind: 'compacted', folded })
    const { type } = typist(99)
    const kinds = [1, 0, 0, 0].map((foreign) => {
      room.update(ann, type('a'))
      return kindsOf(room.commit(1, foreign))
    })
    expect(kinds.map((kind) => kind.includes('compact'))).toEqual([false, false, true, false])
    // the room knows that number 3 is its own: nobody else wrote in between
    expect(kinds.flat()).not.toContain('catch-up')
  })
})
