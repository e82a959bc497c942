import type { Frame } from '@quire/shared'
import { afterEach, expect, test, vi } from 'vitest'
import {
  startEdge,
  recorder,
  type EdgeFixture,
  type FixtureOptions,
} from './testing/edge-fixture.ts'
import { closeContent, encodeFrame, opcodes } from './testing/frames.ts'
import { connectRaw, handshakeRequest, openRaw, type RawClient } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

let fixture: EdgeFixture

afterEach(() => fixture.stop())

const start = async (options: FixtureOptions = {}): Promise<EdgeFixture> => {
  fixture = await startEdge(options)
  return fixture
}

const open = (path = '/listen'): Promise<RawClient> => openRaw(fixture.port, path)

const story = (index = 0): EdgeFixture['stories'][number] => {
  const found = fixture.stories[index]
  if (!found) throw new Error(`no socket ${index} opened`)
  return found
}

const closeFrame = async (client: RawClient): Promise<{ code: number; reason: string }> => {
  const { opcode, content } = await client.frame()
  expect(opcode).toBe(opcodes.close)
  return { code: content.readUInt16BE(0), reason: content.toString('utf8', 2) }
}

const echoClose = (client: RawClient, code: number): void =>
  client.write(encodeFrame({ opcode: opcodes.close, content: closeContent(code) }))

const frame = (content: string): Buffer => encodeFrame({ opcode: opcodes.binary, content })

test('[RFC 6455 §7.1.2] close sends what was sent before it, then its frame, then ends', async () => {
  await start()
  const client = await open()
  const { socket, closed } = story()
  socket.send(Buffer.from('before') as Uint8Array as Frame)
  socket.close(4400, 'why')
  socket.send(Buffer.from('after') as Uint8Array as Frame)
  expect((await client.frame()).content.toString()).toBe('before')
  expect(await closeFrame(client)).toEqual({ code: 4400, reason: 'why' })
  echoClose(client, 4400)
  expect(await client.ended()).toHaveLength(0)
  await until(() => expect(closed).toEqual([{ code: 4400, reason: '' }]))
  expect(fixture.edge.figures().sockets).toBe(0)
})

test('[RFC 6455 §5.5] a close reason over 123 bytes is cut at a character', async () => {
  await start()
  const client = await open()
  story().socket.close(4400, '€'.repeat(100))
  expect(await closeFrame(client)).toEqual({ code: 4400, reason: '€'.repeat(41) })
})

test('what arrives after our close is dropped', async () => {
  await start()
  const client = await open()
  story().socket.close(1000, '')
  client.write(frame('late'))
  echoClose(client, 1000)
  await until(() => expect(story().closed).toHaveLength(1))
  expect(story().messages).toEqual([])
})

test('what follows a message whose listener closes is dropped', async () => {
  await start({
    mount: (app, it) => {
      app.get(
        '/once',
        it.edge.upgrade((socket) => recorder(it, socket, () => socket.close(1000, ''))),
      )
    },
  })
  const client = await open('/once')
  client.write(frame('one'), frame('two'))
  await closeFrame(client)
  echoClose(client, 1000)
  await until(() => expect(story().closed).toHaveLength(1))
  expect(story().messages).toHaveLength(1)
})

test('[RFC 6455 §7.1.1] a peer that does not answer our close is cut after closeMs', async () => {
  await start({ limits: { closeMs: 1000 } })
  const client = await open()
  story().socket.close(1000, '')
  await closeFrame(client)
  fixture.clock.advance(999)
  await new Promise(setImmediate)
  expect(story().closed).toEqual([])
  fixture.clock.advance(1)
  await until(() => expect(story().closed).toEqual([{ code: 1006, reason: '' }]))
})

test('[RFC 6455 §7.1.1] a peer that closes and does not hang up is cut after closeMs', async () => {
  await start({ limits: { closeMs: 1000 } })
  const client = await open()
  client.tcp.removeAllListeners('end') // it keeps its half
  echoClose(client, 1000)
  await closeFrame(client)
  await new Promise(setImmediate)
  expect(story().closed).toEqual([])
  fixture.clock.advance(1000)
  await until(() => expect(story().closed).toEqual([{ code: 1000, reason: '' }]))
})

test('[RFC 6455 §7.1.7] TCP that ends without a close frame still gets ours', async () => {
  await start()
  const client = await open()
  client.tcp.end()
  expect(await closeFrame(client)).toEqual({
    code: 1002,
    reason: 'the connection ended without a close frame',
  })
  await client.ended()
  await until(() => expect(story().closed).toEqual([{ code: 1006, reason: '' }]))
})

