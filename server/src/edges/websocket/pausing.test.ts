import type { Frame } from '@quire/shared'
import { afterEach, expect, test, vi } from 'vitest'
import type { Socket } from '../../ports/socket.ts'
import { startEdge, type EdgeFixture } from './testing/edge-fixture.ts'
import { closeContent, encodeFrame, opcodes } from './testing/frames.ts'
import { openRaw, type RawClient } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

const SILENCE_MS = 20_000
const KIB = 1024

let fixture: EdgeFixture

afterEach(() => fixture.stop())

/** A socket that is not read, and its client. */
const paused = async (): Promise<{ client: RawClient; socket: Socket; heard: () => number }> => {
  fixture = await startEdge({ limits: { silenceMs: SILENCE_MS, closeMs: 1_000 } })
  const client = await openRaw(fixture.port, '/listen')
  await until(() => expect(fixture.stories).toHaveLength(1))
  const [story] = fixture.stories
  if (story === undefined) throw new Error('no socket')
  story.socket.pause()
  return { client, socket: story.socket, heard: () => story.messages.length }
}

const message = (size = 10): Buffer =>
  encodeFrame({ opcode: opcodes.binary, content: new Uint8Array(size) })

test('what comes while a socket is paused is delivered afterwards, in order and whole', async () => {
  const { client, socket, heard } = await paused()
  for (let i = 0; i < 100; i++) client.write(message(i))
  socket.send(Uint8Array.of(1) as Frame) // what is sent meanwhile goes out
  expect((await client.frame()).content).toEqual(Buffer.of(1))
  expect(heard()).toBe(0)
  socket.resume()
  await until(() => expect(heard()).toBe(100))
  expect(fixture.stories[0]?.messages.map(({ length }) => length)).toEqual([...Array(100).keys()])
})

test('a peer cannot make the server take more than the buffers of the operating system', async () => {
  const { client, socket, heard } = await paused()
  client.write(...Array.from({ length: 512 }, () => message(64 * KIB))) // 32 MiB
  for (let i = 0; i < 20; i++) {
    socket.send(Uint8Array.of(i) as Frame)
    await client.frame() // a round through the loop, in which the server could have read
  }
  expect(client.tcp.writableLength).toBeGreaterThan(8 * KIB * KIB)
  expect(heard()).toBeLessThan(2) // one read at most was under way
})

test('a paused socket is not taken for dead, and a half-open one is after it was resumed', async () => {
  const { client, socket } = await paused()
  fixture.clock.advance(4 * SILENCE_MS)
  socket.send(Uint8Array.of(1) as Frame)
  expect((await client.frame()).opcode).toBe(opcodes.binary) // and not a close frame
  client.tcp.pause()
  socket.resume()
  fixture.clock.advance(1.25 * SILENCE_MS)
  fixture.clock.advance(1_000)
  await until(() => expect(fixture.stories[0]?.closed).toHaveLength(1))
})

test('[RFC 6455 §7.1.2] a paused socket that is closed completes the closing handshake', async () => {
  const { client, socket, heard } = await paused()
  client.write(message(), message(100 * KIB))
  socket.close(1013, 'later')
  const close = await client.frame()
  expect([close.opcode, close.content]).toEqual([opcodes.close, closeContent(1013, 'later')])
  client.write(encodeFrame({ opcode: opcodes.close, content: closeContent(1013) }))
  await until(() => expect(fixture.stories[0]?.closed).toEqual([{ code: 1013, reason: '' }]))
  expect(heard()).toBe(0)
})

test('a paused socket that is terminated is gone at once', async () => {
  const { client, socket } = await paused()
  client.write(message(1_000 * KIB))
  socket.terminate()
  await until(() => expect(fixture.stories[0]?.closed).toHaveLength(1))
})

test('a paused socket whose peer hangs up notices it when it is resumed', async () => {
  const { client, socket } = await paused()
  client.write(message())
  client.tcp.destroy()
  socket.resume()
  await until(() => expect(fixture.stories[0]?.closed).toHaveLength(1))
})

test('pausing and resuming what is closed does nothing', async () => {
  const { client, socket } = await paused()
  client.tcp.destroy()
  socket.resume()
  await until(() => expect(fixture.stories[0]?.closed).toHaveLength(1))
  socket.pause()
  socket.resume()
  expect(fixture.bugs).toEqual([])
})
