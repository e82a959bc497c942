import { afterEach, describe, expect, it } from 'vitest'
import type { Frame } from '@quire/shared'
import { until } from '../edges/websocket/testing/until.ts'
import {
  openStream,
  startStreams,
  type StreamFixture,
  type StreamFixtureOptions,
} from './testing/event-stream.ts'
import { comingBack, laidOut, listen, messagesIn, requestStream } from './testing/stream-client.ts'

let fixture: StreamFixture
afterEach(() => fixture.stop())

/** A stream that is open, and its client. */
const open = async (options: StreamFixtureOptions = {}) => {
  fixture = await startStreams(options)
  const { port } = fixture
  const stream = await openStream(fixture)
  return {
    ...stream,
    port,
    back: (position: number) => listen(port, comingBack(stream.name, position)),
  }
}

const echo = {
  onMessage: (message: Frame, socket: { send(frame: Frame): void }) => socket.send(message),
}

describe('an event stream', () => {
  it('[P31] answers at once, with fields that keep proxies from holding it back', async () => {
    const { down } = await open()
    const { headers } = down.answer
    expect(headers['content-type']).toBe('text/event-stream')
    expect(headers['cache-control']).toBe('no-store, no-transform')
    expect(headers['x-accel-buffering']).toBe('no')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(down.events).toEqual([
      {
        kind: 'opened',
        stream: expect.stringMatching(/^[\w-]{22}$/),
        beatMs: 5_500,
        speakMs: 11_000,
        resumeMs: 10_000,
        ackBytes: 131_072,
        postBytes: 524_288,
      },
    ])
  })

  it('[P30] carries messages both ways, in order, several at once', async () => {
    const { say, down, story } = await open(echo)
    const body = laidOut([1], [], [2, 2])
    expect(await say(0, body)).toMatchObject({ status: 204, body: '' })
    expect(story.messages).toEqual([Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 2)])
    await until(() => expect(messagesIn(down.bytes()).length).toBe(3))
    expect(messagesIn(down.bytes())).toEqual(story.messages)
    // what was said in one turn is one event
    expect(down.events.map((event) => event.kind === 'bytes' && event.end)).toEqual([false, 6])
  })

  it('[P30] carries a message that is larger than an event and larger than a request', async () => {
    const { say, down } = await open(echo)
    const message = Array.from({ length: 1_000_000 }, (_, i) => i % 251)
    const body = laidOut(message)
    const half = 500_000
    expect((await say(0, body.subarray(0, half))).status).toBe(204)
    expect((await say(half, body.subarray(half, 2 * half))).status).toBe(204)
    expect((await say(2 * half, body.subarray(2 * half))).status).toBe(204)
    await until(() => expect(down.bytes().length).toBe(body.length))
    expect(down.bytes()).toEqual(body)
  })

  it('sends what sockets share as it was laid out', async () => {
    const { story, down } = await open()
    const { socket } = story
    const wire = new Uint8Array(socket.wire.lengthOf(Uint8Array.of(7, 8) as Frame))
    socket.wire.write(Uint8Array.of(7, 8) as Frame, wire, 0)
    socket.sendWire(wire as Parameters<typeof socket.sendWire>[0])
    await until(() => expect(messagesIn(down.bytes())).toEqual([Uint8Array.of(7, 8)]))
  })

  it('[P32] hears what is repeated once, and refuses what begins behind a gap', async () => {
    const { say, story } = await open()
    const body = laidOut([1], [2])
    expect((await say(2, laidOut([2]))).status).toBe(409)
    expect((await say(0, body)).status).toBe(204)
    expect((await say(0, body)).status).toBe(204)
    expect((await say(2, laidOut([2], [3]))).status).toBe(204)
    expect(story.messages.map(([byte]) => byte)).toEqual([1, 2, 3])
  })

  it('[P32] answers when it has been heard: while nothing is read, the answer waits', async () => {
    const { say, story } = await open()
    story.socket.pause()
    let isAnswered = false
    const said = say(0, laidOut([1])).then((answered) => {
      isAnswered = true
      return answered
    })
    await until(() => expect(fixture.clock.pending()).toBeGreaterThan(0))
    expect((await say(0)).status).toBe(204) // a sign of life is in nobody's way
    expect([isAnswered, story.messages]).toEqual([false, []])
    story.socket.resume()
    expect((await said).status).toBe(204)
    expect(story.messages).toEqual([Uint8Array.of(1)])
  })

  it('[P32] one of two requests with the same bytes is told to come again', async () => {
    const { say, story } = await open()
    story.socket.pause()
    const both = [say(0, laidOut([1])), say(0, laidOut([1]))]
    expect((await Promise.race(both)).status).toBe(503)
    story.socket.resume()
    const answers = await Promise.all(both)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 503]))
    expect((await say(0, laidOut([1], [2]))).status).toBe(204)
    expect(story.messages.map(([byte]) => byte)).toEqual([1, 2])
  })

  it('[P36] ends with the code and the reason of who closes it, behind what was said before', async () => {
    const { down, story, say } = await open()
    story.socket.send(Uint8Array.of(5) as Frame)
    story.socket.close(4403, 'not äny more')
    story.socket.send(Uint8Array.of(6) as Frame)
    await until(() => expect(down.isOver()).toBe(true))
    expect(messagesIn(down.bytes())).toEqual([Uint8Array.of(5)])
    expect(down.events.at(-1)).toEqual({ kind: 'closed', code: 4403, reason: 'not äny more' })
    await until(() => expect(story.closed).toEqual([{ code: 4403, reason: 'not äny more' }]))
    expect((await say(0, laidOut([1]))).status).toBe(410)
    expect(story.messages).toEqual([])
  })

  it('is dropped without a word by who terminates it, and its owner is told later', async () => {
    const { down, story } = await open()
    story.socket.terminate()
    expect(story.closed).toEqual([])
    await until(() => expect(story.closed).toEqual([{ code: 1006, reason: '' }]))
    await until(() => expect(down.isOver()).toBe(true))
    expect(story.socket.queuedBytes()).toBe(0)
  })

  it('[P36] ends at once when its client leaves', async () => {
    const { port, name, story, down } = await open()
    expect((await requestStream(port, 'DELETE', { 'Quire-Stream': name })).status).toBe(204)
    await until(() => expect(story.closed).toEqual([{ code: 1000, reason: '' }]))
    await until(() => expect(down.isOver()).toBe(true))
    expect((await requestStream(port, 'DELETE', { 'Quire-Stream': name })).status).toBe(410)
  })

  it('its owner may close it as it opens', async () => {
    fixture = await startStreams({ onOpen: (socket) => socket.close(4401, 'no') })
    const down = await listen(fixture.port)
    await until(() => expect(down.isOver()).toBe(true))
    expect(down.events.map(({ kind }) => kind)).toEqual(['opened', 'closed'])
  })

  it('an owner that throws loses this stream only, and the bug is told', async () => {
    const { say, down, story } = await open({
      onMessage: () => {
        throw new Error('bug')
      },
    })
    expect((await say(0, laidOut([1]))).status).toBe(410)
    await until(() => expect(story.closed[0]?.code).toBe(1011))
    await until(() => expect(down.isOver()).toBe(true))
    expect(fixture.bugs.splice(0).map(({ message }) => message)).toEqual([
      'the owner of a stream threw in message',
    ])
  })
})

