/* What a session may do changes under it, and what it asks to be told of its fate. */
import { EMPTY_UPDATE, type Mark } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import type { Effect } from './effect.ts'
import type { ClientMessage } from './message.ts'
import {
  ann,
  bob,
  contentsOf,
  cyd,
  kindsOf,
  only,
  receiptsTo,
  sentTo,
  TestRoom,
  typist,
} from './testing/test-room.ts'

const nothing: ClientMessage = { kind: 'sync-step-2', contents: contentsOf(EMPTY_UPDATE) }
const mark = (version: number): ClientMessage => ({
  kind: 'mark',
  mark: Uint8Array.of(version) as Mark, // any bytes are one
})

const marksTo = (effects: readonly Effect[], session: typeof ann): readonly number[] =>
  receiptsTo(effects, session).flatMap((receipt) =>
    receipt.kind === 'mark' ? [receipt.mark[0] ?? -1] : [],
  )

const countedIn = (effects: readonly Effect[], session: typeof ann): readonly boolean[] =>
  receiptsTo(effects, session).flatMap((receipt) =>
    'isCounted' in receipt ? [receipt.isCounted] : [],
  )

describe('[R16] what a session may do changes under it', () => {
  test('who is lowered is denied from then on', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.says(ann, nothing)
    room.update(ann, type('a'))
    room.commit()
    room.take({ kind: 'regrant', session: ann, access: 'read', user: null })
    expect(kindsOf(room.update(ann, type('b')))).toEqual(['denied'])
  })

  test('who may write again is asked for what was denied meanwhile, and for nothing otherwise', () => {
    const room = new TestRoom().open(bob)
    room.join(ann, 'read')
    room.says(ann, nothing)
    expect(room.take({ kind: 'regrant', session: ann, access: 'write', user: null })).toEqual([])
    room.take({ kind: 'regrant', session: ann, access: 'read', user: null })
    room.update(ann, typist(1).type('a'))
    const effects = room.take({ kind: 'regrant', session: ann, access: 'write', user: null })
    expect(sentTo(effects, ann)).toMatchObject([{ kind: 'sync-step-1' }])
  })

  test('a change during the load counts from the first message on', () => {
    const room = new TestRoom()
    room.join(ann)
    room.update(ann, typist(1).type('a'))
    room.take({ kind: 'regrant', session: ann, access: 'read', user: null })
    expect(kindsOf(room.load())).toEqual(['sync-step-1', 'denied'])
  })

  test('of somebody who has left it changes nothing', () => {
    const room = new TestRoom().open(ann, bob)
    room.leave(ann)
    expect(room.take({ kind: 'regrant', session: ann, access: 'read', user: null })).toEqual([])
  })
})

describe('[R5] a session that is asked in return for its own questions', () => {
  const open = () => {
    const room = new TestRoom().open(bob)
    expect(kindsOf(room.join(ann, 'write', 'in-return'))).toEqual([])
    return room
  }

  test('is asked before it is answered, once until it has answered', () => {
    const room = open()
    const { asks } = typist(1)
    expect(kindsOf(room.says(ann, asks()))).toEqual(['sync-step-1', 'sync-step-2'])
    expect(kindsOf(room.says(ann, asks()))).toEqual(['sync-step-2'])
    room.says(ann, nothing)
    expect(kindsOf(room.says(ann, asks()))).toEqual(['sync-step-1', 'sync-step-2'])
  })

  test('is told which answer it did not ask for itself', () => {
    const room = open()
    const { type, asks } = typist(1)
    room.says(ann, asks())
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([true])
    type('never sent')
    expect(kindsOf(room.update(ann, type('sent')))).toContain('sync-step-1')
    room.commit()
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([false])
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([true])
  })

  test('an answer that serves its own question, too, counts', () => {
    const room = open()
    const { type, asks } = typist(1)
    room.says(ann, asks())
    room.says(ann, nothing)
    type('never sent')
    room.update(ann, type('sent')) // it is asked for what is missing
    room.commit()
    expect(kindsOf(room.asks(ann, asks()))).not.toContain('sync-step-1') // the question stands
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([true])
  })
})

