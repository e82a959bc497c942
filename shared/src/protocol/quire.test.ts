import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { StateVector, Update } from '../bytes.ts'
import { clientId, seq } from '../ids.ts'
import { limits } from '../limits.ts'
import { everyTruncation, mutate, mutations } from '../testing/mutations.ts'
import {
  decodeRequest,
  encodeChannelRequest,
  encodeConnectionRequest,
  isOpenRequest,
  type ChannelRequest,
  type ConnectionRequest,
} from './quire-client.ts'
import {
  decodeNotice,
  encodeChannelNotice,
  encodeConnectionNotice,
  type ChannelNotice,
  type ConnectionNotice,
} from './quire-server.ts'
import { accesses } from './quire-values.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

type Of<K, M> = Extract<M, { kind: K }>
/** An arbitrary for each kind: one that is missing does not compile. */
type Arbitraries<M extends { kind: string }> = {
  [K in M['kind']]: fc.Arbitrary<Omit<Of<K, M>, 'kind'>>
}
const oneOf = <M extends { kind: string }>(all: Arbitraries<M>): fc.Arbitrary<M> =>
  fc.oneof(
    ...(Object.keys(all) as M['kind'][]).map((kind) =>
      all[kind].map((rest) => ({ kind, ...rest }) as unknown as M),
    ),
  )

const nothing = fc.constant({})
const number = fc.maxSafeNat()
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 40 })
const optional = fc.option(text, { nil: null })
const update = bytes.map((some) => some as Update)
const stateVector = bytes.map((some) => some as StateVector)
const sequence = number.map(seq)
const ending = fc.record({
  code: number,
  advice: fc.constantFrom('stop' as const, 'retry' as const),
  waitMs: number,
  reason: text,
})
const state = fc.option(
  text.map((value) => JSON.stringify(value)),
  { nil: null },
)

const channels = fc.integer({ min: 1, max: 2 ** 40 })
const connectionRequests = oneOf<ConnectionRequest>({
  // a grapheme may be some twenty units long
  hello: fc.record({ revision: positive, agent: fc.string({ unit: 'grapheme', maxLength: 8 }) }),
  ping: nothing,
})
const channelRequests = oneOf<ChannelRequest>({
  open: fc.record({ document: text, token: optional }),
  close: nothing,
  position: fc.record({ epoch: number, seq: sequence, writer: number }),
  ask: fc.record({ stateVector }),
  answer: fc.record({ number: positive, update }),
  update: fc.record({ number: positive, update }),
  presence: fc.record({ presence: bytes }),
  token: fc.record({ token: optional }),
  signal: fc.record({ data: bytes }),
})
const connectionNotices = oneOf<ConnectionNotice>({
  hello: fc.record({
    revision: number,
    beatMs: number,
    messageBytes: number,
    documents: number,
    spreadMs: number,
  }),
  beat: fc.record({ spreadMs: number }),
  farewell: ending,
})
const channelNotices = oneOf<ChannelNotice>({
  opened: fc.record({ epoch: number, user: optional }),
  closed: ending,
  ask: fc.record({ stateVector }),
  answer: fc.record({ update }),
  update: fc.record({ update }),
  presence: fc.record({
    entries: fc.array(
      fc.record({ client: number.map(clientId), clock: number, state, user: optional }),
      { maxLength: 3 },
    ),
  }),
  'token-wanted': nothing,
  signal: fc.record({ user: optional, data: bytes }),
  saved: fc.record({ number }),
  denied: fc.record({ reason: text }),
  at: fc.record({ seq: sequence, writer: number }),
  access: fc.record({ access: fc.constantFrom(...accesses) }),
  disk: fc.record({ works: fc.boolean() }),
  'position-unknown': nothing,
})

const requests = fc.oneof(
  connectionRequests.map((message) => ({ channel: 0, message })),
  fc.record({ channel: channels, message: channelRequests }),
)
const notices = fc.oneof(
  connectionNotices.map((message) => ({ channel: 0, message })),
  fc.record({ channel: channels, message: channelNotices }),
)
const bytesOfRequest = ({ channel, message }: { channel: number; message: object }): Uint8Array =>
  channel === 0
    ? encodeConnectionRequest(message as ConnectionRequest)
    : encodeChannelRequest(channel, message as ChannelRequest)
const bytesOfNotice = ({ channel, message }: { channel: number; message: object }): Uint8Array =>
  channel === 0
    ? encodeConnectionNotice(message as ConnectionNotice)
    : encodeChannelNotice(channel, message as ChannelNotice)

