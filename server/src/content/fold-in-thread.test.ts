import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { EMPTY_UPDATE, type Update } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ContentSource } from '../ports/content.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { until } from '../runtime/testing/server.ts'
import { threadFile } from '../thread-file.ts'
import { ATTEMPTS, foldInThread } from './fold-in-thread.ts'
import type { Job } from './job.ts'
import { createJobThread } from './job-thread.ts'

vi.setConfig({ testTimeout: 60_000 }) // a thread has to start for every attempt

const [FINE, HANGS, ENDS] = [1, 2, 3].map((byte) => Uint8Array.of(byte) as Update) // not looked into
type Trouble = 'none' | 'snapshot' | 'settling' | 'settling-alone' | 'encoding' | 'start'

/** A thread that has trouble with the updates above, and where it is told to. */
const createThread = (trouble: Trouble) => {
  const clock = createManualClock()
  const hangs = new Int32Array(new SharedArrayBuffer(4))
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { hangs, trouble } = workerData
    const hang = () => { Atomics.add(hangs, 0, 1); for (;;); }
    parentPort.on('message', ({ source: { tail }, progress, transactions }) => {
      const at = new Int32Array(progress)
      if (trouble === 'start') process.exit(1)
      Atomics.store(at, 0, -1)
      if (trouble === 'snapshot') hang()
      tail.forEach(([kind], index) => {
        Atomics.store(at, 0, index)
        if (kind === 2 || (trouble === 'settling-alone' && transactions === 'each' && index === 1)) hang()
        if (kind === 3) process.exit(1)
      })
      Atomics.store(at, 0, tail.length)
      if (trouble === 'encoding') hang()
      if (trouble.startsWith('settling') && transactions === 'one') hang()
      const value = { updates: tail.length, leftOut: [], bytes: Uint8Array.of(tail.length) }
      parentPort.postMessage({ kind: 'fold', value })
    })`
  const options = { eval: true, workerData: { hangs, trouble } }
  const thread = createJobThread(clock, () => new Worker(code, options))
  onTestFinished(() => thread.close())
  let given = 0
  return {
    thread,
    /** Lets the time of a job pass once the thread hangs. */
    async giveUp() {
      given++
      await until('the thread hangs', () => Atomics.load(hangs, 0) === given)
      clock.advance(60_000)
    },
  }
}

const foldOf = (trouble: Trouble, ...tail: readonly (Update | undefined)[]) => {
  const { thread, giveUp } = createThread(trouble)
  const source = { snapshot: null, tail: tail.flatMap((update) => update ?? []) }
  return { folded: foldInThread(thread, source, true), giveUp }
}

const problem = expect.stringMatching(/not done within|thread ended/)

describe('the content thread', () => {
  it('tells where in the tail it is', async () => {
    const worker = new Worker(...threadFile(import.meta.url, './worker'))
    onTestFinished(async () => void (await worker.terminate()))
    const reached = async (source: ContentSource): Promise<number> => {
      const progress = new SharedArrayBuffer(4)
      const job: Job = {
        kind: 'fold',
        source,
        collectGarbage: true,
        transactions: 'one',
        progress,
      }
      const done = once(worker, 'message')
      worker.postMessage(job)
      await done
      return Atomics.load(new Int32Array(progress), 0)
    }
    const tail = [EMPTY_UPDATE, EMPTY_UPDATE, EMPTY_UPDATE]
    expect(await reached({ snapshot: null, tail })).toBe(3) // behind the last
  })
})

describe('a fold that the thread is lost with', () => {
  it('leaves out what the thread was at, hung or dead', async () => {
    const { folded, giveUp } = foldOf('none', FINE, HANGS, FINE, ENDS, FINE)
    await giveUp()
    expect(await folded).toMatchObject({
      value: {
        updates: 5,
        bytes: Uint8Array.of(3),
        leftOut: [
          { index: 1, problem },
          { index: 3, problem },
        ],
      },
    })
  })

  it('in what follows from all of them goes on one by one', async () => {
    const { folded, giveUp } = foldOf('settling', FINE, FINE)
    await giveUp()
    expect(await folded).toMatchObject({ value: { updates: 2, leftOut: [] } })
    const alone = foldOf('settling-alone', FINE, FINE, FINE)
    for (let i = 0; i < 3; i++) await alone.giveUp() // whatever comes second hangs
    expect(await alone.folded).toMatchObject({
      value: { updates: 3, leftOut: [{ index: 1 }, { index: 2 }] },
    })
  })

  it.each([
    ['snapshot', 1, /^the snapshot: not done within/],
    ['encoding', 2, /^encoding the document: not done within/],
    ['start', 0, /^content thread ended/],
  ] as const)('blames no update for the %s', async (trouble, times, message) => {
    const { folded, giveUp } = foldOf(trouble, FINE, FINE)
    for (let i = 0; i < times; i++) await giveUp()
    expect(await folded).toMatchObject({
      error: { kind: 'broken', message: expect.stringMatching(message) },
    })
  })

  it('is given up after so many threads', async () => {
    const { folded, giveUp } = foldOf('none', ...Array.from({ length: 9 }, () => HANGS))
    for (let i = 0; i < ATTEMPTS; i++) await giveUp()
    expect(await folded).toMatchObject({
      error: { kind: 'broken', message: expect.stringContaining(`after ${ATTEMPTS} attempts`) },
    })
  })
})
