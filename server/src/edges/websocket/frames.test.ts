import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startEdge, type EdgeFixture } from './testing/edge-fixture.ts'
import { closeContent, encodeFrame, opcodes, type ClientFrame } from './testing/frames.ts'
import { openRaw, type RawClient } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

const limits = { messageBytes: 1000, fragments: 20 }
let fixture: EdgeFixture

beforeEach(async () => {
  fixture = await startEdge({ limits })
})

afterEach(() => fixture.stop())

const open = (path = '/binary'): Promise<RawClient> => openRaw(fixture.port, path)

/** Expects a close frame next, and nothing after it but the end. */
const closedWith = async (client: RawClient): Promise<{ code: number; reason: string }> => {
  const { opcode, fin, rsv, content } = await client.frame()
  expect({ opcode, fin, rsv }).toEqual({ opcode: opcodes.close, fin: true, rsv: 0 })
  expect(await client.ended()).toHaveLength(0)
  return { code: content.readUInt16BE(0), reason: content.toString('utf8', 2) }
}

const piece = (opcode: number, content: string | Uint8Array, fin: boolean): Buffer =>
  encodeFrame({ opcode, content, fin })

test.each([[0], [1], [125], [126], [999], [1000]])(
  '[RFC 6455 §5.2] a binary message of %i bytes is echoed as one unmasked frame',
  async (size) => {
    const client = await open()
    const content = randomBytes(size)
    client.write(encodeFrame({ opcode: opcodes.binary, content }))
    expect(await client.frame()).toEqual({ opcode: opcodes.binary, fin: true, rsv: 0, content })
  },
)

test.each<[string, string, ClientFrame, string]>([
  ['§5.1', 'an unmasked frame', { opcode: opcodes.binary, mask: null }, 'MASK'],
  ['§5.2', 'reserved bit 1', { opcode: opcodes.binary, rsv: 4 }, 'RSV1'],
  ['§5.2', 'reserved bit 2', { opcode: opcodes.binary, rsv: 2 }, 'RSV2'],
  ['§5.2', 'reserved bit 3', { opcode: opcodes.binary, rsv: 1 }, 'RSV3'],
  ['§5.2', 'reserved opcode 3', { opcode: 3 }, 'opcode 3'],
  ['§5.2', 'reserved opcode 7', { opcode: 7 }, 'opcode 7'],
  ['§5.2', 'reserved opcode 11', { opcode: 11 }, 'opcode 11'],
  ['§5.2', 'reserved opcode 15', { opcode: 15 }, 'opcode 15'],
  ['§5.4', 'a continuation of nothing', { opcode: opcodes.more }, 'opcode 0'],
  ['§5.5', 'a fragmented ping', { opcode: opcodes.ping, fin: false }, 'FIN'],
  ['§5.5', 'a fragmented close', { opcode: opcodes.close, fin: false }, 'FIN'],
  ['§5.5', 'a ping of 126 bytes', { opcode: opcodes.ping, content: 'x'.repeat(126) }, 'length'],
  ['§5.5', 'a pong of 2^16 bytes', { opcode: opcodes.pong, content: 'x'.repeat(65536) }, 'length'],
  ['§5.5.1', 'a close of 1 byte', { opcode: opcodes.close, content: '\x03' }, 'length 1'],
])('[RFC 6455 %s] %s is closed with 1002 and a reason', async (_, __, frame, words) => {
  const client = await open()
  client.write(encodeFrame(frame))
  const { code, reason } = await closedWith(client)
  expect(code).toBe(1002)
  expect(reason).toContain(words)
  await until(() => expect(fixture.stories[0]?.closed).toEqual([{ code: 1006, reason: '' }]))
})

test('[RFC 6455 §5.4] a new message inside an unfinished one is closed with 1002', async () => {
  const client = await open()
  client.write(piece(opcodes.binary, 'a', false), piece(opcodes.binary, 'b', true))
  expect(await closedWith(client)).toMatchObject({ code: 1002 })
})

