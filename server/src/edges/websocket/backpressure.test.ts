import type { Frame } from '@quire/shared'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { DRAIN_BYTES, type WireBytes } from '../../ports/socket.ts'
import { startEdge, type EdgeFixture, type FixtureOptions } from './testing/edge-fixture.ts'
import { encodeFrame, opcodes } from './testing/frames.ts'
import { openRaw, type RawClient } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

const MiB = 1024 * 1024
let fixture: EdgeFixture

afterEach(() => fixture.stop())

const start = async (limits: FixtureOptions['limits']): Promise<EdgeFixture> => {
  fixture = await startEdge({ limits: { ...limits } })
  return fixture
}

const story = (): EdgeFixture['stories'][number] => {
  const found = fixture.stories[0]
  if (!found) throw new Error('no socket opened')
  return found
}

const bytes = (size: number): Frame => new Uint8Array(size) as Frame

/** Lets I/O happen until the kernel takes nothing more of what is queued. */
const settle = async (): Promise<void> => {
  for (let last = -1; last !== story().socket.queuedBytes();) {
    last = story().socket.queuedBytes()
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  }
}

/** A peer that completed the handshake and reads nothing from then on. */
const deaf = async (): Promise<RawClient> => {
  const client = await openRaw(fixture.port, '/listen')
  client.tcp.pause()
  return client
}

test('queuedBytes is what the kernel has not taken, and returns to 0 when the peer reads', async () => {
  await start({ queuedBytes: 64 * MiB })
  const client = await deaf()
  const { socket } = story()
  expect(socket.queuedBytes()).toBe(0)
  socket.send(bytes(32 * MiB))
  expect(socket.queuedBytes()).toBeGreaterThanOrEqual(16 * MiB)
  client.tcp.resume()
  await until(() => expect(socket.queuedBytes()).toBe(0))
})

test('shared bytes arrive as messages, and the owner hears once they have been taken', async () => {
  await start({ queuedBytes: 64 * MiB })
  const client = await deaf()
  const { socket } = story()
  const frame = bytes(16 * MiB)
  const shared = new Uint8Array(socket.wire.lengthOf(frame))
  socket.wire.write(frame, shared, 0)
  socket.sendWire(shared as WireBytes) // laid out above
  socket.sendWire(shared as WireBytes)
  socket.send(bytes(100))
  expect(socket.queuedBytes()).toBeGreaterThanOrEqual(DRAIN_BYTES)
  expect(story().drains).toBe(0)
  client.tcp.resume()
  await until(() => expect(story().drains).toBe(1))
  expect(socket.queuedBytes()).toBe(0)
  const sizes = [await client.frame(), await client.frame(), await client.frame()].map(
    ({ content }) => content.length,
  )
  expect(sizes).toEqual([16 * MiB, 16 * MiB, 100])
})

test('a peer that does not read costs queuedBytes and one message, then is cut', async () => {
  await start({ queuedBytes: 4 * MiB, closeMs: 1000 })
  await deaf()
  const { socket, closed } = story()
  for (let i = 0; i < 100; i++) {
    socket.send(bytes(MiB))
    await new Promise(setImmediate)
  }
  expect(socket.queuedBytes()).toBeLessThan(6 * MiB)
  expect(closed).toEqual([])
  fixture.clock.advance(1000)
  await until(() => expect(closed).toEqual([{ code: 1006, reason: '' }]))
})

test('a peer over queuedBytes that reads again finds the close frame 1013', async () => {
  await start({ queuedBytes: MiB })
  const client = await deaf()
  const { socket } = story()
  socket.send(bytes(16 * MiB)) // one message may pass the limit: a document is sent whole
  socket.send(bytes(1))
  client.tcp.resume()
  expect((await client.frame()).content).toHaveLength(16 * MiB)
  const { opcode, content } = await client.frame()
  expect(opcode).toBe(opcodes.close)
  expect(content.readUInt16BE(0)).toBe(1013)
  expect(content.toString('utf8', 2)).toContain(`${MiB} bytes`)
})

