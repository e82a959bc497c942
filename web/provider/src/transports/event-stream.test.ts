import { describe, expect, it, vi } from 'vitest'
import { closedEvent, openedEvent } from '@quire/shared'
import { pollingTransport } from './event-stream.ts'
import {
  answer,
  ANSWER_MS,
  begin,
  ended,
  opening,
  SILENCE_MS,
  start,
  status,
  streamed,
  told,
} from './testing/scripted-server.ts'

describe('a line of requests', () => {
  it('[P31] asks below the address for what it speaks, and says nothing before it is answered', async () => {
    const { line, next, asked } = await start()
    line.send(Uint8Array.of(1))
    const get = await next('GET')
    expect(get.headers).toMatchObject({ 'quire-protocol': 'quire.v1', host: expect.any(String) })
    expect(get.response.req.url).toBe('/base/sync/stream?x=1')
    expect([get.headers['quire-stream'], get.headers['last-event-id']]).toEqual([
      undefined,
      undefined,
    ])
    expect(asked).toEqual([])
    answer(get, openedEvent(opening))
    const post = await next('POST')
    expect(post.headers).toMatchObject({
      'quire-stream': 'n4m3',
      'quire-from': '0',
      'quire-read': '0',
    })
    expect(post.body).toEqual(streamed(1))
  })

  it('[P31] hears messages in order', async () => {
    const { get, messages } = await begin()
    answer(get, told(5, Uint8Array.of(...streamed(1), ...streamed(2, 3))))
    await vi.waitFor(() => expect(messages).toEqual([Uint8Array.of(1), Uint8Array.of(2, 3)]))
  })

  it('[P32] says one piece at a time, cut to what the server takes, and 16 ms apart', async () => {
    const { line, next, asked, timers } = await begin()
    line.send(new Uint8Array(150).fill(7))
    const first = await next('POST')
    expect(first.body.length).toBe(100)
    line.send(Uint8Array.of(8))
    status(first, 204)
    await timers.waits(16, SILENCE_MS)
    expect(asked).toEqual([])
    timers.advance(16)
    const second = await next('POST')
    expect([second.headers['quire-from'], second.body.length]).toEqual(['100', 54])
    expect(second.body.subarray(52)).toEqual(streamed(8))
  })

  it('[P32] says again what was not answered, with what is new', async () => {
    const { line, next, timers } = await begin()
    line.send(Uint8Array.of(1))
    ;(await next('POST')).response.destroy()
    line.send(Uint8Array.of(2))
    await timers.waits(75, SILENCE_MS)
    timers.advance(75)
    const again = await next('POST')
    expect(again.body).toEqual(Uint8Array.of(...streamed(1), ...streamed(2)))
    expect(again.headers['quire-from']).toBe('0')
  })

  it('says less at once where a proxy refuses so much', async () => {
    const { line, next, timers } = await start()
    const get = await next('GET')
    answer(get, openedEvent({ ...opening, postBytes: 100_000 }))
    await timers.waits(SILENCE_MS)
    line.send(new Uint8Array(90_000))
    let leftMs = SILENCE_MS
    for (const size of [90_003, 45_001, 22_500, 11_250, 5_625]) {
      const post = await next('POST')
      expect(post.body.length).toBe(size)
      status(post, 413)
      await timers.waits(16, leftMs)
      timers.advance(16)
      leftMs -= 16
    }
    expect((await next('POST')).body.length).toBe(4_096)
  })

  it('[P33] comes back where it was, and goes on', async () => {
    const { get, next, messages, ends, timers } = await begin()
    const bytes = Uint8Array.of(...streamed(1), ...streamed(2, 3))
    answer(get, told(3, bytes.subarray(0, 3)))
    await vi.waitFor(() => expect(messages).toEqual([Uint8Array.of(1)]))
    get.response.destroy()
    await timers.waits(100)
    timers.advance(100)
    const back = await next('GET')
    expect(back.headers).toMatchObject({ 'quire-stream': 'n4m3', 'last-event-id': '3' })
    answer(back, told(5, bytes.subarray(3)))
    await vi.waitFor(() => expect(messages.length).toBe(2))
    expect([messages[1], ends]).toEqual([Uint8Array.of(2, 3), []])
  })

  it('[P33] says again at once what was under way as the line was cut', async () => {
    const { line, get, next, timers } = await begin()
    line.send(Uint8Array.of(1))
    await next('POST')
    get.response.destroy()
    await timers.waits(100, ANSWER_MS)
    timers.advance(100)
    answer(await next('GET'), ':\n\n')
    expect((await next('POST')).body).toEqual(streamed(1))
  })

  it('[P33] gives up when it is too late, having tried no more than every now and then', async () => {
    const test = await begin()
    test.get.response.destroy()
    await test.timers.waits(100)
    test.timers.advance(100)
    let leftMs = 5_000
    for (const pauseMs of [100, 200, 400, 800, 1_000, 1_000, 1_000]) {
      ;(await test.next('GET')).response.destroy()
      await test.timers.waits(pauseMs, leftMs)
      test.timers.advance(pauseMs)
      leftMs -= pauseMs
    }
    ;(await test.next('GET')).response.destroy()
    await test.timers.waits(leftMs, 1_000)
    test.timers.advance(leftMs)
    await vi.waitFor(() => expect(test.ends.length).toBe(1))
    await test.timers.waits()
  })

  it('[P34] answers beats with a sign of life, and with how far it has read', async () => {
    const { get, asked, next, timers } = await begin()
    timers.advance(1_000)
    answer(get, ':\n\n')
    await new Promise((resolve) => setTimeout(resolve, 20)) // for what should not happen
    expect(asked).toEqual([])
    timers.advance(1_000)
    answer(get, told(2, streamed(1)))
    const sign = await next('POST')
    expect([sign.body.length, sign.headers['quire-read']]).toEqual([0, '2'])
    status(sign, 204)
    answer(get, told(1_007, streamed(...Array.from({ length: 1_003 }, () => 1))))
    expect((await next('POST')).headers['quire-read']).toBe('1007')
  })

  it('[P34] takes a silent line for dead, and comes back', async () => {
    const { next, timers } = await begin()
    timers.advance(SILENCE_MS)
    expect((await next('GET')).headers['last-event-id']).toBe('0')
  })

  it('[P36] tells that it leaves, and hears nothing more', async () => {
    const { line, get, next, messages, ends, timers } = await begin()
    line.close()
    line.close()
    const left = await next('DELETE')
    expect(left.headers['quire-stream']).toBe('n4m3')
    answer(get, told(2, streamed(1)))
    line.send(Uint8Array.of(1))
    await vi.waitFor(() => expect(get.response.closed).toBe(true))
    await timers.waits()
    expect([messages, ends]).toEqual([[], []])
  })

  it('[P36] tells how the server ended it', async () => {
    const test = await begin()
    answer(test.get, closedEvent(4403, 'not here'))
    await ended(test, 'not here (4403)')
    await test.timers.waits()
    expect(test.messages).toEqual([])
  })

  it('[P36] what is said too late waits for how it ended, and not for ever', async () => {
    const test = await begin()
    test.line.send(Uint8Array.of(1))
    status(await test.next('POST'), 410, 'the stream has ended\n')
    await test.timers.waits(3_000, 3_000)
    test.timers.advance(1_000)
    answer(test.get, ':\n\n') // the line downwards lives
    await test.timers.waits(2_000, 3_000)
    test.timers.advance(1_999)
    expect(test.ends).toEqual([])
    test.timers.advance(1)
    await ended(test, 'the server answers 410: the stream has ended')
  })
})

