import {
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  limits,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
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
  spoken,
  TestRoom,
  typist,
} from './testing/test-room.ts'

/** Who has nothing. */
const NOTHING = { kind: 'has', stateVector: EMPTY_STATE_VECTOR } as const
const asOf = { stateVector: EMPTY_STATE_VECTOR, isWhole: true }

describe('answering', () => {
  test('a client that lacks no struct gets the deletes, without a look at the storage', () => {
    const room = new TestRoom().open(ann)
    const { type, erase, asks } = typist(1)
    room.update(ann, type('abc'))
    const erased = erase(1)
    room.update(ann, erased)
    const [answer] = sentTo(room.says(ann, asks()), ann)
    expect(answer).toEqual({ kind: 'sync-step-2', update: erased.update })
  })

  test('an empty client of an empty document gets the empty update', () => {
    const room = new TestRoom().open(ann)
    expect(sentTo(room.says(ann, typist(1).asks()), ann)).toEqual([
      { kind: 'sync-step-2', update: EMPTY_UPDATE },
    ])
  })

  test('everybody else is answered from storage, with what is not in it yet', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    const updates = [type('1'), type('2')]
    for (const update of updates) room.update(ann, update)
    expect(only(room.says(bob, typist(2).asks()), 'answer')).toMatchObject([
      { session: bob, unsaved: updates.map(({ update }) => update) },
    ])
  })

  test('an answer is sent in its parts, the step 2 last, to one who is still there', () => {
    const room = new TestRoom().open(ann, bob)
    const [a, b] = [typist(1).type('a').update, typist(2).type('b').update]
    const answered = {
      kind: 'answered',
      session: bob,
      answer: { first: [a], last: b },
      asOf,
    } as const
    expect(sentTo(room.take(answered), bob)).toEqual([
      { kind: 'update', update: a },
      { kind: 'sync-step-2', update: b },
    ])
    room.leave(bob)
    expect(room.take(answered)).toEqual([])
    expect(
      room.take({ kind: 'answerFailed', session: bob, asker: NOTHING, problem: 'late' }),
    ).toMatchObject([{ event: { kind: 'answer-failed' } }])
  })

  test('one who asks twice is answered twice', () => {
    const room = new TestRoom()
    room.join(ann)
    room.load(documentOf(typist(1).type('a').update))
    const { asks } = typist(2)
    const asked = [room.says(ann, asks()), room.says(ann, asks())]
    expect(asked.map(kindsOf)).toEqual([['answer'], ['answer']])
    const answer = { first: [], last: EMPTY_UPDATE }
    const answered = { kind: 'answered', session: ann, answer, asOf } as const
    expect(kindsOf(room.take(answered))).toEqual(['sync-step-2'])
    expect(kindsOf(room.take(answered))).toEqual(['sync-step-2'])
  })

  test('[R6] one whom the document cannot be read for comes back later, and the others stay', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(bob, here(2, 1))
    const effects = room.take({
      kind: 'answerFailed',
      session: bob,
      asker: NOTHING,
      problem: 'disk',
    })
    expect(only(effects, 'close')).toMatchObject([{ to: [bob], close: 'tryAgainLater' }])
    expect(sentTo(effects, ann)).toEqual([{ kind: 'presence', entries: [here(2, 1, null)] }])
    expect(room.update(bob, typist(2).type('late'))).toEqual([])
    expect(kindsOf(room.leave(bob))).toEqual([])
    expect(room.phase).toBe('live')
  })
})

describe('writing', () => {
  test('[R8] a broadcast is one effect for all others, and none where nobody else is', () => {
    const room = new TestRoom().open(ann, bob, cyd)
    const { type } = typist(1)
    expect(only(room.update(ann, type('a')), 'relay')).toMatchObject([{ except: ann }])
    room.leave(bob)
    room.leave(cyd)
    expect(only(room.update(ann, type('b')), 'relay')).toEqual([])
  })

  test('an update that waits for others is kept and relayed, and its sender is asked for them', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.says(ann, { kind: 'sync-step-2', contents: contentsOf(EMPTY_UPDATE) }) // answers the greeting
    type('never sent')
    const effects = room.update(ann, type('sent'))
    expect(kindsOf(effects)).toEqual(['append', 'update', 'sync-step-1'])
    expect(sentTo(effects, ann)).toMatchObject([{ kind: 'sync-step-1' }])
    expect(effects).toContainEqual(
      expect.objectContaining({ event: expect.objectContaining({ kind: 'missing-dependencies' }) }),
    )
  })

  test('a sender that has been asked and has not answered yet is not asked again', () => {
    const room = new TestRoom().open(ann)
    const { type } = typist(1)
    type('never sent')
    expect(kindsOf(room.update(ann, type('sent')))).toEqual(['append'])
    room.says(ann, { kind: 'sync-step-2', contents: contentsOf(EMPTY_UPDATE) })
    expect(kindsOf(room.update(ann, type('again')))).toEqual(['sync-step-1'])
    expect(kindsOf(room.update(ann, type('and again')))).toEqual([])
  })

  test('[R15] what a reader changes is denied and changes nothing', () => {
    for (const access of ['read', 'comment'] as const) {
      const room = new TestRoom().open(bob)
      room.join(ann, access)
      const typed = typist(1).type('a')
      expect(kindsOf(room.update(ann, typed))).toEqual(['denied'])
      expect(kindsOf(room.says(ann, { kind: 'sync-step-2', contents: typed }))).toEqual(['denied'])
      expect(kindsOf(room.update(bob, typed))).toContain('append')
    }
  })

  test('[R15] what a reader repeats of the document is acknowledged like anybody’s', () => {
    const room = new TestRoom().open(bob)
    room.join(ann, 'read')
    const typed = typist(1).type('a')
    room.update(bob, typed)
    expect(room.says(ann, { kind: 'sync-step-2', contents: typed })).toEqual([])
    expect(sentTo(room.commit(), ann)).toMatchObject([{ kind: 'ack' }])
    expect(kindsOf(room.says(ann, { kind: 'sync-step-2', contents: typed }))).toEqual(['ack'])
  })

  test('[R15] a reader has presence', () => {
    const room = new TestRoom().openWide(bob)
    room.join(ann, 'read')
    expect(sentTo(room.presence(ann, here(1, 1)), bob)).toMatchObject([{ kind: 'presence' }])
  })
})

