import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Session } from './session.ts'
import { saying, setUp, update, type OutboxBounds } from './testing/outbox.ts'
import { settle } from './testing/server.ts'

/** More than a turn holds, for however few. */
const TURN_BYTES = 64
const large = (name: string): string => name.padEnd(TURN_BYTES + 1, '.')
const nameOf = (word: string): string => word.replaceAll('.', '')

const setUpSmall = (count: number, bounds: OutboxBounds = {}) => {
  const lagBytes = 1_000_000
  const { heard, all, ...rest } = setUp(count, { turnBytes: TURN_BYTES, lagBytes, ...bounds })
  const [one, two, three] = all
  if (one === undefined || two === undefined || three === undefined)
    throw new Error('three, please')
  return { ...rest, all, one, two, three, heard: (who: number) => heard(who).map(nameOf) }
}

describe('updates that are too much for a turn', () => {
  it('[R8] are written to a few in each, and the same bytes to all', async () => {
    const { outbox, peers } = setUpSmall(10)
    const wide = 'a'.repeat(30)
    outbox.relay(update(wide), undefined)
    const written = (): number => peers.filter(({ writes }) => writes.length > 0).length
    const after: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      await setImmediate()
      after.push(written())
    }
    expect(after).toEqual([3, 6, 9, 10, 10, 10])
    expect(new Set(peers.map(({ writes }) => writes[0])).size).toBe(1)
  })

  it('are overtaken by what others say, and not by what their author says', async () => {
    const { outbox, one, two, three, heard } = setUpSmall(3)
    outbox.relay(update('before'), one)
    outbox.relay(update(large('large')), one)
    outbox.relay(update('behind'), one)
    outbox.relay(update('other'), two)
    outbox.say(three, saying('aside'))
    outbox.flush()
    expect([heard(0), heard(1), heard(2)]).toEqual([
      ['other'],
      ['before'],
      ['before', 'other', 'aside'],
    ])
    await settle()
    expect([heard(1), heard(2)]).toEqual([
      ['before', 'large', 'behind'],
      ['before', 'other', 'aside', 'large', 'behind'],
    ])
    outbox.relay(update('free again'), one)
    outbox.flush()
    expect(heard(1).at(-1)).toBe('free again')
  })

  it('come behind what their author has said, though that was to wait for the next flush', async () => {
    const { outbox, one, heard } = setUpSmall(3, { intervalMs: 16 })
    outbox.relay(update('first'), one)
    await settle()
    outbox.relay(update('second'), one)
    outbox.relay(update(large('large')), one)
    await settle()
    expect(heard(1)).toEqual(['first', 'second', 'large'])
  })

  it('hold together what is said within a flush, however small each of it is', async () => {
    const { outbox, peers, heard } = setUpSmall(3)
    for (let i = 0; i < 9; i++) outbox.relay(update(`${i}`.repeat(8)), undefined)
    outbox.flush()
    const bytes = peers.map(({ frames }) => frames.reduce((sum, { length }) => sum + length, 0))
    expect(bytes.reduce((sum, own) => sum + own, 0)).toBeLessThanOrEqual(TURN_BYTES)
    await settle()
    expect(heard(0)).toHaveLength(9)
    outbox.relay(update('and nothing else'), undefined)
    outbox.flush()
    expect(heard(0).at(-1)).toBe('and nothing else')
  })

  it('go with what is small behind them in one write', async () => {
    const { outbox, one, peers, heard } = setUpSmall(3)
    outbox.relay(update(large('large')), one)
    for (let i = 0; i < 20; i++) outbox.relay(update(`${i}`), one)
    await settle()
    expect(heard(1)).toHaveLength(21)
    expect(peers[1]?.writes).toHaveLength(1)
  })

  it('are written at once to one who is to be closed, and to nobody who is gone', async () => {
    const { outbox, sessions, one, two, three, heard } = setUpSmall(4)
    outbox.relay(update(large('large')), one)
    outbox.relay(update('behind'), one)
    outbox.finish(two)
    expect(heard(1)).toEqual(['large', 'behind'])
    sessions.delete(three.id)
    outbox.detach(three)
    await settle()
    expect([heard(1), heard(2), heard(3)]).toEqual([['large', 'behind'], [], ['large', 'behind']])
    outbox.relay(update('small'), one)
    outbox.flush()
    expect(heard(3).at(-1)).toBe('small')
  })

  it('[R9] reach one who is held meanwhile, and nobody who was held before', async () => {
    const { outbox, one, two, three, heard } = setUpSmall(3)
    outbox.hold(three)
    outbox.relay(update(large('large')), one)
    outbox.hold(two)
    outbox.relay(update(large('missed')), one)
    await settle()
    expect([heard(1), heard(2)]).toEqual([['large'], []])
  })

  it('[R9] congest those for whom too much is on its way, and tell when it is written', async () => {
    const { outbox, one, congested, served } = setUpSmall(3, { lagBytes: 2 * TURN_BYTES })
    const say = (): void => outbox.relay(update(large('large')), one)
    say()
    say()
    expect(congested).toEqual([]) // however large it is, one may wait
    say()
    expect(congested).toEqual([2, 3])
    expect(served).toEqual([])
    await settle()
    expect(served).toEqual([2, 3])
  })

  it('reach everybody they are for once, each author in its order, whatever comes between', async () => {
    const people = fc.nat({ max: 3 })
    const happening = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('small'), who: fc.nat({ max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('large'), who: fc.nat({ max: 4 }) }) },
      fc.record({ kind: fc.constant('say'), who: people }),
      fc.record({ kind: fc.constantFrom('hold', 'release', 'leave', 'finish'), who: people }),
      fc.record({ kind: fc.constantFrom('join', 'flush'), who: people }),
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn'), who: people }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
        const { outbox, all, sessions, join, heard } = setUpSmall(3)
        const expected = new Map<Session, string[]>(all.map((session) => [session, []]))
        const expectAll = (author: Session | undefined, word: string): void => {
          for (const session of sessions.values())
            if (session !== author && !session.line.isHeld) expected.get(session)?.push(word)
        }
        const gone = new Set<Session>()
        for (const [i, { kind, who }] of happenings.entries()) {
          const session = all[who]
          const isHere = session !== undefined && !gone.has(session)
          const author = isHere ? session : undefined
          const word = `${author?.id ?? 'x'}:${i}`
          if (kind === 'small' || kind === 'large') {
            expectAll(author, word)
            outbox.relay(update(kind === 'large' ? large(word) : word), author)
          } else if (kind === 'flush') outbox.flush()
          else if (kind === 'turn') await setImmediate()
          else if (kind === 'join') {
            const newcomer = join()
            all.push(newcomer)
            expected.set(newcomer, [])
          } else if (!isHere) continue
          else if (kind === 'say') {
            expected.get(session)?.push(`say:${i}`)
            outbox.say(session, saying(`say:${i}`))
          } else if (kind === 'hold') outbox.hold(session)
          else if (kind === 'release') outbox.release(session)
          else if (kind === 'finish') outbox.finish(session)
          else {
            gone.add(session)
            sessions.delete(session.id)
            outbox.detach(session)
          }
        }
        outbox.flush()
        for (let i = 0; i < 5; i++) await settle()
        for (const [who, session] of all.entries()) {
          if (gone.has(session)) continue
          const [told, meant] = [heard(who), expected.get(session) ?? []]
          expect(byAuthor(told)).toEqual(byAuthor(meant))
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** What was heard of each author, in the order in which it came. */
const byAuthor = (words: readonly string[]): Record<string, string[]> => {
  const of: Record<string, string[]> = {}
  for (const word of words) (of[word.split(':')[0] ?? ''] ??= []).push(word)
  return of
}
