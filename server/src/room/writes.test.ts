/* Writes that depend on what the document was when it was read. */
import { seq } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Effect } from './effect.ts'
import type { Position } from './message.ts'
import { ann, bob, kindsOf, sentTo, TestRoom, typist } from './testing/test-room.ts'

const at = (number: number, epoch = 1): Position => ({ epoch, seq: seq(number) })

const write = (
  room: TestRoom,
  contents: ReturnType<ReturnType<typeof typist>['type']>,
  expected: Position | null,
): readonly Effect[] => room.says(ann, { kind: 'write', contents, expected, author: null })

describe('[R19] a write that expects a position', () => {
  test('is accepted at exactly that one, and is told where it landed', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    expect(kindsOf(write(room, type('a'), at(0)))).toEqual(['append', 'update'])
    expect(sentTo(room.commit(), ann)).toEqual([{ kind: 'written', position: at(1) }])
    expect(kindsOf(write(room, type('b'), at(1)))).toEqual(['append', 'update'])
  })

  test('is refused, changing nothing, behind anything that was accepted, on disk or not', () => {
    const room = new TestRoom().open(ann, bob)
    const [mine, others] = [typist(1), typist(2)]
    room.update(bob, others.type('a'))
    room.update(bob, others.type('b'))
    const refused = [{ kind: 'changed', position: at(2) }]
    expect(sentTo(write(room, mine.type('c'), at(0)), ann)).toEqual(refused)
    // a number that is promised to what waits is no position yet: a server that dies gives it again
    expect(sentTo(write(room, mine.type('d'), at(2)), ann)).toEqual(refused)
    room.commit()
    room.commit()
    expect(sentTo(write(room, mine.type('e'), at(0)), ann)).toEqual(refused)
    expect(sentTo(write(room, mine.type('f'), at(2, 2)), ann)).toEqual(refused)
  })

  test('that brings nothing new is refused as well, or told where the document is', () => {
    const room = new TestRoom().open(ann, bob)
    const typed = typist(1).type('a')
    room.update(bob, typed)
    room.commit()
    expect(sentTo(write(room, typed, at(0)), ann)).toEqual([{ kind: 'changed', position: at(1) }])
    expect(sentTo(write(room, typed, at(1)), ann)).toEqual([{ kind: 'written', position: at(1) }])
  })

  test('is told the number that the log gave it, wherever it stood in its batch', () => {
    const room = new TestRoom().open(ann, bob)
    const [mine, others] = [typist(1), typist(2)]
    room.update(bob, others.type('a'))
    const known = others.type('b')
    room.update(bob, known)
    write(room, mine.type('c'), null)
    write(room, known, null)
    room.update(bob, others.type('d'))
    room.commit()
    // another node wrote two in between
    expect(sentTo(room.commit(3, 2), ann)).toEqual([
      { kind: 'written', position: at(5) },
      { kind: 'written', position: at(5) },
    ])
  })

  test('is refused while the log is known to hold more than the room has seen', () => {
    const room = new TestRoom().open(ann, bob)
    const hint = { first: seq(2), last: seq(2), updates: [], writer: 9 }
    room.take({ kind: 'remote', hint })
    expect(kindsOf(write(room, typist(1).type('a'), at(0)))).toEqual(['changed'])
  })

  test('is accepted if and only if nothing was accepted behind it, whatever happens in between', () => {
    const happenings = fc.array(
      fc.oneof(
        fc.constantFrom('type', 'commit', 'commit', 'fail'),
        fc.nat({ max: 3 }).map((back) => ({ back })),
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(happenings, (all) => {
        const room = new TestRoom().open(ann, bob)
        const [mine, others] = [typist(1), typist(2)]
        let [stored, inFlight, waiting] = [0, 0, 0]
        let isFailing = false
        const [told, wanted]: [unknown[], unknown[]] = [[], []]
        const accepted = (): void => {
          if (inFlight === 0 && !isFailing) inFlight++
          else waiting++
        }
        for (const happening of all)
          if (happening === 'type') {
            room.update(bob, others.type('x'))
            accepted()
          } else if (happening === 'commit') {
            if (isFailing) room.tick(10_000)
            if (isFailing) [inFlight, waiting, isFailing] = [waiting, 0, false]
            if (inFlight === 0) continue
            room.commit(inFlight)
            stored += inFlight
            ;[inFlight, waiting] = [waiting, 0]
          } else if (happening === 'fail') {
            if (inFlight === 0) continue
            room.failAppend()
            ;[inFlight, waiting, isFailing] = [0, waiting + inFlight, true]
          } else if (typeof happening === 'object') {
            const expected = at(Math.max(0, stored + inFlight + waiting - happening.back))
            const isWanted = expected.seq === stored && inFlight + waiting === 0
            told.push(sentTo(write(room, mine.type('y'), expected), ann))
            const position = at(stored + inFlight + waiting)
            wanted.push(isWanted ? [] : [{ kind: 'changed', position }])
            if (isWanted) accepted()
          }
        expect(told).toEqual(wanted)
      }),
    )
  })

  test('waits where what waits brings nothing new', () => {
    const room = new TestRoom().open(ann, bob)
    const typed = typist(2).type('a')
    room.update(bob, typed)
    expect(kindsOf(write(room, typed, null))).toEqual([])
    expect(sentTo(room.commit(), ann)).toEqual([{ kind: 'written', position: at(1) }])
  })
})

describe('[R19] whoever asks how far the log is', () => {
  test('is told what is on disk, and what it asks for behind that has it', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(2)
    room.update(bob, type('a'))
    room.commit()
    room.update(bob, type('b'))
    expect(sentTo(room.says(ann, { kind: 'query-head' }), ann)).toEqual([
      { kind: 'head', position: at(1) },
    ])
  })
})