test('an unknown message is counted and nothing else, whenever it comes', () => {
  const room = new TestRoom()
  room.join(ann)
  expect(room.says(ann, { kind: 'unknown', type: 102 })).toEqual([])
  const counted = {
    kind: 'observe',
    event: { kind: 'unknown-message', document: 'doc', type: 102 },
  }
  expect(room.load()).toContainEqual(counted)
  expect(room.says(ann, { kind: 'unknown', type: 102 })).toEqual([counted])
})

test('a session that never joined is not heard', () => {
  const room = new TestRoom().open(ann)
  expect(room.update(bob, typist(1).type('a'))).toEqual([])
})

describe('presence', () => {
  const shown = (...entries: readonly ReturnType<typeof here>[]) => ({ kind: 'presence', entries })

  test('[R7] a session that says its presence is shown everyone’s at once, its own included', () => {
    const room = new TestRoom().open(ann, bob)
    expect(spoken(room.presence(ann, here(1, 1)))).toEqual([
      { kind: 'send', to: ann, message: shown(here(1, 1)) },
    ])
    expect(spoken(room.presence(bob, here(2, 1)))).toEqual([
      { kind: 'announce', to: [ann], entries: [here(2, 1)] },
      { kind: 'send', to: bob, message: shown(here(1, 1), here(2, 1)) },
    ])
  })

  test('[R7] a change goes to everyone, its sender included: clients live on the echo', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(ann, here(1, 1))
    expect(spoken(room.presence(ann, here(1, 2)))).toMatchObject([{ to: [ann, bob] }])
  })

  test('[R7] relays are not sent on', () => {
    const room = new TestRoom().openWide(ann, bob, cyd)
    room.presence(ann, here(1, 1))
    expect(room.presence(bob, here(1, 1))).toEqual([
      { kind: 'observe', event: { kind: 'presence-ignored', document: 'doc', entries: 1 } },
    ])
  })

  test('[R7] one who speaks and says no presence is shown that of others after 250 ms', () => {
    const room = new TestRoom().openWide(ann)
    room.presence(ann, here(1, 1))
    room.join(bob)
    room.says(bob, typist(2).asks())
    expect(spoken(room.tick(249))).toEqual([])
    expect(sentTo(room.tick(1), bob)).toEqual([shown(here(1, 1))])
    expect(spoken(room.tick(500))).toEqual([])
  })

  test('[R7] a client far away takes its id over, however long its first words are on their way', () => {
    const room = new TestRoom().openWide(ann)
    room.presence(ann, here(1, 5))
    room.join(bob)
    room.tick(2_000)
    room.says(bob, typist(2).asks())
    expect(kindsOf(room.presence(bob, here(1, 5)))).toEqual(['presence'])
    expect(kindsOf(room.leave(ann))).toEqual([])
  })

  test('[R7] one who asks for presence is shown it, and relays from then on', () => {
    const room = new TestRoom().openWide(ann)
    room.presence(ann, here(1, 5))
    room.join(bob)
    expect(sentTo(room.says(bob, { kind: 'query-presence' }), bob)).toEqual([shown(here(1, 5))])
    expect(kindsOf(room.presence(bob, here(1, 5)))).toEqual([])
    expect(sentTo(room.leave(bob), ann)).toEqual([])
  })

  test('[R7] two tabs of one person are two ids, and each ends with its own session', () => {
    const room = new TestRoom().openWide(ann, bob, cyd)
    room.presence(ann, here(1, 1))
    room.presence(bob, here(2, 1))
    room.presence(bob, here(1, 1)) // heard from the other tab
    expect(sentTo(room.leave(bob), cyd)).toEqual([shown(here(2, 1, null))])
    expect(sentTo(room.leave(ann), cyd)).toEqual([shown(here(1, 1, null))])
  })

  test('[R7] reconnect with a late close of the old socket: nobody sees a gap', () => {
    const room = new TestRoom().openWide(cyd)
    room.join(ann)
    room.presence(ann, here(1, 5))
    room.join(bob)
    expect(sentTo(room.presence(bob, here(1, 5)), cyd)).toEqual([])
    expect(sentTo(room.leave(ann), cyd)).toEqual([])
    expect(sentTo(room.presence(bob, here(1, 6)), cyd)).toEqual([shown(here(1, 6))])
  })

  test('[R7] close first, then reconnect at the same clock: the client is told, asked, and back at once', () => {
    const room = new TestRoom().openWide(cyd)
    room.join(ann)
    room.presence(ann, here(1, 5))
    expect(sentTo(room.leave(ann), cyd)).toEqual([shown(here(1, 5, null))])
    room.join(bob)
    expect(sentTo(room.presence(bob, here(1, 5)), bob)).toEqual([
      shown(here(1, 5, null)),
      { kind: 'query-presence' },
    ])
    expect(sentTo(room.presence(bob, here(1, 6)), cyd)).toEqual([shown(here(1, 6))])
  })

  test('[R7] a state that nobody renews ends after 30 s, for everyone', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(ann, here(1, 1))
    expect(spoken(room.tick(29_999))).toEqual([])
    expect(spoken(room.tick(1))).toMatchObject([{ to: [ann, bob], entries: [here(1, 1, null)] }])
    expect(room.tick(30_000)).toEqual([])
  })

  test('[R7] one who leaves while others are opening is not among those whom they are shown', () => {
    const room = new TestRoom().openWide(ann)
    room.presence(ann, here(1, 1))
    room.join(bob)
    room.says(bob, typist(2).asks())
    expect(spoken(room.leave(ann))).toEqual([])
    expect(spoken(room.tick(250))).toEqual([])
    expect(sentTo(room.presence(bob, here(2, 1)), bob)).toEqual([shown(here(2, 1))])
  })

  test('[R7] a wall clock that is set back keeps no ghosts', () => {
    const room = new TestRoom().openWide(ann, bob)
    room.presence(ann, here(1, 1))
    room.tick(-3_600_000)
    expect(spoken(room.tick(30_000)).length).toBe(1)
  })
})