test('[RFC 6455 §7.1.5] a reset connection is closed once with 1006', async () => {
  await start()
  const client = await open()
  client.tcp.resetAndDestroy()
  await until(() => expect(story().closed).toEqual([{ code: 1006, reason: '' }]))
})

test('terminate drops the connection at once; every method is a no-op after it', async () => {
  await start()
  const client = await open()
  const { socket, closed } = story()
  socket.terminate()
  socket.send(Buffer.from('x') as Uint8Array as Frame)
  socket.close(1000, '')
  socket.terminate()
  expect(await client.ended()).toHaveLength(0)
  await until(() => expect(closed).toEqual([{ code: 1006, reason: '' }]))
  expect(socket.queuedBytes()).toBe(0)
})

test('a message listener that throws closes that socket with 1011 and no other', async () => {
  await start({
    mount: (app, it) => {
      const throwing = it.edge.upgrade((socket) =>
        recorder(it, socket, () => {
          throw new Error('planted')
        }),
      )
      app.get('/throwing', throwing)
    },
  })
  const innocent = await open('/binary')
  const client = await open('/throwing')
  client.write(frame('one'), frame('two'))
  expect(await closeFrame(client)).toMatchObject({ code: 1011 })
  echoClose(client, 1011)
  await until(() => expect(story(1).closed).toEqual([{ code: 1011, reason: '' }]))
  expect(story(1).messages).toHaveLength(1)
  expect(fixture.bugs.map((bug) => bug.cause)).toMatchObject([{ message: 'planted' }])
  innocent.write(frame('still'))
  expect((await innocent.frame()).content.toString()).toBe('still')
})

test('a closed listener that throws is reported and harms nothing', async () => {
  await start({
    mount: (app, { edge }) => {
      const throwing = edge.upgrade(() => ({
        message: () => {},
        drained: () => {},
        closed: () => {
          throw new Error('planted')
        },
      }))
      app.get('/throwing', throwing)
    },
  })
  const client = await open('/throwing')
  client.tcp.destroy()
  await until(() => expect(fixture.bugs).toHaveLength(1))
  expect(fixture.edge.figures().sockets).toBe(0)
})

test('a socket leaves no timer behind', async () => {
  await start()
  const before = fixture.clock.pending()
  const client = await open()
  client.tcp.destroy()
  await until(() => expect(story().closed).toHaveLength(1))
  expect(fixture.clock.pending()).toBe(before)
})

const drain = { code: 1012, reason: 'restart', graceMs: 3000 }

test('[RFC 6455 §7.4.1] a drain closes every socket and waits for the echoes', async () => {
  await start()
  const clients = [await open(), await open()]
  const drained = fixture.edge.close(drain)
  for (const client of clients) {
    expect(await closeFrame(client)).toEqual({ code: 1012, reason: 'restart' })
    echoClose(client, 1012)
  }
  await drained
  expect(fixture.stories.map((it) => it.closed)).toEqual([
    [{ code: 1012, reason: '' }],
    [{ code: 1012, reason: '' }],
  ])
})

test('a drain cuts who does not answer within graceMs', async () => {
  await start({ limits: { closeMs: 60_000 } })
  await open()
  const drained = fixture.edge.close(drain)
  fixture.clock.advance(2999)
  await new Promise(setImmediate)
  expect(story().closed).toEqual([])
  fixture.clock.advance(1)
  await drained
  expect(story().closed).toEqual([{ code: 1006, reason: '' }])
})

test('a drain of no sockets is over at once, and a second joins the first', async () => {
  await start()
  const first = fixture.edge.close(drain)
  expect(fixture.edge.close(drain)).toBe(first)
  await first
})

test('[RFC 9110 §15.6.4] a draining edge answers handshakes 503 with Retry-After', async () => {
  await start()
  await fixture.edge.close(drain)
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/listen'))
  expect(await client.response()).toMatchObject({ status: 503, headers: { 'retry-after': '3' } })
  await client.ended()
})

test('[RFC 9110 §15.6.4] a handshake that the drain overtakes is answered 503', async () => {
  const gate = Promise.withResolvers<void>()
  await start({
    mount: (app) => {
      app.use('/listen', async (_, next) => {
        await gate.promise
        await next()
      })
    },
  })
  const client = await connectRaw(fixture.port)
  client.write(handshakeRequest('/listen'))
  await until(() => expect(fixture.edge.figures().handshakes).toBe(1))
  await fixture.edge.close(drain)
  gate.resolve()
  expect(await client.response()).toMatchObject({ status: 503 })
})