describe('a client that was cut off', () => {
  it('[P33] comes back and hears what it has missed, and nothing twice', async () => {
    const { down, story, back } = await open()
    story.socket.send(Uint8Array.of(1) as Frame)
    await until(() => expect(down.bytes().length).toBe(2))
    down.cut()
    story.socket.send(Uint8Array.of(2) as Frame)
    await until(() => expect(story.socket.queuedBytes()).toBe(4))
    const again = await back(2)
    await until(() => expect(messagesIn(again.bytes())).toEqual([Uint8Array.of(2)]))
    expect(again.events[0]).toMatchObject({ kind: 'bytes', end: 4 })
    expect(story.closed).toEqual([])
    await until(() => expect(story.socket.queuedBytes()).toBe(0))
  })

  it('[P33] may come back in the middle of a message', async () => {
    const { down, story, back } = await open()
    const message = Uint8Array.from({ length: 100 }, (_, i) => i)
    story.socket.send(message as Frame)
    await until(() => expect(down.bytes().length).toBe(101))
    down.cut()
    const again = await back(51)
    await until(() => expect(again.bytes()).toEqual(message.subarray(50)))
  })

  it('[P33] says meanwhile what it has to say', async () => {
    const { down, say, story } = await open()
    down.cut()
    expect((await say(0, laidOut([1]))).status).toBe(204)
    expect(story.messages).toEqual([Uint8Array.of(1)])
  })

  it('[P33] is gone after the time that streams wait', async () => {
    const { down, story, name, port } = await open()
    down.cut()
    await until(() => expect(fixture.clock.pending()).toBe(2)) // beats, and the time to come back
    fixture.clock.advance(9_999)
    expect(story.closed).toEqual([])
    fixture.clock.advance(1)
    await until(() => expect(story.closed).toEqual([{ code: 1006, reason: '' }]))
    const late = await requestStream(port, 'GET', comingBack(name, 0))
    expect(late).toMatchObject({ status: 410, body: 'there is no such stream\n' })
  })

  it('[P33] who is back in time has as much time the next time', async () => {
    const { down, story, back } = await open()
    let line = down
    for (let i = 0; i < 5; i++) {
      line.cut()
      await until(() => expect(fixture.clock.pending()).toBe(2))
      fixture.clock.advance(4_000)
      line = await back(0)
      await until(() => expect(fixture.clock.pending()).toBe(1))
    }
    expect(story.closed).toEqual([])
  })

  it('[P33] takes over from its own earlier request, which ends', async () => {
    const { down, story, back } = await open()
    const again = await back(0)
    await until(() => expect(down.isOver()).toBe(true))
    story.socket.send(Uint8Array.of(1) as Frame)
    await until(() => expect(again.bytes().length).toBe(2))
    expect(down.bytes().length).toBe(0)
    expect(fixture.clock.pending()).toBe(1)
  })

  it('[P33] cannot go on where nothing was sent, or where nothing is kept, which harms no stream', async () => {
    const { down, story, say, port, name } = await open()
    story.socket.send(Uint8Array.of(1) as Frame)
    await until(() => expect(down.bytes().length).toBe(2))
    expect((await say(0, undefined, 2)).status).toBe(204)
    for (const position of [0, 1, 3, Number.MAX_SAFE_INTEGER])
      expect((await requestStream(port, 'GET', comingBack(name, position))).status).toBe(410)
    expect((await requestStream(port, 'GET', { 'Quire-Stream': name })).status).toBe(400)
    expect((await say(0, undefined, 3)).status).toBe(400)
    story.socket.send(Uint8Array.of(2) as Frame)
    await until(() => expect(down.bytes().length).toBe(4))
  })

  it('[P36] hears how it ended, if it is back in time for that', async () => {
    const { down, story, back } = await open()
    down.cut()
    await until(() => expect(fixture.clock.pending()).toBe(2))
    story.socket.close(1013, 'later')
    expect(fixture.clock.pending()).toBe(2)
    const again = await back(0)
    await until(() =>
      expect(again.events).toEqual([{ kind: 'closed', code: 1013, reason: 'later' }]),
    )
    await until(() => expect(story.closed).toEqual([{ code: 1013, reason: 'later' }]))
  })

  it('[P36] is not waited for longer than that', async () => {
    const { down, story } = await open()
    down.cut()
    await until(() => expect(fixture.clock.pending()).toBe(2))
    story.socket.close(1013, 'later')
    fixture.clock.advance(5_000)
    await until(() => expect(story.closed).toEqual([{ code: 1013, reason: 'later' }]))
  })
})
