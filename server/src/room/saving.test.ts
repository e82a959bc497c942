import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Effect } from './effect.ts'
import { retryDelayMs } from './saving.ts'
import {
  ann,
  bob,
  cyd,
  here,
  kindsOf,
  only,
  receiptsTo,
  sentTo,
  TestRoom,
  typist,
  WRITER,
} from './testing/test-room.ts'

const acksTo = (effects: readonly Effect[], session: typeof ann) =>
  receiptsTo(effects, session).flatMap((receipt) =>
    receipt.kind === 'mark' ? [] : [receipt.update],
  )

describe('acknowledging', () => {
  test('[R5] an update is acknowledged with its commit and not before', () => {
    const room = new TestRoom().open(ann, bob)
    const typed = typist(1).type('a')
    expect(acksTo(room.update(ann, typed), ann)).toEqual([])
    const effects = room.commit()
    expect(acksTo(effects, ann)).toEqual([typed.update])
    expect(acksTo(effects, bob)).toEqual([])
  })

  test('[R5] one commit acknowledges what it covers of each session, in order, with one message each', () => {
    const room = new TestRoom().open(ann, bob)
    const [a, b] = [typist(1), typist(2)]
    const updates = [a.type('1'), b.type('2'), a.type('3'), b.type('4')]
    updates.forEach((update, i) => room.update(i % 2 === 0 ? ann : bob, update))
    expect(acksTo(room.commit(), ann)).toEqual([updates[0]?.update])
    const effects = room.commit(3)
    expect(only(effects, 'send').length).toBe(2)
    expect(acksTo(effects, ann)).toEqual([updates[2]?.update])
    expect(acksTo(effects, bob)).toEqual([updates[1]?.update, updates[3]?.update])
  })

  test('[R5] a receipt says what kind of message it is for', () => {
    const room = new TestRoom().open(ann)
    const contents = typist(1).type('a')
    room.says(ann, { kind: 'sync-step-2', contents })
    expect(sentTo(room.commit(), ann)).toEqual([
      {
        kind: 'ack',
        receipts: [{ kind: 'sync-step-2', update: contents.update, isCounted: true }],
      },
    ])
  })

  test('[R5] what is known and saved is acknowledged at once, and not appended again', () => {
    const room = new TestRoom().open(ann, bob)
    const typed = typist(1).type('a')
    room.update(ann, typed)
    room.commit()
    const effects = room.update(bob, typed)
    expect(kindsOf(effects)).toEqual(['ack'])
    expect(acksTo(effects, bob)).toEqual([typed.update])
  })

  test('[R5] what is known but not yet saved waits for the commit', () => {
    const room = new TestRoom().open(ann, bob)
    const typed = typist(1).type('a')
    room.update(ann, typed)
    expect(room.update(bob, typed)).toEqual([])
    const effects = room.commit()
    expect(acksTo(effects, ann)).toEqual([typed.update])
    expect(acksTo(effects, bob)).toEqual([typed.update])
    expect(kindsOf(effects)).not.toContain('append')
    expect(kindsOf(room.leave(ann).concat(room.leave(bob)))).toEqual(['evict'])
  })

  test('[R5] what is known waits for the unsaved that its session sent before it', () => {
    const room = new TestRoom().open(ann)
    const { type } = typist(1)
    const [first, second, third] = [type('1'), type('2'), type('3')]
    room.update(ann, first)
    room.commit()
    room.update(ann, second)
    room.update(ann, third)
    expect(room.update(ann, first)).toEqual([])
    expect(acksTo(room.commit(), ann)).toEqual([second.update])
    expect(acksTo(room.commit(), ann)).toEqual([third.update, first.update])
  })

  test('[R5] nothing is acknowledged to one who left, and the commit still counts', () => {
    const room = new TestRoom().open(ann, bob)
    room.update(ann, typist(1).type('a'))
    room.leave(ann)
    expect(kindsOf(room.commit())).toEqual(['publish'])
  })
})

describe('publishing', () => {
  test('[R11] what is committed is published after its commit, under its numbers', () => {
    const room = new TestRoom().open(ann)
    const { type } = typist(1)
    const updates = [type('1'), type('2'), type('3')]
    for (const update of updates) expect(kindsOf(room.update(ann, update))).not.toContain('publish')
    expect(only(room.commit(), 'publish')[0]?.hint).toEqual({
      first: 1,
      last: 1,
      updates: [updates[0]?.update],
      writer: WRITER,
    })
    expect(only(room.commit(2), 'publish')[0]?.hint).toEqual({
      first: 2,
      last: 3,
      updates: [updates[1]?.update, updates[2]?.update],
      writer: WRITER,
    })
  })
})

