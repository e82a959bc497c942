import {
  closeCodes,
  decodeNotice,
  encodeChannelRequest,
  encodeConnectionRequest,
  type ChannelRequest,
} from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quireFamily, QuireConnection } from './quire-connection.ts'

const open = (channel: number, document = 'notes', token: string | null = null): Uint8Array =>
  encodeChannelRequest(channel, { kind: 'open', document, token })
const say = (channel: number, message: ChannelRequest): Uint8Array =>
  encodeChannelRequest(channel, message)
const hello = (revision = 1) => encodeConnectionRequest({ kind: 'hello', revision, agent: 'test' })
const comeback = { spreadMs: () => 5, pauseMs: () => 3 }
const connect = (documents = 10) => {
  const connection = new QuireConnection(documents, comeback)
  connection.hear(hello())
  return connection
}
const saidIn = (frame: Uint8Array | undefined): unknown => {
  const notice = decodeNotice(frame ?? new Uint8Array())
  return notice.ok ? notice.value : notice.error
}

describe('the channels of a connection', () => {
  it('begin with an open, which is a login as well', () => {
    const connection = connect()
    expect(connection.hear(open(3, 'a/b', 'secret'))).toEqual({
      kind: 'open',
      address: '3',
      prefix: 3,
      document: 'a/b',
      said: { kind: 'login', token: 'secret' },
    })
    expect(connection.open).toBe(1)
    expect(connection.hear(say(3, { kind: 'token', token: 'newer' }))).toEqual({
      kind: 'hear',
      address: '3',
      said: { kind: 'login', token: 'newer' },
    })
    const signal = say(3, { kind: 'signal', data: Uint8Array.of(1) })
    expect(connection.hear(signal)).toEqual({
      kind: 'hear',
      address: '3',
      said: { kind: 'message', body: signal },
    })
  })

  it('[P23] are nobody before that and after their end, whichever side ends them', () => {
    const connection = connect()
    const position = say(3, { kind: 'signal', data: new Uint8Array() })
    expect(connection.hear(position)).toEqual({ kind: 'ignore' })
    connection.hear(open(3))
    expect(connection.hear(say(3, { kind: 'close' }))).toEqual({ kind: 'leave', address: '3' })
    expect(connection.hear(position)).toEqual({ kind: 'ignore' })
    expect(connection.hear(say(3, { kind: 'close' }))).toEqual({ kind: 'ignore' })
    connection.hear(open(4))
    connection.ended('4', closeCodes.forbidden.code, 'no')
    expect(connection.hear(say(4, { kind: 'close' }))).toEqual({ kind: 'ignore' })
    expect(connection.hear(Uint8Array.of(4, 5))).toEqual({ kind: 'ignore' })
    expect(connection.open).toBe(0)
  })

  it.each([
    ['one that was open', 7],
    ['one below', 2],
    ['one that was refused', 9],
  ])('[P23] are numbered upwards, and %s is not taken again', (_, channel) => {
    const connection = connect()
    connection.hear(open(7))
    connection.hear(say(7, { kind: 'close' }))
    connection.hear(open(9, ''))
    const decision = connection.hear(open(channel))
    expect(decision.kind === 'refuse' && saidIn(decision.frame)).toMatchObject({
      channel,
      message: { kind: 'closed', code: 4400, advice: 'stop' },
    })
    expect(connection.open).toBe(0)
    expect(connection.hear(open(10))).toMatchObject({ kind: 'open' })
  })

  it('[P23] whose open does not read are closed, for their client waits for an answer', () => {
    const connection = connect()
    const decision = connection.hear(Uint8Array.of(3, 1, 200))
    expect(decision.kind === 'refuse' && saidIn(decision.frame)).toMatchObject({
      channel: 3,
      message: { kind: 'closed', code: 4400, advice: 'stop' },
    })
    expect(connection.hear(open(3))).toMatchObject({ kind: 'refuse' })
  })

  it.each([
    ['a stop', closeCodes.unauthorized.code, { advice: 'stop', waitMs: 0 }],
    ['a retry', closeCodes.tryAgainLater.code, { advice: 'retry', waitMs: 1_000 }],
  ] as const)('[P29] say with their end whether to come back: %s', (_, code, advice) => {
    const connection = connect()
    connection.hear(open(1))
    const { frames, closesSocket } = connection.ended('1', code, 'why')
    expect(closesSocket).toBe(false)
    expect(frames.map(saidIn)).toEqual([
      { channel: 1, message: { kind: 'closed', code, reason: 'why', ...advice } },
    ])
    expect(connection.ended('1', code, 'again')).toEqual({ frames: [], closesSocket: false })
  })

  it('[P29] all end with a server that restarts, and are told a pause of their own', () => {
    const connection = connect()
    connection.hear(open(1))
    connection.hear(open(2))
    const { code } = closeCodes.serviceRestart
    const { frames, closesSocket } = connection.ended('1', code, 'bye')
    expect(closesSocket).toBe(true)
    expect(frames.map(saidIn)).toEqual([
      {
        channel: 0,
        message: { kind: 'farewell', code, advice: 'retry', waitMs: 3, reason: 'bye' },
      },
    ])
  })
})