describe('[R5] a client that counts what it waits for', () => {
  const open = () => {
    const room = new TestRoom().open(bob)
    room.join(ann, 'write', 'in-return')
    return room
  }

  test('does not wait for what it had changed before it asked, and sends all the same', () => {
    const room = open()
    const { type, erase, asks } = typist(1)
    const before = [type('a'), type('b'), erase(1)]
    room.asks(ann, asks())
    for (const contents of before) room.update(ann, contents)
    room.update(ann, type('c'))
    expect(countedIn([...room.commit(), ...room.commit(3)], ann)).toEqual([
      false,
      false,
      false,
      true,
    ])
  })

  test('waits for nothing that it said before it asked', () => {
    const room = open()
    const { type, asks } = typist(1)
    const early = type('a')
    room.update(ann, early)
    expect(countedIn(room.commit(), ann)).toEqual([false])
    expect(countedIn(room.update(ann, early), ann)).toEqual([false]) // known, and acknowledged at once
    expect(kindsOf(room.says(ann, asks()))).toEqual(['sync-step-1', 'sync-step-2'])
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([true])
  })

  test('does not begin anew with an older question that it sends again', () => {
    const room = open()
    const { type, asks } = typist(1)
    const older = asks()
    const before = type('a')
    room.asks(ann, asks())
    expect(kindsOf(room.asks(ann, older))).not.toContain('sync-step-1')
    room.update(ann, before)
    room.update(ann, type('b'))
    expect(countedIn([...room.commit(), ...room.commit()], ann)).toEqual([false, true])
  })

  test('waits for deletes behind a later question, as it has nothing to send again', () => {
    const room = open()
    const { type, erase, asks } = typist(1)
    room.says(ann, asks())
    room.says(ann, { kind: 'sync-step-2', contents: type('ab') })
    room.commit()
    room.says(ann, asks())
    room.update(ann, erase(1))
    expect(countedIn(room.commit(), ann)).toEqual([true])
  })

  test('waits for deletes, too, once it has answered', () => {
    const room = open()
    const { type, erase, asks } = typist(1)
    room.says(ann, asks())
    room.says(ann, { kind: 'sync-step-2', contents: type('a') })
    room.update(ann, erase(1))
    expect(countedIn([...room.commit(), ...room.commit()], ann)).toEqual([true, true])
  })

  test('begins anew as it asks anew', () => {
    for (const fails of [false, true]) {
      const room = open()
      const { type, asks } = typist(1)
      room.says(ann, asks())
      room.says(ann, nothing)
      room.update(ann, type('a'))
      room.update(ann, type('b'))
      if (fails) room.failAppend()
      room.says(ann, asks())
      room.update(ann, type('c'))
      if (fails) room.tick(200)
      const effects = fails ? room.commit(3) : [...room.commit(), ...room.commit(2)]
      expect(countedIn(effects, ann)).toEqual([false, false, true])
    }
  })
})

describe('[R17] a client that counts takes itself for synced once nothing is left', () => {
  /** Ann has asked for what she lacks, and the answer is being made. */
  const asking = (limits: { readonly unsavedBytes?: number } = {}) => {
    const room = new TestRoom(limits).open(bob)
    room.join(ann, 'write', 'in-return')
    room.update(bob, typist(2).type('bobs'))
    room.commit()
    const { type, asks } = typist(1)
    const [answer] = only(room.says(ann, asks()), 'answer')
    if (answer === undefined) throw new Error('there is nothing to answer')
    return { room, type, asks, answer }
  }

  test('so it is told of what is on disk behind the answer', () => {
    const { room, type, answer } = asking()
    expect(countedIn(room.says(ann, nothing), ann)).toEqual([])
    room.update(ann, type('a'))
    expect(countedIn(room.commit(), ann)).toEqual([])
    const effects = room.answer(answer)
    expect(sentTo(effects, ann).map(({ kind }) => kind)).toEqual(['sync-step-2', 'ack'])
    expect(countedIn(effects, ann)).toEqual([true, true])
    room.update(ann, type('b'))
    expect(countedIn(room.commit(), ann)).toEqual([true])
  })

  test('behind the last of several', () => {
    const { room, answer } = asking()
    room.says(ann, nothing)
    const [second] = only(room.says(ann, typist(3).asks()), 'answer')
    expect(countedIn(room.answer(answer), ann)).toEqual([])
    expect(second && countedIn(room.answer(second), ann)).toEqual([false]) // it has begun anew
  })

  test('others are told at once', () => {
    const { room } = asking()
    room.join(cyd)
    room.says(cyd, typist(3).asks())
    expect(kindsOf(room.says(cyd, nothing))).toEqual(['ack'])
  })

  test('and so is one that sets marks: it gives up where it hears nothing for a few seconds', () => {
    const { room } = asking()
    room.join(cyd)
    room.says(cyd, nothing)
    const [answer] = only(room.says(cyd, typist(3).asks()), 'answer')
    expect(marksTo(room.says(cyd, mark(1)), cyd)).toEqual([])
    expect(answer && marksTo(room.answer(answer), cyd)).toEqual([1])
    expect(marksTo(room.says(cyd, mark(2)), cyd)).toEqual([2])
  })

  test('and what waits for that is bounded', () => {
    const { room } = asking({ unsavedBytes: 2_000 })
    let effects: readonly Effect[] = []
    for (let i = 0; i < 100 && only(effects, 'close').length === 0; i++)
      effects = room.says(ann, nothing)
    expect(only(effects, 'close')).toMatchObject([{ to: [ann], close: 'tryAgainLater' }])
  })
})