describe('failing', () => {
  test('[R4] a failed append is retried without another edit, with all that came meanwhile, in order', () => {
    const room = new TestRoom().open(ann)
    const { type } = typist(1)
    const updates = [type('1'), type('2'), type('3')]
    room.update(ann, updates[0] ?? type('never'))
    room.update(ann, updates[1] ?? type('never'))
    expect(room.failAppend()).toMatchObject([
      { event: { kind: 'append-failed' } },
      { kind: 'broadcast', message: { kind: 'disk', works: false } },
    ])
    expect(kindsOf(room.update(ann, updates[2] ?? type('never')))).toEqual([])
    expect(room.tick(99)).toEqual([])
    const retried = room.tick(1)
    expect(only(retried, 'append')[0]?.updates).toEqual(updates.map(({ update }) => update))
    const effects = room.commit(3)
    expect(acksTo(effects, ann)).toEqual(updates.map(({ update }) => update))
    expect(effects).toContainEqual(
      expect.objectContaining({ event: expect.objectContaining({ kind: 'append-recovered' }) }),
    )
  })

  test('[R4] what is typed while an append fails is relayed', () => {
    const room = new TestRoom().open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('1'))
    room.failAppend()
    expect(kindsOf(room.update(ann, type('2')))).toEqual(['update'])
  })

  test('[R4] the pause before a retry doubles, and is never over 5 s', () => {
    const room = new TestRoom().open(ann)
    room.update(ann, typist(1).type('a'))
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      room.failAppend()
      expect(room.tick(pause - 1)).toEqual([])
      expect(kindsOf(room.tick(1))).toEqual(['append'])
    }
    expect(retryDelayMs(10_000)).toBe(5_000)
    room.commit()
    room.update(ann, typist(2).type('b'))
    room.failAppend()
    expect(kindsOf(room.tick(100))).toEqual(['append'])
  })

  test('[R4] after a commit the pause begins anew, also for what came during the retry', () => {
    const room = new TestRoom().open(ann)
    const { type } = typist(1)
    room.update(ann, type('1'))
    for (const pause of [100, 200, 400]) {
      room.failAppend()
      room.tick(pause)
    }
    room.update(ann, type('2'))
    expect(kindsOf(room.commit())).toContain('append')
    room.failAppend()
    expect(kindsOf(room.tick(100))).toEqual(['append'])
  })

  test('[R4] however appends end, what is appended in the end is all that was accepted, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('type', 'commit', 'fail', 'tick')), (happenings) => {
        const room = new TestRoom().open(ann)
        const { type } = typist(1)
        const [accepted, stored]: [unknown[], unknown[]] = [[], []]
        let inFlight: readonly unknown[] | null = null
        const look = (effects: readonly Effect[]) => {
          for (const { updates } of only(effects, 'append')) inFlight = updates
        }
        const commit = () => {
          const updates = inFlight
          if (updates === null) return
          inFlight = null
          stored.push(...updates)
          look(room.commit(updates.length))
        }
        for (const happening of happenings) {
          if (happening === 'type') {
            const typed = type('a')
            accepted.push(typed.update)
            look(room.update(ann, typed))
          } else if (happening === 'tick') look(room.tick(5_000))
          else if (happening === 'commit') commit()
          else if (inFlight !== null) {
            inFlight = null
            room.failAppend()
          }
        }
        look(room.tick(5_000))
        for (const _ of accepted) commit()
        expect(stored).toEqual(accepted)
      }),
    )
  })
})

