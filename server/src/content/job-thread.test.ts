import { Worker } from 'node:worker_threads'
import { EMPTY_UPDATE } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { threadFile } from '../thread-file.ts'
import type { Job } from './job.ts'
import { createJobThread } from './job-thread.ts'

vi.setConfig({ testTimeout: 30_000 }) // threads have to start

const JOB: Job = {
  kind: 'fold',
  source: { snapshot: null, tail: [EMPTY_UPDATE] },
  collectGarbage: true,
  transactions: 'one',
  progress: new SharedArrayBuffer(4),
}

const healthy = (): Worker => new Worker(...threadFile(import.meta.url, './worker'))

/** A thread whose handler of jobs is this code. */
const sick = (onJob: string) => (): Worker =>
  new Worker(`require('node:worker_threads').parentPort.on('message', () => { ${onJob} })`, {
    eval: true,
  })

/** A thread that lives through these lives, in order. */
const threadForTest = (...lives: readonly (() => Worker)[]) => {
  const clock = createManualClock()
  const started: Worker[] = []
  const thread = createJobThread(clock, () => {
    const life = lives[started.length]
    if (life === undefined) throw new Error(`started ${started.length + 1} times`)
    const worker = life()
    started.push(worker)
    return worker
  })
  onTestFinished(() => thread.close())
  return { thread, clock, started }
}

describe('a content thread', () => {
  it.each([
    ['throws', sick(`throw new Error('out of something')`)],
    ['ends', sick('process.exit(1)')],
    ['does not even start', () => new Worker('throw new Error("no")', { eval: true })],
  ])('that %s loses the job it had; those that wait run on a new one', async (_, life) => {
    const { thread, started } = threadForTest(life, healthy)
    const jobs = [thread.ask(JOB), thread.ask(JOB), thread.ask(JOB)]
    const kinds = (await Promise.all(jobs)).map(({ kind }) => kind)
    expect(kinds).toEqual(['lost', 'fold', 'fold'])
    expect((await thread.ask(JOB)).kind).toBe('fold')
    expect(started).toHaveLength(2)
  })

  it('that never comes to an end is given up after its time', async () => {
    const { thread, clock } = threadForTest(sick('for (;;);'), healthy)
    const [endless, waiting] = [thread.ask(JOB), thread.ask(JOB)]
    clock.advance(60_000)
    expect(await endless).toEqual({ kind: 'lost', message: 'not done within 60000 ms' })
    expect((await waiting).kind).toBe('fold')
    clock.advance(60_000) // the time of what is done is not held against what follows
    expect((await thread.ask(JOB)).kind).toBe('fold')
  })

  it('is started with the first job and not before', async () => {
    const { thread, started } = threadForTest(healthy)
    expect(started).toHaveLength(0)
    await thread.ask(JOB)
    expect(started).toHaveLength(1)
  })

  it('closed while it is busy ends, whatever it was doing', async () => {
    const { thread, started } = threadForTest(sick('for (;;);'))
    const jobs = [thread.ask(JOB), thread.ask(JOB)]
    await Promise.all([thread.close(), thread.close()])
    expect((await Promise.all(jobs)).map(({ kind }) => kind)).toEqual(['closed', 'closed'])
    expect((await thread.ask(JOB)).kind).toBe('closed')
    expect(started[0]?.threadId).toBe(-1) // it is gone
  })
})