test('[R12] what was in the log is known: a client that repeats it is only acknowledged', () => {
  const typed = typist(1).type('a')
  const room = new TestRoom()
  room.join(ann)
  const effects = room.load(documentOf(typed.update, Uint8Array.of(255) as Update)) // a damaged row
  expect(effects).toContainEqual(
    expect.objectContaining({ event: expect.objectContaining({ kind: 'corrupt-update' }) }),
  )
  expect(kindsOf(room.update(ann, typed))).toEqual(['ack'])
})

describe('what one session may cost', () => {
  test('presence that was shown a moment ago is not shown again for the asking', () => {
    const room = new TestRoom().open(ann, bob)
    room.says(ann, { kind: 'presence', entries: [here(1, 1)] })
    const ask = { kind: 'query-presence' } as const
    expect(sentTo(room.says(bob, ask), bob)).toHaveLength(1)
    expect(room.says(bob, ask)).toEqual([])
    room.tick(1_000)
    expect(sentTo(room.says(bob, ask), bob)).toHaveLength(1)
  })

  test('a kept update does not keep the frame that it came in', () => {
    const room = new TestRoom().open(ann)
    const { update } = typist(1).type('small')
    const frame = new Uint8Array(100_000)
    frame.set(update, 10)
    const [append] = only(
      room.update(ann, contentsOf(frame.subarray(10, 10 + update.length))),
      'append',
    )
    expect(append?.updates).toEqual([update])
    expect(append?.updates[0]?.buffer.byteLength).toBe(update.length)
  })

  test('a document has no more clients than its state vector may have', () => {
    const clients = (first: number, count: number): UpdateContents => {
      const out = encoding.createEncoder()
      encoding.writeVarUint(out, count)
      // highest first; each one letter in the root type `t`
      for (let client = first + count - 1; client >= first; client--)
        for (const value of [1, client, 0, 4, 1, 1, 0x74, 1, 0x61])
          encoding.writeVarUint(out, value)
      encoding.writeVarUint(out, 0)
      return contentsOf(encoding.toUint8Array(out))
    }
    const room = new TestRoom({ unsavedBytes: 100_000_000 }).open(ann, bob)
    room.update(ann, clients(0, limits.clientsPerDocument))
    const [close] = only(room.update(bob, clients(limits.clientsPerDocument, 1)), 'close')
    expect(close?.to).toEqual([bob])
    expect(close?.reason).toContain(`limit ${limits.clientsPerDocument}`)
    expect(only(room.update(ann, typist(5).type('known')), 'close')).toEqual([])
  })
})
