import { describe, expect, it, vi } from 'vitest'
import { answer, begin, ended, start, status, told } from './testing/scripted-server.ts'

describe('whoever else answers', () => {
  it.each([
    [200, '<html>Please log in</html>', 'text/html', 'the answer is text/html and no event stream'],
    [200, 'data', 'text/event-streams', 'the answer is text/event-streams and no event stream'],
    [302, '', 'text/html', 'the server sends elsewhere'],
    [404, 'There is nothing\nhere', 'text/plain', 'the server answers 404: There is nothing'],
    [
      403,
      'x'.repeat(10_000),
      'text/plain; charset=utf-8',
      `the server answers 403: ${'x'.repeat(200)}`,
    ],
    [503, '<html>', 'text/html', 'the server answers 503'],
  ])('with %i, %j, a line does not begin', async (code, text, type, reason) => {
    const test = await start()
    const get = await test.next('GET')
    get.response.setHeader('Location', 'http://127.0.0.1:1/')
    status(get, code, text, type)
    await ended(test, reason)
    await test.timers.waits()
    expect(test.asked).toEqual([])
  })

  it('with nothing, a line does not begin', async () => {
    const test = await start()
    const get = await test.next('GET')
    test.timers.advance(10_000)
    await ended(test, 'no answer in time')
    await vi.waitFor(() => expect(get.response.closed).toBe(true))
  })

  it.each([
    ['id: 5\ndata: AAEC\n\n', 'the server sent bytes from 2 on, at 0'],
    ['data: AAEC\n\n', 'the server sent an event of bytes without a position'],
    [`data: ${'A'.repeat(200_000)}`, 'the server sent a line of more than 87448 characters'],
    [
      told(6, Uint8Array.of(255, 255, 255, 255, 255, 15)),
      'the server sent a message of 34359738367 bytes or more, limit 268435456',
    ],
    ['event: opened\ndata: {}\n\n', 'the server sent an event stream without a name'],
  ])('with %j, a line ends', async (text, reason) => {
    const test = await begin()
    answer(test.get, text)
    await ended(test, reason)
    await vi.waitFor(() => expect(test.get.response.closed).toBe(true))
    await test.timers.waits()
    await test.next('DELETE') // the server knows of nothing: it would wait for this client
  })

  it.each([400, 403, 410])('with %i as it comes back, it ends', async (code) => {
    const test = await begin()
    test.get.response.destroy()
    await test.timers.waits(100)
    test.timers.advance(100)
    status(await test.next('GET'), code, 'so\n')
    await ended(test, `the server answers ${code}: so`)
    expect(test.asked).toEqual([])
  })

  it.each([200, 302, 404, 500, 503])('with %i as it comes back, it tries again', async (code) => {
    const { get, next, timers, ends } = await begin()
    get.response.destroy()
    await timers.waits(100)
    timers.advance(100)
    for (const [pauseMs, leftMs] of [
      [100, 5_000],
      [200, 4_900],
      [400, 4_700],
    ] as const) {
      status(await next('GET'), code, '<html>', 'text/html')
      await timers.waits(pauseMs, leftMs)
      timers.advance(pauseMs)
    }
    expect(ends).toEqual([])
  })
})