describe('with answers that end', () => {
  it('[P37] it asks again and again, no more than ten times a second', async () => {
    const { next, timers, messages, asked, ends } = await start(pollingTransport)
    const first = await next('GET')
    expect(first.headers['prefer']).toBe('wait=0')
    answer(first, openedEvent(opening))
    first.response.end()
    for (let i = 1; i < 4; i++) {
      await timers.waits(100)
      expect(asked).toEqual([])
      timers.advance(100)
      const poll = await next('GET')
      expect(poll.headers).toMatchObject({ prefer: 'wait=2', 'last-event-id': String(2 * i - 2) })
      answer(poll, told(2 * i, streamed(i)))
      poll.response.end()
    }
    await vi.waitFor(() => expect(messages.map(([byte]) => byte)).toEqual([1, 2, 3]))
    expect(ends).toEqual([])
  })

  it('[P37] a quiet document ends no line, though an answer may wait for longer than a stream does', async () => {
    const { next, timers, ends } = await start(pollingTransport)
    const patient = { ...opening, speakMs: 11_000 } // and resumeMs 5_000
    const first = await next('GET')
    answer(first, openedEvent(patient))
    first.response.end()
    await timers.waits(100)
    timers.advance(100)
    for (let i = 0; i < 3; i++) {
      const poll = await next('GET')
      await timers.waits(15_000)
      timers.advance(11_000)
      expect(ends).toEqual([])
      answer(poll, ':\n\n')
      poll.response.end()
      status(await next('POST'), 204) // a sign of life
    }
  })

  it('[P37] gives up when it is too late, which an answer that waits may be the first to tell', async () => {
    const test = await start(pollingTransport)
    const first = await test.next('GET')
    answer(first, openedEvent(opening))
    first.response.end()
    await test.timers.waits(100)
    test.timers.advance(100)
    ;(await test.next('GET')).response.destroy()
    await test.timers.waits(100, 7_000)
    test.timers.advance(6_999)
    expect(test.ends).toEqual([])
    test.timers.advance(1)
    await vi.waitFor(() => expect(test.ends.length).toBe(1))
  })
})
