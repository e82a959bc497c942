import { seq, type Update } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import {
  ann,
  bob,
  documentOf,
  kindsOf,
  sentTo,
  TestRoom,
  typist,
  WRITER,
} from './testing/test-room.ts'

const remote = (room: TestRoom, first: number, ...updates: readonly Update[]) => {
  const last = seq(first + updates.length - 1)
  return room.take({ kind: 'remote', hint: { first: seq(first), last, updates, writer: WRITER } })
}
const caughtUp = (room: TestRoom, head: number, ...tail: readonly Update[]) =>
  room.take({
    kind: 'caughtUp',
    content: { head: seq(head), writer: WRITER, snapshot: null, tail },
  })

const four = () => {
  const { type } = typist(1)
  return [type('1').update, type('2').update, type('3').update, type('4').update] as const
}

describe('hints', () => {
  test('[R13] the next in line is relayed to everyone, and known from then on', () => {
    const room = new TestRoom().open(ann, bob)
    const [u1] = four()
    const effects = remote(room, 1, u1)
    expect(effects).toEqual([{ kind: 'relay', update: u1, except: null }])
    expect(remote(room, 1, u1)).toEqual([])
  })

  test('[R13] of a hint that overlaps what is known only the rest is relayed', () => {
    const room = new TestRoom().open(ann)
    const [u1, u2] = four()
    remote(room, 1, u1)
    expect(sentTo(remote(room, 1, u1, u2), ann)).toEqual([{ kind: 'update', update: u2 }])
  })

  test('[R13] a gap is read from the log, once, and what was missed is relayed', () => {
    const room = new TestRoom().open(ann)
    const [u1, u2, u3] = four()
    expect(kindsOf(remote(room, 2, u2))).toEqual(['catch-up'])
    expect(remote(room, 3, u3)).toEqual([])
    expect(sentTo(caughtUp(room, 3, u1, u2, u3), ann)).toEqual(
      [u1, u2, u3].map((update) => ({ kind: 'update', update })),
    )
    expect(remote(room, 3, u3)).toEqual([])
  })

  test('[R13] a read that ended before what was announced meanwhile is repeated', () => {
    const room = new TestRoom().open(ann)
    const [, u2, u3, u4] = four()
    remote(room, 2, u2)
    remote(room, 4, u4)
    expect(kindsOf(caughtUp(room, 3, u2, u3))).toEqual(['update', 'update'])
    expect(kindsOf(room.tick(999))).toEqual([])
    expect(kindsOf(room.tick(1))).toEqual(['catch-up'])
  })

  test('[R13] a read that failed is repeated, without another hint', () => {
    const room = new TestRoom().open(ann)
    const [, u2] = four()
    remote(room, 2, u2)
    expect(room.take({ kind: 'catchUpFailed', problem: 'disk' })).toEqual([])
    expect(remote(room, 2, u2)).toEqual([])
    expect(kindsOf(room.tick(1_000))).toEqual(['catch-up'])
    expect(room.tick(1_000)).toEqual([])
  })

  test('[R13] another node’s commit between ours is noticed by its number, and read', () => {
    const room = new TestRoom().open(ann)
    const [u1] = four()
    const own = typist(2).type('own').update
    room.update(ann, typist(2).type('own'))
    expect(kindsOf(room.commit(1, 1))).toEqual(['catch-up', 'ack', 'publish'])
    room.take({ kind: 'catchUpFailed', problem: 'disk' })
    expect(kindsOf(room.tick(1_000))).toEqual(['catch-up'])
    expect(sentTo(caughtUp(room, 2, u1, own), ann)).toEqual([{ kind: 'update', update: u1 }])
  })

  test('[R13] a commit whose outcome comes after a read that saw it is not taken for a gap', () => {
    const room = new TestRoom().open(ann)
    const [u1, u2, u3, u4] = four()
    room.update(ann, typist(2).type('own'))
    expect(kindsOf(remote(room, 3, u3))).toEqual(['catch-up'])
    caughtUp(room, 3, u1, u2, u3)
    expect(kindsOf(room.commit(1, 1))).toEqual(['ack', 'publish'])
    expect(kindsOf(remote(room, 4, u4))).toEqual(['update'])
  })

  test('[R12] a hint during the load is read after it, unless the load saw it already', () => {
    const [u1, u2] = four()
    for (const [loaded, expected] of [
      [[u1], ['sync-step-1', 'catch-up']],
      [[u1, u2], ['sync-step-1']],
    ] as const) {
      const room = new TestRoom()
      room.join(ann)
      expect(remote(room, 2, u2)).toEqual([])
      expect(kindsOf(room.load(documentOf(...loaded)))).toEqual(expected)
    }
  })

  test('[R13] a room that closes goes on following, so that one who comes back misses nothing', () => {
    const room = new TestRoom().open(ann)
    const [u1, u2, u3] = four()
    room.update(ann, typist(2).type('own'))
    room.leave(ann)
    expect(remote(room, 1, u1)).toEqual([])
    expect(kindsOf(remote(room, 3, u3))).toEqual(['catch-up'])
    room.take({ kind: 'catchUpFailed', problem: 'disk' })
    expect(kindsOf(room.join(bob))).toEqual(['sync-step-1'])
    expect(kindsOf(room.tick(1_000))).toEqual(['catch-up'])
    expect(kindsOf(caughtUp(room, 3, u1, u2, u3))).toEqual(['update', 'update'])
  })

  test('[R4] a read of the log does not keep a room that everybody has left', () => {
    const room = new TestRoom().open(ann)
    remote(room, 3, four()[2])
    expect(kindsOf(room.leave(ann))).toEqual(['evict'])
  })

  test('[R13] a damaged update of another node is reported, and the others count', () => {
    const room = new TestRoom().open(ann)
    const [u1] = four()
    const effects = remote(room, 1, Uint8Array.of(255) as Update, u1)
    expect(effects).toMatchObject([{ event: { kind: 'corrupt-update' } }, { kind: 'relay' }])
  })
})