describe('the bound on what is unsaved', () => {
  test('[R6] a write above it sends its session away before anything has changed', () => {
    const room = new TestRoom({ unsavedBytes: 400 }).openWide(ann, bob)
    const { type } = typist(1)
    room.presence(ann, here(1, 1))
    room.update(ann, type('first'))
    const effects = room.update(ann, type('x'.repeat(300)))
    expect(only(effects, 'close')).toMatchObject([{ to: [ann], close: 'tryAgainLater' }])
    expect(sentTo(effects, bob)).toMatchObject([{ kind: 'presence', entries: [{ state: null }] }])
    expect(kindsOf(room.commit())).toEqual(['publish'])
    const known = room.says(bob, typist(2).asks())
    expect(only(known, 'answer')[0]?.unsaved).toEqual([])
  })

  test('[R5] a refused write is not taken for known when it comes again', () => {
    const room = new TestRoom({ unsavedBytes: 600 }).open(ann, bob)
    const { type } = typist(1)
    const [first, second] = [type('first'), type('x'.repeat(350))]
    room.update(ann, first)
    expect(kindsOf(room.update(ann, second))).toEqual(['close'])
    room.commit()
    expect(kindsOf(room.update(bob, second))).toEqual(['append'])
  })

  test('[R5] what stood behind the refused write is not heard: an acknowledgement would cover it', () => {
    const room = new TestRoom({ unsavedBytes: 400 }).open(ann, bob)
    const { type } = typist(1)
    room.update(ann, type('first'))
    room.update(ann, type('x'.repeat(300)))
    expect(room.update(ann, type('y'))).toEqual([])
    expect(room.leave(ann)).toEqual([])
  })

  test('[R4] known updates count, too, for their receipts are kept', () => {
    const room = new TestRoom({ unsavedBytes: 1_000 }).open(ann, bob)
    const typed = typist(1).type('a')
    room.update(ann, typed)
    room.failAppend()
    let sent = 0
    while (kindsOf(room.update(bob, typed)).length === 0) sent++
    expect(sent).toBeLessThan(10)
    expect(room.phase).toBe('live')
  })

  test('[R4] the last session sent away leaves a room that closes, and does not forget', () => {
    const room = new TestRoom({ unsavedBytes: 400 }).open(ann)
    const { type } = typist(1)
    room.update(ann, type('first'))
    room.update(ann, type('x'.repeat(300)))
    expect(room.phase).toBe('closing')
    expect(kindsOf(room.commit())).toEqual(['publish', 'evict'])
  })

  test('[R4] so does one that is sent away for what it said during the load', () => {
    const room = new TestRoom({ unsavedBytes: 400 })
    const { type } = typist(1)
    room.join(ann)
    room.update(ann, type('x'.repeat(400)))
    room.update(ann, type('y'))
    expect(kindsOf(room.load())).toEqual(['sync-step-1', 'close', 'evict'])
  })
})

describe('durability', () => {
  test('[R5] ack: others see an update at once; the sender hears of the commit', () => {
    const room = new TestRoom().open(ann, bob, cyd)
    const typed = typist(1).type('a')
    const effects = room.update(ann, typed)
    expect(kindsOf(effects)).toEqual(['append', 'update'])
    expect(only(effects, 'relay')).toMatchObject([{ except: ann }])
    expect(kindsOf(room.commit())).toEqual(['ack', 'publish'])
  })

  test('[R5] relay: others see an update after its commit, and so do those who joined meanwhile', () => {
    const room = new TestRoom({ durability: 'relay' }).open(ann, bob)
    const typed = typist(1).type('a')
    expect(kindsOf(room.update(ann, typed))).toEqual(['append'])
    room.join(cyd)
    const effects = room.commit()
    expect(kindsOf(effects)).toEqual(['update', 'ack', 'publish'])
    expect(only(effects, 'relay')).toMatchObject([{ except: ann }])
  })

  test('[R5] relay: an answer shows nothing that is not on disk', () => {
    const room = new TestRoom({ durability: 'relay' }).open(ann, bob)
    room.update(ann, typist(1).type('a'))
    const [asked] = only(room.says(bob, typist(2).asks()), 'answer')
    expect(asked?.unsaved).toEqual([])
  })

  test('[R5] relay: a deletion that is not on disk is not shown to one who lacks only that', () => {
    const room = new TestRoom({ durability: 'relay' }).open(ann, bob)
    const [a, b] = [typist(1), typist(2)]
    const typed = a.type('abc')
    b.hear(typed.update)
    room.update(ann, typed)
    room.commit()
    room.update(ann, a.erase(2))
    expect(kindsOf(room.says(bob, b.asks()))).toEqual(['answer'])
    room.commit()
    expect(kindsOf(room.says(bob, b.asks()))).toEqual(['sync-step-2'])
  })
})
