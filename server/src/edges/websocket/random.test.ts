import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startEdge, type EdgeFixture } from './testing/edge-fixture.ts'
import { decodeFrame, encodeFrame, opcodes, type ServerFrame } from './testing/frames.ts'
import { connectRaw, handshakeRequest, openRaw, type RawClient } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: 6 * PATIENCE_MS }) // hundreds of connections, one after the other

let fixture: EdgeFixture
let innocent: RawClient

beforeAll(async () => {
  fixture = await startEdge({ limits: { messageBytes: 1000, fragments: 50 } })
  innocent = await openRaw(fixture.port, '/binary')
})

afterAll(() => fixture.stop())

/** The connection that was there before all others still echoes, and nothing was reported. */
const innocentWorks = async (): Promise<void> => {
  innocent.write(encodeFrame({ opcode: opcodes.binary, content: 'still' }))
  expect((await innocent.frame()).content.toString()).toBe('still')
  expect(fixture.bugs).toEqual([])
}

/** Decodes all of `bytes`, which must be whole frames. */
const decodeAll = (bytes: Buffer): ServerFrame[] => {
  const frames: ServerFrame[] = []
  for (let at = 0; at < bytes.length;) {
    const decoded = decodeFrame(bytes.subarray(at))
    if (decoded === null) throw new Error(`the server sent half a frame at byte ${at}`)
    frames.push(decoded.frame)
    at += decoded.size
  }
  return frames
}

/** Writes `bytes` in pieces that end at `cuts`, each in its own TCP write. */
const writeCut = async (
  client: RawClient,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<void> => {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length]
  let at = 0
  for (const end of ends.toSorted((a, b) => a - b)) {
    if (end > at) client.write(bytes.subarray(at, end))
    at = Math.max(at, end)
    await new Promise(setImmediate)
  }
}

const cuts = fc.array(fc.nat(), { maxLength: 8 })
const ping = fc.uint8Array({ maxLength: 125 })

test(
  '[RFC 6455 §5.4] any split of a message into frames and TCP writes, with pings between, is that message',
  async () => {
    const fragments = fc.array(
      fc.record({
        content: fc.uint8Array({ maxLength: 60 }),
        pings: fc.array(ping, { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(fragments, cuts, async (parts, at) => {
        const client = await openRaw(fixture.port, '/binary')
        const bytes = parts.flatMap(({ content, pings }, i) => [
          encodeFrame({
            opcode: i === 0 ? opcodes.binary : opcodes.more,
            content,
            fin: i === parts.length - 1,
          }),
          ...pings.map((it) => encodeFrame({ opcode: opcodes.ping, content: it })),
        ])
        await writeCut(client, Buffer.concat(bytes), at)
        client.write(encodeFrame({ opcode: opcodes.close }))
        const frames = decodeAll(await client.ended())
        const contents = (opcode: number): Buffer[] =>
          frames.filter((frame) => frame.opcode === opcode).map(({ content }) => content)
        expect(contents(opcodes.binary)).toEqual([
          Buffer.concat(parts.map(({ content }) => content)),
        ])
        expect(contents(opcodes.pong)).toEqual(
          parts.flatMap(({ pings }) => pings.map((it) => Buffer.from(it))),
        )
      }),
      { numRuns: 150 },
    )
  },
  PATIENCE_MS,
)

const anyFrame = fc
  .record({
    opcode: fc.oneof(fc.constantFrom(...Object.values(opcodes)), fc.nat(15)),
    content: fc.uint8Array({ maxLength: 200 }),
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
  })
  .map((frame) => encodeFrame(frame))
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.array(anyFrame, { maxLength: 12 }).map((frames) => Buffer.concat(frames)),
)

test(
  '[RFC 6455 §7.1.7] any bytes after the handshake end in a close frame, told once, and harm nobody',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/binary', '/text'),
        anyBytes,
        cuts,
        async (path, bytes, at) => {
          const client = await openRaw(fixture.port, path)
          const story = fixture.stories.at(-1)
          await writeCut(client, bytes, at)
          client.tcp.end()
          const frames = decodeAll(await client.ended())
          expect(frames.at(-1)?.opcode).toBe(opcodes.close)
          expect(frames.filter(({ opcode }) => opcode === opcodes.close)).toHaveLength(1)
          await until(() => expect(story?.closed).toHaveLength(1))
          await innocentWorks()
          expect(story?.closed).toHaveLength(1)
        },
      ),
      { numRuns: 200 },
    )
    expect(fixture.edge.figures()).toEqual({ sockets: 1, handshakes: 0 })
  },
  PATIENCE_MS,
)

const fieldValue = fc.oneof(
  fc.constantFrom(
    'websocket',
    'h2c, websocket',
    'Upgrade',
    'close',
    '13',
    '8',
    '',
    'a,b',
    '0',
    '7',
  ),
  fc.string({ maxLength: 30, unit: 'binary-ascii' }),
  fc.constant(null),
)
const field = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'Host',
      'Connection',
      'Upgrade',
      'Sec-WebSocket-Version',
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
      'Content-Length',
      'Transfer-Encoding',
      'Expect',
      '__proto__',
    ),
    fc.string({ maxLength: 12 }),
  ),
  fieldValue,
)
const target = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('/binary', '/text', '/nowhere') },
  fc.constantFrom('*', '//', '//a', '/%', 'a:1', 'http://', 'http://a', 'http://@a/', '/\\', '/#'),
  fc.webPath(),
  fc.webUrl(),
  fc.string({ maxLength: 30, unit: 'binary-ascii' }),
)
const request = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        path: target,
        fields: fc.array(field, { maxLength: 5 }),
        method: fc.constantFrom('GET', 'POST', 'CONNECT', 'PRI', 'HEAD', 'OPTIONS'),
      })
      .map(({ path, fields, method }) =>
        Buffer.from(
          handshakeRequest(path, Object.fromEntries(fields)).replace('GET', method),
          'latin1',
        ),
      ),
  },
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
)

test(
  '[RFC 6455 §4.2.1] any handshake is answered and the connection ends, and harms nobody',
  async () => {
    await fc.assert(
      fc.asyncProperty(request, cuts, async (bytes, at) => {
        const client = await connectRaw(fixture.port)
        await writeCut(client, bytes, at)
        client.tcp.end()
        const answer = (await client.ended()).toString('latin1')
        // RFC 9112 §2.2: empty lines before a request are no request, so nothing is owed for them
        const owed = /[^\r\n]/.test(bytes.toString('latin1'))
        expect(answer).toMatch(owed ? /^HTTP\/1\.1 \d{3} / : /^/)
        await innocentWorks()
      }),
      { numRuns: 300 },
    )
    await until(() => expect(fixture.edge.figures()).toEqual({ sockets: 1, handshakes: 0 }))
  },
  PATIENCE_MS,
)
