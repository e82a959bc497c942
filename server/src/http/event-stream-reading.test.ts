import { describe, expect, it, vi } from 'vitest'
import type { Frame } from '@quire/shared'
import { until } from '../edges/websocket/testing/until.ts'
import { streamsOfTests } from './testing/event-stream.ts'
import { comingBack, listen } from './testing/stream-client.ts'

const tests = streamsOfTests()
const { start, open } = tests

describe('a reader', () => {
  const MIB = 1024 * 1024

  it('that does not read is told of: what waits counts, and too much of it ends the stream', async () => {
    await start({ limits: { queuedBytes: 8 * MIB } })
    const { down, story } = await open()
    down.answer.pause()
    const { socket } = story
    let said = 0
    while (socket.queuedBytes() <= 8 * MIB && said < 100) {
      socket.send(new Uint8Array(MIB) as Frame)
      said++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(socket.queuedBytes()).toBeGreaterThan(8 * MIB)
    socket.send(Uint8Array.of(1) as Frame)
    tests.fixture.clock.advance(5_000) // for the peer to take the end
    await until(() =>
      expect(story.closed).toEqual([
        { code: 1013, reason: `over ${8 * MIB} bytes wait to be read` },
      ]),
    )
    expect(story.drains).toBe(0)
  })

  it('that reads on drains it, which is told once', async () => {
    await start({ limits: { keptBytes: 64 * MIB } })
    const { down, story } = await open()
    down.answer.pause()
    for (let i = 0; i < 12; i++) story.socket.send(new Uint8Array(MIB) as Frame)
    await until(() => expect(story.socket.queuedBytes()).toBeGreaterThan(MIB))
    expect(story.drains).toBe(0)
    down.answer.resume()
    await until(() => expect(story.drains).toBe(1))
    expect(story.socket.queuedBytes()).toBe(0)
  })

  /** Connections that the server has. */
  const connections = () =>
    new Promise<number>((resolve) =>
      tests.fixture.server.getConnections((_, count) => resolve(count)),
    )

  it('[P36] that does not take the end has no connection any more once its time is over', async () => {
    await start({ limits: { keptBytes: 64 * MIB } })
    const { down, story } = await open()
    down.answer.pause()
    const { socket } = story
    // until one piece is on its way that is not taken, and nothing stands behind it
    while (socket.queuedBytes() === 0) {
      socket.send(new Uint8Array(60_000) as Frame)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    socket.close(1013, 'later')
    await new Promise((resolve) => setImmediate(resolve))
    expect(await connections()).toBe(1)
    tests.fixture.clock.advance(5_000)
    await until(() => expect(story.closed).toEqual([{ code: 1013, reason: 'later' }]))
    await vi.waitFor(async () => expect(await connections()).toBe(0))
  })

  it('[P37] that does not take an answer which ends has a while for it, and then to come back', async () => {
    await start({ limits: { keptBytes: 64 * MIB, queuedBytes: 64 * MIB } })
    const { name, story } = await open()
    const fields = { Prefer: 'wait=2', ...comingBack(name, 0) }
    const line = await listen(tests.fixture.port, fields)
    line.answer.pause()
    await vi.waitFor(async () => expect(await connections()).toBe(1))
    const { socket } = story
    socket.send(new Uint8Array(32 * MIB) as Frame)
    for (let before = -1; before !== socket.queuedBytes();) {
      before = socket.queuedBytes()
      await new Promise((resolve) => setTimeout(resolve, 50)) // the operating system takes some of it
    }
    tests.fixture.clock.advance(2_000)
    expect(await connections()).toBe(1)
    tests.fixture.clock.advance(5_000)
    await vi.waitFor(async () => expect(await connections()).toBe(0))
    await until(() => expect(tests.fixture.clock.pending()).toBe(2)) // beats, and the time to come back
    tests.fixture.clock.advance(9_999)
    expect(story.closed).toEqual([])
    tests.fixture.clock.advance(1)
    await until(() => expect(story.closed).toEqual([{ code: 1006, reason: '' }]))
  })

  it('[P33] that does not say what it has read does not count as reading beyond what is kept', async () => {
    await start({ limits: { keptBytes: 100_000 } })
    const { down, story, say } = await open()
    story.socket.send(new Uint8Array(300_000) as Frame)
    const size = 300_003
    await until(() => expect(down.bytes().length).toBe(size))
    await until(() => expect(story.socket.queuedBytes()).toBe(size - 100_000))
    expect((await say(0, undefined, 150_000)).status).toBe(204)
    expect([story.socket.queuedBytes(), story.drains]).toEqual([50_003, 0])
    expect((await say(0, undefined, size)).status).toBe(204)
    expect([story.socket.queuedBytes(), story.drains]).toEqual([0, 1])
  })

  it('[P33] that is cut off has everything before it again that it has not said to have read', async () => {
    await start()
    const { down, story } = await open()
    story.socket.send(new Uint8Array(200_000) as Frame)
    await until(() => expect(story.socket.queuedBytes()).toBe(0))
    down.cut()
    await until(() => expect(story.socket.queuedBytes()).toBe(200_003))
  })

  it('[P33] that comes back and has read everything drains it', async () => {
    await start()
    const { name, down, story } = await open()
    story.socket.send(new Uint8Array(200_000) as Frame)
    await until(() => expect(down.bytes().length).toBe(200_003))
    const before = story.drains
    down.cut()
    await until(() => expect(story.socket.queuedBytes()).toBe(200_003))
    await listen(tests.fixture.port, comingBack(name, 200_003))
    expect([story.socket.queuedBytes(), story.drains]).toEqual([0, before + 1])
  })
})

describe('signs of life', () => {
  it('[P34] a quiet line has beats', async () => {
    await start()
    const { down, say, story } = await open()
    const beats = () => down.text().split(':\n\n').length - 1
    for (let i = 1; i <= 8; i++) {
      await say(0)
      // what is told in between does not make it longer until the next
      story.socket.send(Uint8Array.of(i) as Frame)
      await until(() => expect(down.bytes().length).toBe(2 * i))
      tests.fixture.clock.advance(5_500)
      await until(() => expect(beats()).toBe(i))
    }
  })

  it('[P34] a client that gives none is gone after the silence, though its line is taken', async () => {
    await start()
    const { story, down } = await open()
    tests.fixture.clock.advance(27_499)
    expect(story.closed).toEqual([])
    tests.fixture.clock.advance(1)
    await until(() => expect(down.isOver()).toBe(true))
    await until(() =>
      expect(story.closed).toEqual([{ code: 1013, reason: 'no sign of life for 22000 ms' }]),
    )
  })

  it('[P34] one that says something in time is not; neither is one that is not read', async () => {
    await start()
    const { story, say } = await open()
    for (let i = 0; i < 10; i++) {
      tests.fixture.clock.advance(11_000)
      expect((await say(0)).status).toBe(204)
    }
    story.socket.pause()
    tests.fixture.clock.advance(100_000)
    expect(story.closed).toEqual([])
    story.socket.resume()
    tests.fixture.clock.advance(11_000)
    expect(story.closed).toEqual([])
  })
})

describe('a server that stops', () => {
  it('waits no longer for those who were sent away before', async () => {
    await start()
    const { story, down } = await open()
    down.cut()
    await until(() => expect(tests.fixture.clock.pending()).toBe(2)) // beats, and the time to come back
    story.socket.close(1013, 'later') // which has five seconds
    const closed = tests.fixture.streams.close({ code: 1012, reason: 'restart', graceMs: 1_000 })
    tests.fixture.clock.advance(999)
    expect(story.closed).toEqual([])
    tests.fixture.clock.advance(1)
    await closed
    expect(story.closed).toEqual([{ code: 1013, reason: 'later' }])
  })

  it('says so to everybody, waits for those who are away only so long, and lets nobody in', async () => {
    await start()
    const one = await open()
    const away = await open()
    away.down.cut()
    await until(() => expect(tests.fixture.clock.pending()).toBe(3))
    const closed = tests.fixture.streams.close({ code: 1012, reason: 'restart', graceMs: 1_000 })
    await until(() => expect(one.down.isOver()).toBe(true))
    expect(one.down.events.at(-1)).toEqual({ kind: 'closed', code: 1012, reason: 'restart' })
    await expect(open()).rejects.toThrow('503: the server is stopping')
    tests.fixture.clock.advance(1_000)
    await closed
    expect(away.story.closed).toEqual([{ code: 1012, reason: 'restart' }])
    await tests.fixture.streams.close({ code: 1012, reason: 'restart', graceMs: 1_000 })
  })
})
