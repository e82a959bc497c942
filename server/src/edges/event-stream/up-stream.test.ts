import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, millis, type Frame } from '@quire/shared'
import { READ_BYTES } from '../../runtime/reading-pace.ts'
import { layOutFrame } from './stream-wire.ts'
import { UpStream, type Heard } from './up-stream.ts'

const laidOut = (messages: readonly Uint8Array[]): Uint8Array =>
  concatBytes(messages.map((message) => layOutFrame(message as Frame)))

const start = (messageBytes = 1_000) => {
  const heard: Uint8Array[] = []
  const problems: string[] = []
  const stream: UpStream = new UpStream({
    messageBytes,
    hear: (message) => heard.push(message),
    fail: (problem) => {
      problems.push(problem)
      stream.end()
    },
  })
  return { stream, heard, problems }
}

const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 })
/** Where a request begins and ends, in thousandths of what is known to be heard, and of what follows. */
const requests = fc.array(fc.record({ back: fc.nat(999), size: fc.nat(999) }), { maxLength: 20 })

describe('the stream upwards', () => {
  test('[P32] is heard once and in order, however requests cut and repeat it', async () => {
    await fc.assert(
      fc.asyncProperty(messages, requests, async (all, plan) => {
        const { stream, heard } = start()
        const bytes = laidOut(all)
        let position = 0
        const last = { back: 0, size: 1_000 }
        for (const { back, size } of [...plan, last]) {
          const from = position - Math.floor((position * back) / 1_000)
          const end = from + Math.ceil(((bytes.length - from) * size) / 1_000)
          expect(await stream.hear(from, bytes.subarray(from, end))).toBe('taken')
          position = Math.max(position, end)
        }
        expect(heard).toEqual(all)
      }),
    )
  })

  test('[P32] refuses what begins behind a gap, and goes on without harm', async () => {
    const { stream, heard } = start()
    const bytes = laidOut([Uint8Array.of(1, 2), Uint8Array.of(3)])
    expect(await stream.hear(1, bytes.subarray(1))).toBe('gap')
    expect(await stream.hear(0, bytes.subarray(0, 2))).toBe('taken')
    expect(await stream.hear(3, bytes.subarray(3))).toBe('gap')
    expect(await stream.hear(4, new Uint8Array())).toBe('gap')
    expect(await stream.hear(2, bytes.subarray(2))).toBe('taken')
    expect(heard).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)])
  })

  const pausing = () => {
    const { stream, heard } = start()
    stream.pause()
    const bytes = laidOut([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)])
    const answers: (readonly [string, Heard])[] = []
    const say = (name: string, from: number, to: number): void =>
      void stream.hear(from, bytes.subarray(from, to)).then((how) => answers.push([name, how]))
    return { stream, heard, answers, say }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('[P32] answers when it has heard all, which waits while it is paused', async () => {
    const { stream, heard, answers, say } = pausing()
    say('first', 0, 4)
    await turn()
    expect([heard, answers]).toEqual([[], []])
    stream.resume()
    stream.goOn()
    await turn()
    expect(heard.length).toBe(2)
    expect(answers).toEqual([['first', 'taken']])
  })

  test('[P32] a newer request takes the place of one that waits; one that says nothing does not', async () => {
    const { stream, heard, answers, say } = pausing()
    say('first', 0, 4)
    say('alive', 0, 0)
    say('again', 0, 6)
    await turn()
    expect(answers).toEqual([
      ['alive', 'taken'],
      ['first', 'superseded'],
    ])
    stream.resume()
    stream.goOn()
    await turn()
    expect(heard.map(([byte]) => byte)).toEqual([1, 2, 3])
    expect(answers.at(-1)).toEqual(['again', 'taken'])
  })

  test('[P32] a pause in the middle of a request holds the rest of it back', async () => {
    const heard: number[] = []
    const stream: UpStream = new UpStream({
      messageBytes: 10,
      hear: ([byte = 0]) => {
        heard.push(byte)
        if (byte === 1) stream.pause()
      },
      fail: () => undefined,
    })
    const bytes = laidOut([Uint8Array.of(1), Uint8Array.of(2)])
    const answer = stream.hear(0, bytes)
    expect(heard).toEqual([1])
    stream.resume()
    stream.goOn()
    expect(await answer).toBe('taken')
    expect(heard).toEqual([1, 2])
  })

  test('hears nothing after its end, and answers who waits', async () => {
    const { stream, heard, answers, say } = pausing()
    say('first', 0, 4)
    stream.end()
    say('late', 0, 4)
    await turn()
    expect(answers).toEqual([
      ['first', 'over'],
      ['late', 'over'],
    ])
    expect([heard, stream.isPaused]).toEqual([[], false])
  })

  test('[P30] a message over the limit fails it', async () => {
    const { stream, problems } = start(10)
    const heard = await stream.hear(0, laidOut([new Uint8Array(11)]))
    expect(heard).toBe('over')
    expect(problems).toEqual(['a message of 11 bytes or more, limit 10'])
  })

  test('a message that has begun has a least pace, and each has its own time', async () => {
    const { stream } = start(10 * READ_BYTES)
    const bytes = laidOut([new Uint8Array(3 * READ_BYTES), new Uint8Array(10)])
    const whole = bytes.length - 11
    const isBehind = (at: number): boolean => stream.isBehind(millis(at), 100)
    expect(isBehind(0)).toBe(false)
    await stream.hear(0, bytes.subarray(0, 10))
    expect([isBehind(1_000), isBehind(1_100), isBehind(1_101)]).toEqual([false, false, true])
    await stream.hear(10, bytes.subarray(10, READ_BYTES + 10))
    expect([isBehind(1_200), isBehind(1_301)]).toEqual([false, true])
    stream.pause()
    expect(isBehind(9_000)).toBe(false)
    stream.resume()
    await stream.hear(READ_BYTES + 10, bytes.subarray(READ_BYTES + 10, whole + 1))
    expect([isBehind(9_100), isBehind(9_200), isBehind(9_201)]).toEqual([false, false, true])
    await stream.hear(whole + 1, bytes.subarray(whole + 1))
    expect(isBehind(99_999)).toBe(false)
  })
})