describe('of the connection itself', () => {
  it.each([
    [9, 1],
    [1, 1],
  ])('[P22] a hello of revision %i is kept to revision %i, once', (said, kept) => {
    const connection = new QuireConnection(10, comeback)
    expect(connection.hear(hello(said))).toEqual({ kind: 'named', agent: 'test', revision: kept })
    expect(connection.hear(hello(said))).toEqual({ kind: 'ignore' })
  })

  it('[P22] an open before a hello ends it', () => {
    expect(new QuireConnection(10, comeback).hear(open(1))).toMatchObject({ kind: 'close' })
  })

  it('a ping is answered, what is not known ignored', () => {
    const connection = connect()
    const pong = connection.hear(encodeConnectionRequest({ kind: 'ping' }))
    expect(pong).toMatchObject({ kind: 'reply', frame: Uint8Array.of(0, 1, 5) })
    expect(connection.hear(Uint8Array.of(0, 77, 1))).toEqual({ kind: 'ignore' })
  })

  it('[P23] what does not read ends it', () => {
    expect(connect().hear(Uint8Array.of(0, 0, 1))).toMatchObject({ kind: 'close' })
    expect(connect().hear(new Uint8Array())).toMatchObject({ kind: 'close' })
  })

  it('the greeting says how long it may be silent', () => {
    const family = quireFamily(
      { documents: 3, messageBytes: 1_000 },
      { presenceEntries: 1, presenceBytes: 1 },
      { spreadMs: () => 8, pauseMs: () => 3 },
    )
    expect(family.greeting.map(saidIn)).toEqual([
      {
        channel: 0,
        message: {
          kind: 'hello',
          revision: 1,
          beatMs: family.beat?.everyMs,
          messageBytes: 1_000,
          documents: 3,
          spreadMs: 8,
        },
      },
    ])
    expect(family.beat?.frame()).toEqual(Uint8Array.of(0, 1, 8))
  })
})

it('whatever comes, as many are open as were opened and not ended, and never more than the limit', () => {
  const channels = fc.integer({ min: 1, max: 4 })
  const frames = fc.oneof(
    channels.map((channel) => open(channel)),
    channels.map((channel) => open(channel, '')),
    channels.map((channel) => say(channel, { kind: 'close' })),
    channels.map((channel) => say(channel, { kind: 'token', token: null })),
    channels.map((channel) => Uint8Array.of(channel, 5, 200)),
    fc.uint8Array({ maxLength: 6 }),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(frames, channels), { maxLength: 30 }), (all) => {
      const connection = connect(3)
      const model = new Set<string>()
      for (const one of all) {
        if (typeof one === 'number') {
          connection.ended(String(one), closeCodes.badFrame.code, 'bad')
          model.delete(String(one))
          continue
        }
        const decision = connection.hear(one)
        const address = 'address' in decision ? decision.address : null
        const wasOpen = address !== null && model.has(address)
        // only what is open is heard, ended and left; only what is not is opened
        expect(wasOpen).toBe(address !== null && decision.kind !== 'open')
        if (decision.kind === 'open') model.add(decision.address)
        if (decision.kind === 'leave') model.delete(decision.address)
        expect(connection.open).toBe(model.size)
        expect(model.size).toBeLessThanOrEqual(3)
      }
    }),
  )
})
