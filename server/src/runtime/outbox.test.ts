import type { StateVector } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServerMessage } from '../room/message.ts'
import type { Session } from './session.ts'
import { bytesOf, entry, saying, setUp, update } from './testing/outbox.ts'
import { settle } from './testing/server.ts'

const signal = (value: number) =>
  ({ kind: 'signal', user: null, data: Uint8Array.of(value) }) as const

describe('an outbox', () => {
  it('[R8] writes once to each, and the same bytes to all who are told the same', () => {
    const { outbox, all, peers, heard } = setUp(4)
    outbox.relay(update('a'), all[0])
    outbox.relay(update('b'), all[1])
    outbox.flush()
    expect([heard(0), heard(1), heard(2), heard(3)]).toEqual([['b'], ['a'], ['a', 'b'], ['a', 'b']])
    expect(peers.map(({ writes }) => writes.length)).toEqual([1, 1, 1, 1])
    expect(peers[2]?.writes[0]).toBe(peers[3]?.writes[0])
  })

  it('[R8] lays out once what it says to all, those who are held as well', () => {
    const { outbox, all, peers, heard } = setUp(4)
    const [first, second] = all
    if (first === undefined || second === undefined) throw new Error('no session')
    outbox.hold(second)
    outbox.say(first, saying('before'))
    outbox.sayToAll({ kind: 'stateless', text: '' })
    outbox.say(first, saying('after'))
    outbox.flush()
    expect(heard(0)).toEqual(['before', 'stateless', 'after'])
    for (const other of [1, 2, 3]) expect(heard(other)).toEqual(['stateless'])
    const writes = new Set(peers.slice(1).map((peer) => peer.writes.at(-1)))
    expect([writes.size, ...peers.map((peer) => peer.writes.length)]).toEqual([1, 1, 1, 1, 1])
  })

  it('[R9] tells a signal to those who keep up, and to no one who has to read first what waits', () => {
    const { outbox, all, peers, heard } = setUp(4)
    const [author, held] = all
    if (author === undefined || held === undefined) throw new Error('no session')
    outbox.hold(held)
    peers[2]?.stall()
    outbox.say(all[2] ?? author, saying('x'.repeat(65 * 1024)))
    outbox.flush()
    outbox.signal(signal(1), author)
    outbox.flush()
    expect([0, 1, 3].map((at) => heard(at))).toEqual([[], [], ['signal']])
    expect(heard(2)).toHaveLength(1)
  })

  it('[R8] lays signals out once with what else all are told, and gives nobody its own', () => {
    const { outbox, all, peers, heard } = setUp(4)
    outbox.signal(signal(1), all[0])
    outbox.relay(update('a'), all[1])
    outbox.signal(signal(2), all[1])
    outbox.announce(all, [entry(7, 1)])
    outbox.flush()
    expect([heard(0), heard(1)]).toEqual([
      ['a', 'signal', '7@1'],
      ['signal', '7@1'],
    ])
    for (const other of [2, 3]) expect(heard(other)).toEqual(['a', 'signal', 'signal', '7@1'])
    expect(peers[2]?.writes).toEqual([peers[3]?.writes[0]])
    expect(peers[2]?.writes[0]).toBe(peers[3]?.writes[0])
  })

  it('drops signals that are too much for a flush, but for the first, and no update', () => {
    const { outbox, all, heard } = setUp(2, { turnBytes: 1_000 })
    for (let flush = 1; flush <= 2; flush++) {
      for (let i = 0; i < 1_000; i++) outbox.signal(signal(i), all[0])
      outbox.relay(update('a'), all[0])
      outbox.flush()
      const signals = heard(1).filter((word) => word === 'signal').length
      expect(signals).toBe(flush * 3) // a quarter of a turn's bytes, two people, 33 bytes each
      expect(heard(1).filter((word) => word === 'a')).toHaveLength(flush)
    }
    outbox.signal({ ...signal(0), data: new Uint8Array(4_096) }, all[0])
    outbox.flush()
    expect(heard(1).at(-1)).toBe('signal')
  })

  it('writes nothing, and counts nothing as said, where a family has no words for it', () => {
    const { outbox, clock, all, peers } = setUp(2)
    clock.advance(5_000)
    outbox.sayToAll({ kind: 'granted', access: 'write' })
    for (const session of all) outbox.say(session, { kind: 'granted', access: 'read' })
    outbox.flush()
    expect(peers.map(({ writes }) => writes.length)).toEqual([0, 0])
    expect(all.map(({ lastSentAt }) => lastSentAt)).toEqual([0, 0])
  })

  it('tells everybody everything in the order in which it was said, but nobody its own', () => {
    const said = fc.oneof(
      fc.record({ kind: fc.constant('relay' as const), by: fc.nat({ max: 4 }) }),
      fc.record({ kind: fc.constant('say' as const), to: fc.nat({ max: 3 }) }),
      fc.record({ kind: fc.constant('flush' as const) }),
      fc.record({ kind: fc.constant('join' as const) }),
      fc.record({
        kind: fc.constantFrom('hold' as const, 'release' as const),
        who: fc.nat({ max: 3 }),
      }),
    )
    fc.assert(
      fc.property(fc.array(said, { maxLength: 40 }), (happenings) => {
        const { outbox, all, join, heard } = setUp(3)
        const expected: string[][] = [[], [], []]
        const held = new Set<number>()
        happenings.forEach((happening, i) => {
          switch (happening.kind) {
            case 'relay': {
              outbox.relay(update(`u${i}`), all[happening.by])
              expected.forEach((words, who) => {
                if (who !== happening.by && !held.has(who)) words.push(`u${i}`)
              })
              return
            }
            case 'say': {
              const session = all[happening.to]
              if (session !== undefined) outbox.say(session, saying(`s${i}`))
              expected[happening.to]?.push(`s${i}`)
              return
            }
            case 'flush':
              return outbox.flush()
            case 'join':
              all.push(join())
              return void expected.push([])
            case 'hold':
            case 'release': {
              const session = all[happening.who]
              if (session === undefined) return
              outbox[happening.kind](session)
              if (happening.kind === 'hold') held.add(happening.who)
              else held.delete(happening.who)
            }
          }
        })
        outbox.flush()
        expect(all.map((_, who) => heard(who))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('tells a session the same state vector and the same answer once a flush', () => {
    const { outbox, all, heard } = setUp(1)
    const [session] = all
    if (session === undefined) throw new Error('one session')
    const answer: ServerMessage = { kind: 'sync-step-2', update: update('all deletes') }
    const asking: ServerMessage = { kind: 'sync-step-1', stateVector: bytesOf('v') as StateVector }
    for (let i = 0; i < 1_000; i++) {
      outbox.say(session, answer)
      outbox.say(session, asking)
    }
    outbox.flush()
    expect(heard(0)).toEqual(['sync-step-2', 'sync-step-1'])
    outbox.say(session, answer)
    outbox.flush()
    expect(heard(0)).toHaveLength(3)
  })

  it('tells of presence the latest state of each, once, behind the updates', () => {
    const { outbox, all, heard } = setUp(3)
    const audience = all.slice(0, 2)
    outbox.announce(audience, [entry(7, 1)])
    outbox.relay(update('a'), all[2])
    outbox.announce(audience, [entry(8, 1)])
    outbox.announce(audience, [entry(7, 2)])
    outbox.flush()
    expect([heard(0), heard(1), heard(2)]).toEqual([['a', '7@2 8@1'], ['a', '7@2 8@1'], []])
  })

  it('flushes at the end of the turn, and then not before the interval is over', async () => {
    const { outbox, clock, heard } = setUp(1, { intervalMs: 16 })
    outbox.relay(update('a'), undefined)
    expect(heard(0)).toEqual([])
    await settle()
    expect(heard(0)).toEqual(['a'])
    outbox.relay(update('b'), undefined)
    await settle()
    clock.advance(15)
    expect(heard(0)).toEqual(['a'])
    clock.advance(1)
    expect(heard(0)).toEqual(['a', 'b'])
  })

  it('flushes presence by itself once a frame, and sooner with an update', async () => {
    const { outbox, all, clock, heard } = setUp(1)
    outbox.announce(all, [entry(7, 1)])
    await settle()
    outbox.announce(all, [entry(7, 2)])
    await settle()
    clock.advance(15)
    expect(heard(0)).toEqual(['7@1'])
    clock.advance(1)
    expect(heard(0)).toEqual(['7@1', '7@2'])
    outbox.announce(all, [entry(7, 3)])
    outbox.relay(update('a'), undefined)
    await settle()
    expect(heard(0)).toEqual(['7@1', '7@2', 'a', '7@3'])
    clock.advance(100)
    await settle()
    expect(heard(0)).toHaveLength(4)
  })

  describe('with an acknowledgement', () => {
    const ack: ServerMessage = { kind: 'ack', receipts: [] }
    const setUpTwo = () => {
      const { all, ...rest } = setUp(2)
      const [one, two] = all
      if (one === undefined || two === undefined) throw new Error('two sessions')
      const type = async (by: Session): Promise<void> => {
        rest.outbox.relay(update('a'), by)
        await settle()
      }
      return { one, two, type, ...rest }
    }

    it('writes it with the next update, where somebody else has just written', async () => {
      const { outbox, clock, peers, one, two, type, heard } = setUpTwo()
      await type(one)
      await type(two)
      outbox.say(one, ack)
      await settle()
      clock.advance(15)
      expect(heard(0)).toEqual(['a'])
      await type(two)
      expect(heard(0)).toEqual(['a', 'ack', 'a'])
      expect(peers[0]?.writes).toHaveLength(2)
      clock.advance(100)
      expect(clock.timers).toBe(0)
    })

    it('writes it after one frame where none comes', async () => {
      const { outbox, clock, one, two, type, heard } = setUpTwo()
      await type(two)
      await type(one) // its own do not go to it
      outbox.say(one, ack)
      await settle()
      clock.advance(15)
      expect(heard(0)).toEqual(['a'])
      clock.advance(1)
      expect(heard(0)).toEqual(['a', 'ack'])
    })

    it('writes it at once where nobody else writes, and where what follows cannot wait', async () => {
      const { outbox, clock, one, two, type, heard } = setUpTwo()
      await type(two)
      clock.advance(9)
      await type(one)
      outbox.say(one, ack)
      await settle()
      expect(heard(0)).toEqual(['a', 'ack'])
      await type(two)
      outbox.say(one, ack)
      outbox.say(one, saying('no'))
      await settle()
      expect(heard(0)).toEqual(['a', 'ack', 'a', 'ack', 'no'])
    })
  })

  it('[R9] says who does not read, and tells it of presence no more', () => {
    const { outbox, all, peers, congested, heard } = setUp(2, { lagBytes: 100_000 })
    peers[1]?.stall()
    const long = 'x'.repeat(70_000)
    outbox.relay(update(long), undefined)
    outbox.flush()
    outbox.announce(all, [entry(7, 1)])
    outbox.flush()
    expect([heard(0), heard(1)]).toEqual([[long, '7@1'], [long]])
    expect(all.map(({ line }) => line.hasMissedPresence)).toEqual([false, true])
    expect(congested).toEqual([])
    outbox.relay(update(long), undefined)
    outbox.flush()
    expect(congested).toEqual([2])
  })

  it('[R9] tells one who is held of no presence, so that it comes to an end of what waits', () => {
    const { outbox, all, heard } = setUp(2)
    const [slow] = all
    if (slow === undefined) throw new Error('no session')
    outbox.hold(slow)
    outbox.announce(all, [entry(7, 1)])
    outbox.flush()
    expect([heard(0), heard(1)]).toEqual([[], ['7@1']])
    expect(slow.line.hasMissedPresence).toBe(true)
    outbox.release(slow)
    outbox.announce(all, [entry(7, 2)])
    outbox.flush()
    expect(heard(0)).toEqual(['7@2'])
  })
})