describe('quire.v1', () => {
  test('what a client says is read as it was meant', () => {
    fc.assert(
      fc.property(requests, (said) => {
        expect(decodeRequest(bytesOfRequest(said))).toEqual({ ok: true, value: said })
      }),
      { numRuns: 500 },
    )
  })

  test('what a server says is read as it was meant', () => {
    fc.assert(
      fc.property(notices, (said) => {
        expect(decodeNotice(bytesOfNotice(said))).toEqual({ ok: true, value: said })
      }),
      { numRuns: 500 },
    )
  })

  test('[P1, P2] what is cut short is a problem, what is damaged is a value or a problem', () => {
    const damages = fc.array(mutations, { minLength: 4, maxLength: 8 })
    fc.assert(
      fc.property(requests, notices, damages, (request, notice, damage) => {
        const [up, down] = [bytesOfRequest(request), bytesOfNotice(notice)]
        for (const part of everyTruncation(up)) expect(decodeRequest(part).ok).toBe(false)
        for (const part of everyTruncation(down)) expect(decodeNotice(part).ok).toBe(false)
        for (const mutation of damage) {
          decodeRequest(mutate(up, mutation, up))
          decodeNotice(mutate(down, mutation, down))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('[P2] bytes behind a message are a problem', () => {
    fc.assert(
      fc.property(requests, notices, (request, notice) => {
        expect(decodeRequest(Uint8Array.of(...bytesOfRequest(request), 0)).ok).toBe(false)
        expect(decodeNotice(Uint8Array.of(...bytesOfNotice(notice), 0)).ok).toBe(false)
      }),
    )
  })

  test('[P22] a type that is not known is ignored with what follows', () => {
    for (const channel of [0, 5]) {
      const frame = Uint8Array.of(channel, 99, 1, 2, 3)
      const value = { channel, message: { kind: 'unknown', type: 99 } }
      expect(decodeRequest(frame)).toEqual({ ok: true, value })
      expect(decodeNotice(frame)).toEqual({ ok: true, value })
    }
  })

  test.each([
    ['an update with the number 0', [1, 5, 0, 0], 'range'],
    ['a flag that is neither', [1, 7, 2], 'range'],
    ['a name that is no UTF-8', [1, 1, 1, 0xff, 0], 'utf8'],
    ['a channel over 2^53', [255, 255, 255, 255, 255, 255, 255, 127, 2], 'range'],
    ['no bytes', [], 'truncated'],
    ['a channel alone', [3], 'truncated'],
  ])('of a client: %s is a problem', (_, list, kind) => {
    const read = decodeRequest(Uint8Array.from(list))
    expect(read.ok ? null : read.error.kind).toBe(kind)
  })

  test.each([
    ['an access that does not exist', [1, 12, 3], 'range'],
    ['a disk that neither works nor does not', [1, 13, 2], 'range'],
    ['an advice that does not exist', [1, 2, 1, 2, 0, 0], 'range'],
    ['more entries than bytes', [1, 6, 200, 1], 'truncated'],
  ])('of a server: %s is a problem', (_, list, kind) => {
    const read = decodeNotice(Uint8Array.from(list))
    expect(read.ok ? null : read.error.kind).toBe(kind)
  })

  test('bounds are told with what was found', () => {
    const signal = (length: number) =>
      decodeRequest(encodeChannelRequest(1, { kind: 'signal', data: new Uint8Array(length) }))
    expect(signal(limits.signalBytes).ok).toBe(true)
    expect(signal(limits.signalBytes + 1)).toMatchObject({
      error: { kind: 'limit', message: expect.stringMatching(/^signal is 4097 bytes, limit 4096/) },
    })
  })

  test('[P22] revisions begin with 1', () => {
    const hello = encodeConnectionRequest({ kind: 'hello', revision: 0, agent: '' })
    expect(decodeRequest(hello)).toMatchObject({ ok: false, error: { kind: 'range' } })
  })

  test('[P22] an agent that is too long is cut, as it is only for logs', () => {
    const agent = 'x'.repeat(limits.agentLength)
    for (const more of ['', 'y'])
      expect(
        decodeRequest(encodeConnectionRequest({ kind: 'hello', revision: 1, agent: agent + more })),
      ).toEqual({ ok: true, value: { channel: 0, message: { kind: 'hello', revision: 1, agent } } })
  })

  test('an open is known for one, whether or not it reads', () => {
    const open = encodeChannelRequest(1, { kind: 'open', document: 'notes', token: null })
    expect(isOpenRequest(open.subarray(0, 4))).toBe(true)
    for (const other of [
      Uint8Array.of(0, 1),
      Uint8Array.of(1, 2),
      Uint8Array.of(1),
      Uint8Array.of(),
    ])
      expect(isOpenRequest(other)).toBe(false)
  })
})
