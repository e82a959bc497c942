import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { OperationsNow } from '@quire/shared'
import type { QuireEvent } from '../../ports/observe.ts'
import { startTestServer, until } from '../testing/server.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { startLiveWorker } from './live-thread.ts'
import { LiveWriter } from './live-writer.ts'
import { createMemory, createMemoryStorage } from '../../storage/memory.ts'

vi.setConfig({ testTimeout: 30_000 }) // threads have to start

/** A thread whose handler of jobs is this code. */
const sick = (onJob: string) => (): Worker =>
  new Worker(`require('node:worker_threads').parentPort.on('message', () => { ${onJob} })`, {
    eval: true,
  })

/** A writer whose thread lives through these lives, and then through healthy ones. */
const writerForTest = (...lives: readonly (() => Worker)[]) => {
  const memory = createMemory()
  const { documents } = startTestServer({ memory })
  const clock = createManualClock()
  const events: QuireEvent[] = []
  const started: Worker[] = []
  const writer = new LiveWriter({
    documents,
    storage: createMemoryStorage(memory),
    clock,
    observe: { event: (event) => events.push(event) },
    entries: () => [['now', {} as OperationsNow]], // it is only handed on
    startWorker: () => {
      const worker = (lives[started.length] ?? startLiveWorker)()
      started.push(worker)
      return worker
    },
  })
  onTestFinished(async () => {
    const stopped = writer.stop(0)
    clock.advance(0)
    await stopped
  })
  return { writer, clock, events, started }
}

it.each([
  ['throws', sick(`throw new Error('out of something')`)],
  ['ends', sick('process.exit(1)')],
  ['does not even start', () => new Worker('throw new Error("no")', { eval: true })],
])('a thread that %s is told of, and the next step has another one', async (_, life) => {
  const { writer, events, started } = writerForTest(life)
  await writer.write()
  expect(events).toMatchObject([{ kind: 'bug', document: null }])
  expect(writer.isRunning).toBe(false)
  void writer.write()
  await until('there is another one', () => started.length === 2)
})

it('a thread that never answers is given up after its time', async () => {
  const { writer, clock, events } = writerForTest(sick('for (;;);'))
  const step = writer.write()
  await until('it is asked', () => clock.timers === 1)
  clock.advance(10_000)
  await step
  expect(events).toMatchObject([
    { kind: 'bug', error: { cause: { message: 'the thread did not answer within 10000 ms' } } },
  ])
})

it('a thread that dies while nothing is asked of it costs no more than the next step', async () => {
  const { writer, events, started } = writerForTest(
    sick(`require('node:worker_threads').parentPort.postMessage(new Uint8Array([0, 0]))
          setTimeout(() => { throw new Error('out of something') }, 50)`),
  )
  await writer.write()
  await until('it is gone', () => started[0]?.threadId === -1)
  expect(events).toEqual([])
  await writer.write()
  expect(events).toMatchObject([{ kind: 'bug', document: null }])
  void writer.write()
  await until('there is another one', () => started.length === 2)
})

it('is stopped within its time, whatever the thread is doing, and that is nobody’s fault', async () => {
  const { writer, clock, events, started } = writerForTest(sick('for (;;);'))
  void writer.write()
  await until('it is asked', () => clock.timers === 1)
  const stopped = writer.stop(1_000)
  clock.advance(1_000)
  await stopped
  expect(started[0]?.threadId).toBe(-1) // it is gone
  expect(events).toEqual([])
  expect(writer.isRunning).toBe(false)
})
