import { EMPTY_UPDATE, seq, type Update } from '@quire/shared'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createContent } from '../content/threaded.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Answer } from '../ports/content.ts'
import type { ServerMessage } from '../room/message.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { AnswerPool } from './answer-pool.ts'
import { Deliveries } from './deliveries.ts'
import { Gate } from './gate.ts'
import { createSession, type Session } from './session.ts'
import { setUp as setUpOutbox, update, type OutboxBounds } from './testing/outbox.ts'
import { settle } from './testing/server.ts'

const KIB = 1024
const AT: ServerMessage = { kind: 'at', seq: seq(1), writer: 1 }

const setUp = (count: number, bounds: OutboxBounds = {}) => {
  const { outbox, clock, sessions, all, ...rest } = setUpOutbox(count, {
    lagBytes: 64 * KIB * KIB,
    ...bounds,
  })
  const untold: number[] = []
  const content = createContent(clock, { collectGarbage: true })
  onTestFinished(() => content.close())
  const pool = new AnswerPool(clock, 64 * KIB * KIB)
  const deliveries = new Deliveries({
    clock,
    sessions,
    outbox,
    answering: { storage: createMemoryStorage(), content, pool, gate: new Gate(4) },
    readMs: 60_000,
    onDrained: () => undefined,
    onUntold: (session) => untold.push(session),
  })
  const [one, two] = all
  if (one === undefined || two === undefined) throw new Error('two, please')
  return { deliveries, outbox, clock, untold, sessions, one, two, all, ...rest }
}

const pieces = (count: number, bytes: number): Answer => ({
  first: Array.from({ length: count }, () => new Uint8Array(bytes) as Update), // never decoded
  last: EMPTY_UPDATE,
})

describe('[R18] a position', () => {
  it('is not told behind an answer that is on its way, where updates would overtake it', () => {
    const { deliveries, outbox, untold, peers, one, two, heard } = setUp(2)
    peers[0]?.stall()
    deliveries.deliver(one, pieces(3, 300 * KIB))
    deliveries.say(one, AT)
    outbox.relay(update('later'), two)
    outbox.flush()
    expect(untold).toEqual([one.id])
    while (one.delivery.isUnderWay) {
      peers[0]?.wake()
      deliveries.feed(one)
    }
    expect(heard(0)).not.toContain('at')
    deliveries.say(one, AT)
    outbox.flush()
    expect(heard(0).at(-1)).toBe('at')
  })

  it('is not told while a large update is on its way, and told when that is written', async () => {
    const { deliveries, outbox, untold, one, two, heard } = setUp(2, { turnBytes: 10 })
    outbox.relay(update('a large update'), two)
    deliveries.say(one, AT)
    expect(untold).toEqual([one.id])
    await settle()
    deliveries.say(one, AT)
    await settle()
    expect(heard(0)).toEqual(['a large update', 'at'])
  })

  it('is told before a large update that comes behind it', async () => {
    const { deliveries, outbox, sessions, peers, one, two, heard } = setUp(3, {
      turnBytes: 20,
      intervalMs: 1_000,
    })
    outbox.relay(update('small'), one)
    await settle() // the next flush is a second away
    sessions.delete(one.id) // the first is for others only
    outbox.relay(update('a large update'), two)
    sessions.set(one.id, one)
    deliveries.say(one, AT)
    outbox.relay(update('another large one'), two)
    await settle()
    expect(heard(0)).toEqual(['at', 'another large one'])
    expect(peers[2]?.frames).toHaveLength(3)
  })
})

describe('[R9] pieces of an answer', () => {
  /** A client that opens one document on many channels: all of its frames have their address in them. */
  const onChannels = (count: number) => {
    const { deliveries, sessions, peers, one } = setUp(2)
    let layouts = 0
    const dialectOf = (channel: number): Dialect => ({
      ...one.dialect,
      lane: `words ${channel}`,
      encode: (message) => {
        layouts++
        return one.dialect.encode(message)
      },
    })
    const channels = Array.from({ length: count }, (_, i): Session => {
      const id = (one.id + 100 + i) as Session['id'] // nobody else's
      const session = createSession(
        { id, dialect: dialectOf(i), socket: one.socket },
        one.lastSentAt,
      )
      sessions.set(id, session)
      return session
    })
    return { deliveries, channels, peer: peers[0], layouts: () => layouts }
  }

  it('are laid out when they are written, and nothing is for one who does not read', () => {
    const { deliveries, channels, peer, layouts } = onChannels(100)
    const answer = pieces(50, 300 * KIB)
    peer?.stall()
    for (const channel of channels) deliveries.deliver(channel, answer)
    expect(layouts()).toBe(1)
    expect(channels.every(({ delivery }) => delivery.isUnderWay)).toBe(true)
  })

  it('are laid out once for those of one lane who come together', () => {
    const { deliveries, all, peers } = setUp(20)
    const answer = pieces(2, 300 * KIB)
    for (const session of all) deliveries.deliver(session, answer)
    expect(new Set(peers.map(({ writes }) => writes[0])).size).toBe(1)
  })
})
