import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { clientFrame, FrameReader } from './frames.ts'
import { WireClient } from './wire-client.ts'

const serverFrame = (message: Uint8Array): Buffer => {
  const masked = clientFrame(message)
  const header = masked.length - message.length - 4
  const frame = Buffer.concat([masked.subarray(0, header), message])
  frame[1] = (frame[1] ?? 0) & 0x7f
  return frame
}

test('[bench] messages are the same however the bytes are cut', () => {
  const size = fc.oneof(fc.nat(130), fc.constantFrom(125, 126, 65_535, 65_536))
  fc.assert(
    fc.property(
      fc.array(size, { maxLength: 5 }),
      fc.integer({ min: 7, max: 5_000 }),
      (sizes, cut) => {
        const messages = sizes.map((length, i) => Buffer.alloc(length, i + 1))
        const stream = Buffer.concat(messages.map(serverFrame))
        const read: Buffer[] = []
        const reader = new FrameReader((_, bytes, from, to) =>
          read.push(Buffer.from(bytes.subarray(from, to))),
        )
        for (let at = 0; at < stream.length; at += cut) reader.push(stream.subarray(at, at + cut))
        expect(Buffer.concat(read).equals(Buffer.concat(messages))).toBe(true)
        expect(read.map(({ length }) => length)).toEqual(sizes)
      },
    ),
    { numRuns: 40 },
  )
})

test('[bench] a masked frame from a server is refused', () => {
  const reader = new FrameReader(() => {})
  expect(() => reader.push(clientFrame(Uint8Array.of(1)))).toThrow('masked')
})

test('[bench] a stock server understands the client, and the client it', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => socket.on('message', (message) => socket.send(message)))
  const heard: Buffer[] = []
  const { port } = server.address() as AddressInfo // listens on a port, not on a pipe
  const client = new WireClient({ port, path: '/echo' }, (bytes, from, to) => {
    heard.push(Buffer.from(bytes.subarray(from, to)))
  })
  await client.opened
  const messages = [1, 125, 126, 70_000].map((length) => Buffer.alloc(length, length & 255))
  for (const message of messages) client.write(clientFrame(message))
  await expect.poll(() => heard.length).toBe(messages.length)
  expect(heard).toEqual(messages)
  client.pause()
  client.write(clientFrame(Uint8Array.of(1)))
  client.resume()
  await expect.poll(() => heard.length).toBe(messages.length + 1)
  client.close()
  server.close()
})

test('[bench] a refused connection says so', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => false })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listens on a port, not on a pipe
  const client = new WireClient({ port, path: '/' }, () => {})
  await expect(client.opened).rejects.toThrow('401')
  server.close()
})