describe('[R5] a mark', () => {
  const open = () => {
    const room = new TestRoom().open(ann, bob)
    room.says(ann, nothing)
    return room
  }

  test('is true at once where all before it is on disk', () => {
    expect(marksTo(open().says(ann, mark(1)), ann)).toEqual([1])
  })

  test('waits for the commit of what was said before it, and of nothing after it', () => {
    const room = open()
    const { type } = typist(1)
    room.update(ann, type('a'))
    expect(marksTo(room.says(ann, mark(1)), ann)).toEqual([])
    room.update(ann, type('b'))
    expect(marksTo(room.says(ann, mark(2)), ann)).toEqual([])
    expect(marksTo(room.commit(), ann)).toEqual([]) // the first one waits behind what was under way
    expect(marksTo(room.commit(), ann)).toEqual([1, 2])
  })

  test('survives a disk that refuses', () => {
    const room = open()
    room.update(ann, typist(1).type('a'))
    room.says(ann, mark(1))
    expect(marksTo(room.failAppend(), ann)).toEqual([])
    room.tick(200)
    expect(marksTo(room.commit(), ann)).toEqual([1])
  })

  test('set before a session has said what it changed while it was away waits for that', () => {
    const room = new TestRoom().open(ann)
    expect(marksTo(room.says(ann, mark(7)), ann)).toEqual([])
    room.says(ann, { kind: 'sync-step-2', contents: typist(1).type('offline') })
    room.commit() // of the answer; the mark stands behind it
    expect(marksTo(room.says(ann, mark(8)), ann)).toEqual([8])
  })

  test('of a session that is asked a second time does not wait for that answer', () => {
    const room = new TestRoom()
    room.join(ann, 'write', 'twice')
    room.load()
    room.says(ann, nothing)
    expect(sentTo(room.tick(3_000), ann)).toMatchObject([{ kind: 'sync-step-1' }])
    expect(marksTo(room.says(ann, mark(1)), ann)).toEqual([1])
  })

  test('of two that wait for an answer the later one is told', () => {
    const room = new TestRoom().open(ann)
    room.says(ann, mark(1))
    room.says(ann, mark(2))
    expect(marksTo(room.says(ann, nothing), ann)).toEqual([2])
  })

  test('[R15] is never true behind something that was denied', () => {
    const room = new TestRoom().open(bob)
    room.join(ann, 'read')
    room.says(ann, nothing)
    expect(marksTo(room.says(ann, mark(0)), ann)).toEqual([0])
    const { type } = typist(1)
    const denied = type('a')
    expect(kindsOf(room.update(ann, denied))).toEqual(['denied'])
    expect(marksTo(room.says(ann, mark(1)), ann)).toEqual([])
    // it may write again, and brings what was denied
    room.take({ kind: 'regrant', session: ann, access: 'write', user: null })
    expect(marksTo(room.says(ann, mark(1)), ann)).toEqual([])
    room.says(ann, { kind: 'sync-step-2', contents: denied })
    const effects = room.commit()
    expect(marksTo(effects, ann)).toEqual([1])
  })

  test('is bounded like everything that waits for the disk', () => {
    const room = new TestRoom({ unsavedBytes: 1_000 }).open(ann, bob)
    room.says(ann, nothing)
    room.update(bob, typist(1).type('a'))
    const effects = Array.from({ length: 10 }, (_, i) => room.says(ann, mark(i))).flat()
    expect(only(effects, 'close')).toMatchObject([{ to: [ann], close: 'tryAgainLater' }])
  })
})

test('what a client says to the embedder is told in its turn, and changes nothing', () => {
  const room = new TestRoom()
  room.join(ann)
  expect(room.says(ann, { kind: 'stateless', text: 'hello' })).toEqual([])
  expect(only(room.load(), 'tell')).toEqual([{ kind: 'tell', session: ann, text: 'hello' }])
})