test('[RFC 6455 §5.5.3] pings from a peer that does not read cost a fixed amount', async () => {
  await start({})
  const client = await deaf()
  const { socket } = story()
  socket.send(bytes(32 * MiB)) // fills the kernel: from here on every pong waits
  await settle()
  const before = socket.queuedBytes()
  const ping = encodeFrame({ opcode: opcodes.ping, content: 'x'.repeat(125) })
  const flood = Buffer.concat(Array.from({ length: 1000 }, () => ping))
  for (let i = 0; i < 50; i++) {
    if (!client.tcp.write(flood)) await once(client.tcp, 'drain')
  }
  client.write(encodeFrame({ opcode: opcodes.binary, content: 'last' }))
  await until(() => expect(story().messages).toHaveLength(1))
  expect(socket.queuedBytes() - before).toBeLessThanOrEqual(64 * 127)
})

test('[RFC 6455 §5.5.3] after a flood of pings the latest is answered', async () => {
  await start({})
  const client = await openRaw(fixture.port, '/listen')
  const pings = Array.from({ length: 1000 }, (_, i) =>
    encodeFrame({ opcode: opcodes.ping, content: String(i) }),
  )
  client.write(...pings)
  for (;;) {
    const { opcode, content } = await client.frame()
    expect(opcode).toBe(opcodes.pong)
    if (content.toString() === '999') break
  }
})

test('[RFC 6455 §5.5.2] a peer is pinged every quarter of silenceMs and lives while it answers', async () => {
  await start({ silenceMs: 4_000 })
  const client = await openRaw(fixture.port, '/listen')
  for (let i = 0; i < 3; i++) {
    fixture.clock.advance(1000)
    const { opcode, content } = await client.frame()
    expect(opcode).toBe(opcodes.ping)
    client.write(encodeFrame({ opcode: opcodes.pong, content }))
    client.write(encodeFrame({ opcode: opcodes.binary, content: 'seen' }))
    await until(() => expect(story().messages).toHaveLength(i + 1))
  }
})

test('[RFC 6455 §5.5.2] a peer that is silent for silenceMs is closed, then soon cut with 1006', async () => {
  await start({ silenceMs: 4_000, closeMs: 5_000 })
  const client = await openRaw(fixture.port, '/listen')
  for (let i = 0; i < 4; i++) {
    fixture.clock.advance(1_000)
    expect((await client.frame()).opcode).toBe(opcodes.ping)
  }
  fixture.clock.advance(1_000)
  const { opcode, content } = await client.frame()
  expect(opcode).toBe(opcodes.close)
  expect(content.toString('utf8', 2)).toBe('no sign of life for 4000 ms')
  fixture.clock.advance(250)
  await until(() => expect(story().closed).toEqual([{ code: 1006, reason: '' }]))
})

test('a peer that reads a long message slowly is alive, though its pong cannot come', async () => {
  await start({ silenceMs: 4_000, queuedBytes: 64 * MiB })
  const client = await deaf()
  story().socket.send(bytes(32 * MiB))
  await settle()
  let read = 0
  client.tcp.on('data', (chunk) => (read += chunk.length))
  for (let i = 1; i <= 3; i++) {
    fixture.clock.advance(1000)
    client.tcp.resume()
    await until(() => expect(read).toBeGreaterThan(i * 4 * MiB))
    client.tcp.pause()
    await settle()
  }
  expect(story().socket.queuedBytes()).toBeGreaterThan(0) // or the test proved nothing
  client.tcp.resume()
  expect((await client.frame()).content).toHaveLength(32 * MiB)
  story().socket.send(bytes(1))
  const after = [await client.frame(), await client.frame(), await client.frame()]
  expect(after.map(({ opcode }) => opcode)).toEqual([opcodes.ping, opcodes.ping, opcodes.ping])
  expect((await client.frame()).opcode).toBe(opcodes.binary)
})

test('a peer whose window stays shut is dead after silenceMs, and not before', async () => {
  await start({ silenceMs: 4_000, closeMs: 500 })
  const client = await deaf()
  story().socket.send(bytes(32 * MiB))
  const beat = async (beats: number): Promise<void> => {
    for (let i = 0; i < beats; i++) {
      await settle()
      fixture.clock.advance(1_000)
    }
  }
  await beat(4)
  client.tcp.resume() // all of it comes, and what is dead is not
  await until(() => expect(story().socket.queuedBytes()).toBe(0))
  client.tcp.pause()
  story().socket.send(bytes(32 * MiB))
  await beat(6)
  fixture.clock.advance(500)
  await until(() => expect(story().closed).toEqual([{ code: 1006, reason: '' }]))
})
