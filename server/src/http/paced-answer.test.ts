import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { pacedAnswer } from './paced-answer.ts'

const MIB = 1024 * 1024
const READ_MS = 60_000

/** An answer of so many bytes that nobody has read of yet. */
const setUp = (length: number) => {
  const clock = createManualClock()
  const outgoing = new ServerResponse(new IncomingMessage(new Socket()))
  onTestFinished(() => void outgoing.destroy())
  const bytes = new Uint8Array(length).map((_, i) => i)
  const reader = pacedAnswer(bytes, { outgoing, clock, readMs: READ_MS }).getReader()
  return { clock, outgoing, bytes, reader }
}

/** Reads on and on, each time after so long, until the end or until it is cut off. */
const readEvery = async (ms: number, { clock, outgoing, reader }: ReturnType<typeof setUp>) => {
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done || outgoing.destroyed) return Buffer.concat(pieces)
    pieces.push(value)
    clock.advance(ms)
  }
}

describe('an answer', () => {
  it.each([2, 256 * 1024, 5 * MIB])('of %i bytes is given whole', async (length) => {
    const given = setUp(length)
    expect((await readEvery(5_000, given)).equals(given.bytes)).toBe(true)
    expect(given.outgoing.destroyed).toBe(false)
  })

  it('is not given to who always reads a little, and less than 2 MiB in the time for them', async () => {
    const given = setUp(5 * MIB)
    const read = await readEvery(10_000, given) // 1.5 MiB a minute
    expect(given.outgoing.destroyed).toBe(true)
    expect(read.length).toBe(6 * 256 * 1024)
  })

  it('must also be taken to its last byte', async () => {
    const given = setUp(100)
    await readEvery(0, given)
    given.clock.advance(READ_MS)
    expect(given.outgoing.destroyed).toBe(true)
  })

  it('leaves nothing behind when it is over', async () => {
    const { outgoing, clock } = setUp(100)
    outgoing.destroy()
    await once(outgoing, 'close')
    expect(clock.timers).toBe(0)
    pacedAnswer(new Uint8Array(2), { outgoing, clock, readMs: READ_MS }) // it is closed already
    await vi.waitFor(() => expect(clock.timers).toBe(0))
  })
})
