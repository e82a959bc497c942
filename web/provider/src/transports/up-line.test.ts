import { describe, expect, it } from 'vitest'
import type { StreamOpening } from '@quire/shared'
import { UpLine } from './up-line.ts'

const opening: StreamOpening = {
  stream: 'n4m3',
  beatMs: 1_000,
  speakMs: 2_000,
  resumeMs: 5_000,
  ackBytes: 1_000,
  postBytes: 100,
}

/** A line whose requests are answered by a function; time goes to the next timer as nothing else is to be done. */
const start = (
  answer: (init: RequestInit, tries: number) => Response | Promise<Response>,
  postBytes = opening.postBytes,
) => {
  let now = 0
  const asked: { readonly at: number; readonly init: RequestInit }[] = []
  const ends: string[] = []
  const line = new AbortController()
  const up = new UpLine({
    url: 'http://server.test/',
    signal: line.signal,
    onOver: (reason) => ends.push(reason),
    environment: {
      now: () => now,
      random: () => 1,
      after: (ms, task) => {
        let isDone = false
        setImmediate(() => {
          if (isDone) return
          now += ms
          task()
        })
        return () => (isDone = true)
      },
      fetch: async (_, init) => {
        asked.push({ at: now, init })
        return answer(init, asked.length)
      },
    },
  })
  up.open({ ...opening, postBytes })
  return { up, asked, ends, line, at: () => now }
}

const settled = async (isSettled: () => boolean): Promise<void> => {
  for (let turns = 0; !isSettled(); turns++) {
    if (turns > 1_000) throw new Error('it does not come to an end')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const answered = (status: number, text: string | null = null): Response =>
  new Response(text, { status, headers: { 'Content-Type': 'text/plain' } })

describe('what a client says', () => {
  it.each([200, 201, 301, 401, 404, 407, 408, 413, 429, 500, 502, 503, 504])(
    '[P32] is said again where %i is answered, ever more seldom, and for 30 s',
    async (status) => {
      const { up, asked, ends, at } = start(() => answered(status, 'so'))
      up.say(Uint8Array.of(1))
      await settled(() => ends.length > 0)
      expect(at()).toBeGreaterThanOrEqual(30_000)
      expect(at()).toBeLessThan(36_000)
      expect(asked.length).toBeGreaterThan(8)
      expect(asked.length).toBeLessThan(20)
      expect(ends.length).toBe(1)
    },
  )

  it('[P32] is said again where nobody is reached', async () => {
    const { up, asked, ends } = start((_, tries) => {
      if (tries < 4) throw new TypeError('fetch failed')
      return answered(204)
    })
    up.say(Uint8Array.of(1))
    await settled(() => asked.length === 4)
    expect(asked.map(({ at }) => at)).toEqual([0, 100, 300, 700])
    expect(ends).toEqual([])
  })

  /** No answer, until the request is given up. */
  const hang = ({ signal }: RequestInit): Promise<Response> =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
    })

  it('[P32] is said again where no answer comes, and for good only so often', async () => {
    const { up, asked, ends } = start((init, tries) =>
      tries % 2 === 1 && tries < 6 ? hang(init) : answered(204),
    )
    for (let i = 0; i < 3; i++) {
      up.say(Uint8Array.of(i))
      await settled(() => asked.length === 2 * i + 2)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(ends).toEqual([])
    const dead = start(hang)
    dead.up.say(Uint8Array.of(1))
    await settled(() => dead.ends.length > 0)
    expect(dead.asked.map(({ at }) => at)).toEqual([0, 60_100])
  })

  it('[P32] is said in smaller parts where a line is too slow, and less and less of it', async () => {
    const { up, asked, ends } = start((init) => {
      const { length } = init.body as Uint8Array // what is posted
      return length > 10_000 ? hang(init) : answered(204)
    }, 100_000)
    up.say(new Uint8Array(50_000))
    await settled(() => asked.length === 11)
    expect(asked.map(({ init }) => (init.body as Uint8Array).length)).toEqual([
      50_003,
      25_001,
      12_500,
      ...Array.from({ length: 8 }, () => 6_250),
    ])
    expect(ends).toEqual([])
  })

  it('[P32] what was cut short with the line downwards is no failure', async () => {
    const { up, asked, ends } = start(hang)
    up.say(Uint8Array.of(1))
    for (let i = 1; i < 10; i++) {
      await settled(() => asked.length === i)
      up.again()
    }
    await settled(() => asked.length === 10)
    expect([asked.every(({ init }) => (init.body as Uint8Array).length === 2), ends]).toEqual([
      true,
      [],
    ])
  })

  it.each([400, 403, 409, 410])('ends the line where %i is answered', async (status) => {
    const { up, asked, ends } = start(() => answered(status, 'so\nand so'))
    up.say(Uint8Array.of(1))
    await settled(() => ends.length > 0)
    up.say(Uint8Array.of(2))
    await new Promise((resolve) => setImmediate(resolve))
    expect([asked.length, ends]).toEqual([1, [`the server answers ${status}: so`]])
  })

  it('is not said any more once the line has ended', async () => {
    const { up, asked, ends, line } = start(() => answered(503))
    up.say(Uint8Array.of(1))
    await settled(() => asked.length === 1)
    line.abort()
    await settled(() => true)
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
    expect([asked.length, ends]).toEqual([1, []])
  })

  it('an answer without end is not read', async () => {
    let isCancelled = false
    const endless = (): Response =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(120)),
          cancel: () => {
            isCancelled = true
          },
        }),
        { status: 410, headers: { 'Content-Type': 'text/plain' } },
      )
    const { up, ends } = start(endless)
    up.say(Uint8Array.of(1))
    await settled(() => ends.length > 0)
    expect([ends, isCancelled]).toEqual([[`the server answers 410: ${'x'.repeat(200)}`], true])
  })

  it('[P33] how far it has read is told again where that was not heard', async () => {
    const { up, asked, ends } = start((_, tries) => answered(tries === 1 ? 503 : 204))
    up.heard(1_000)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    up.heard(1_001)
    await settled(() => asked.length > 1)
    const read = asked.map(({ init }) => new Headers(init.headers).get('quire-read'))
    expect([read, ends]).toEqual([['1000', '1001'], []])
  })

  it('[P34] signs of life go on while an answer is waited for, one at a time, and failing ones end nothing', async () => {
    const { up, asked, ends } = start(({ body }) => {
      if (body instanceof Uint8Array && body.length > 0) return new Promise(() => undefined)
      throw new TypeError('fetch failed')
    })
    up.say(Uint8Array.of(1))
    up.heard(1_000)
    up.heard(2_000)
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
    up.heard(3_000)
    const read = asked.slice(1).map(({ init }) => new Headers(init.headers).get('quire-read'))
    expect([read, ends]).toEqual([['1000', '3000'], []])
  })
})