test('[RFC 6455 §5.4] fragments with control frames between them are one message', async () => {
  const client = await open()
  client.write(
    piece(opcodes.binary, 'a', false),
    piece(opcodes.ping, 'p', true),
    piece(opcodes.more, '', false),
    piece(opcodes.pong, 'q', true),
    piece(opcodes.more, 'b', true),
  )
  expect(await client.frame()).toMatchObject({ opcode: opcodes.pong, content: Buffer.from('p') })
  expect(await client.frame()).toMatchObject({ opcode: opcodes.binary, content: Buffer.from('ab') })
})

test('[RFC 6455 §5.5.2] a ping is answered by a pong with the same content', async () => {
  const client = await open()
  const content = randomBytes(125)
  client.write(encodeFrame({ opcode: opcodes.ping, content }))
  expect(await client.frame()).toEqual({ opcode: opcodes.pong, fin: true, rsv: 0, content })
})

test('[RFC 6455 §5.5.3] ten pings in one write get ten pongs in order', async () => {
  const client = await open()
  const words = Array.from({ length: 10 }, (_, i) => `ping ${i}`)
  client.write(...words.map((content) => encodeFrame({ opcode: opcodes.ping, content })))
  for (const word of words) expect((await client.frame()).content.toString()).toBe(word)
})

test('[RFC 6455 §5.5.3] a pong that nobody asked for is not answered', async () => {
  const client = await open()
  client.write(piece(opcodes.pong, 'x', true), piece(opcodes.binary, 'y', true))
  expect(await client.frame()).toMatchObject({ opcode: opcodes.binary })
})

test('[RFC 6455 §7.4.1] text on a binary route is closed with 1003', async () => {
  const client = await open()
  client.write(piece(opcodes.text, 'hello', true))
  client.write(encodeFrame({ opcode: opcodes.close, content: closeContent(1003) })) // its answer
  expect(await closedWith(client)).toEqual({
    code: 1003,
    reason: 'text frame on the binary protocol',
  })
  expect(fixture.stories[0]?.messages).toEqual([])
})

test('[RFC 6455 §5.6] text passes where the route takes it', async () => {
  const client = await open('/text')
  client.write(piece(opcodes.text, 'κόσμε', true))
  expect(await client.frame()).toMatchObject({
    opcode: opcodes.text,
    content: Buffer.from('κόσμε'),
  })
  client.write(piece(opcodes.binary, 'b', true))
  expect(await client.frame()).toMatchObject({ opcode: opcodes.binary })
})

test.each([['ff'], ['c080'], ['eda080'], ['f4908080'], ['ce']])(
  '[RFC 6455 §8.1] text with the bytes %s is closed with 1007',
  async (hex) => {
    const client = await open('/text')
    client.write(piece(opcodes.text, Buffer.from(hex, 'hex'), true))
    expect(await closedWith(client)).toMatchObject({
      code: 1007,
      reason: 'text or close reason is not UTF-8',
    })
  },
)

test('[RFC 6455 §8.1] a character may be split between fragments', async () => {
  const client = await open('/text')
  const [first, second] = [Buffer.from([0xc3]), Buffer.from([0xa9])]
  client.write(piece(opcodes.text, first, false), piece(opcodes.more, second, true))
  expect((await client.frame()).content.toString()).toBe('é')
})

test.each<[string, ClientFrame]>([
  ['1001 bytes', { opcode: opcodes.binary, declared: 1001n }],
  ['2^53 bytes', { opcode: opcodes.binary, declared: 2n ** 53n }],
  ['2^63 - 1 bytes', { opcode: opcodes.binary, declared: 2n ** 63n - 1n }],
  ['2^63 bytes, the most significant bit', { opcode: opcodes.binary, declared: 2n ** 63n }],
  ['2^64 - 1 bytes', { opcode: opcodes.binary, declared: 2n ** 64n - 1n }],
])('[RFC 6455 §7.4.1] a declared length of %s is closed with 1009 at once', async (_, frame) => {
  const client = await open()
  client.write(encodeFrame(frame)) // the head alone: nothing of the content was needed
  expect(await closedWith(client)).toEqual({ code: 1009, reason: 'message is over 1000 bytes' })
})

test('[RFC 6455 §7.4.1] fragments that add up to too much are closed with 1009', async () => {
  const client = await open()
  client.write(piece(opcodes.binary, 'x'.repeat(600), false))
  client.write(encodeFrame({ opcode: opcodes.more, fin: false, declared: 401n }))
  expect(await closedWith(client)).toEqual({ code: 1009, reason: 'message is over 1000 bytes' })
})

test.each([['x'], ['']])(
  '[RFC 6455 §10.4] too many fragments of %j are closed',
  async (content) => {
    const client = await open()
    client.write(piece(opcodes.binary, content, false))
    client.write(...Array.from({ length: 20 }, () => piece(opcodes.more, content, false)))
    expect(await closedWith(client)).toEqual({
      code: 1009,
      reason: 'message comes in too many pieces, limit 20 frames',
    })
  },
)

test('[RFC 6455 §5.4] as many fragments as the limit allows are one message', async () => {
  const client = await open()
  client.write(piece(opcodes.binary, 'x', false))
  client.write(...Array.from({ length: 19 }, (_, i) => piece(opcodes.more, 'x', i === 18)))
  expect((await client.frame()).content).toHaveLength(20)
})

test.each([
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((c) => [c, 1002]),
  ...[1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((c) => [
    c,
    c,
  ]),
])('[RFC 6455 §7.4] a close with code %i is answered with %i', async (sent = 0, echoed) => {
  const client = await open()
  client.write(encodeFrame({ opcode: opcodes.close, content: closeContent(sent, 'bye') }))
  expect(await closedWith(client)).toMatchObject({ code: echoed })
  const heard = sent === echoed ? { code: sent, reason: 'bye' } : { code: 1006, reason: '' }
  await until(() => expect(fixture.stories[0]?.closed).toEqual([heard]))
})

test('[RFC 6455 §5.5.1] an empty close is echoed empty', async () => {
  const client = await open()
  client.write(encodeFrame({ opcode: opcodes.close }))
  expect(await client.frame()).toMatchObject({ opcode: opcodes.close, content: Buffer.alloc(0) })
  expect(await client.ended()).toHaveLength(0)
  await until(() => expect(fixture.stories[0]?.closed).toEqual([{ code: 1005, reason: '' }]))
})

test('[RFC 6455 §8.1] a close reason that is not UTF-8 is closed with 1007', async () => {
  const client = await open()
  const content = closeContent(1000, Buffer.from([0xff]))
  client.write(encodeFrame({ opcode: opcodes.close, content }))
  expect(await closedWith(client)).toMatchObject({ code: 1007 })
})

test('[RFC 6455 §5.5.1] what comes after a close frame is ignored', async () => {
  const client = await open()
  client.write(
    encodeFrame({ opcode: opcodes.close, content: closeContent(1000) }),
    piece(opcodes.binary, 'late', true),
    piece(opcodes.ping, 'late', true),
  )
  expect(await closedWith(client)).toEqual({ code: 1000, reason: '' })
  await until(() => expect(fixture.stories[0]?.closed).toHaveLength(1))
  expect(fixture.stories[0]?.messages).toEqual([])
})

test('[RFC 6455 §7.1.7] a breach on one connection disturbs no other', async () => {
  const innocent = new WebSocket(`ws://127.0.0.1:${fixture.port}/binary`)
  await new Promise((resolve) => innocent.once('open', resolve))
  const client = await open()
  client.write(encodeFrame({ opcode: 3 }))
  await closedWith(client)
  innocent.send('still')
  const code = await new Promise((resolve) => innocent.once('close', resolve))
  expect(code).toBe(1003) // the route's own answer to text
})
