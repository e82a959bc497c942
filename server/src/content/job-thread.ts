/*
 * The content thread as the event loop sees it: one job after another. Jobs wait on this side, so that
 * one which takes the thread down, or never ends, costs only itself.
 */
import { Worker } from 'node:worker_threads'
import { assertNever } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { ContentProblem } from '../ports/content.ts'
import type { Undo } from '../ports/undo.ts'
import { threadFile } from '../thread-file.ts'
import type { Job, JobDone } from './job.ts'

/** Time for one job. The largest honest documents fold in seconds; content can be made to take for ever. */
const JOB_MS = 60_000

interface Task {
  readonly job: Job
  readonly settle: (done: JobDone | JobLost | ContentProblem) => void
}

/** The thread ended in the midst of a job, or had to be ended: what it did last may be at fault. */
export interface JobLost {
  readonly kind: 'lost'
  readonly message: string
}

/** Runs jobs in a thread that starts with the first one. */
export interface JobThread {
  /** What became of a job. Never rejects. */
  ask(job: Job): Promise<JobDone | JobLost | ContentProblem>
  /** Starts the thread now: its first job would wait 100 ms and more for it. */
  warmUp(): void
  /** Ends the thread; what is under way or waits is `closed`. Safe to call twice. */
  close(): Promise<void>
}

const startWorker = (): Worker => new Worker(...threadFile(import.meta.url, './worker'))

/** A thread that is not started yet. `create` makes each of its lives. */
export const createJobThread = (clock: Clock, create = startWorker): JobThread => {
  const waiting: Task[] = []
  let running: { readonly task: Task; readonly undoDeadline: Undo } | null = null
  let worker: Worker | null = null
  let closed: Promise<void> | null = null

  const finish = (done: JobDone | JobLost | ContentProblem): void => {
    if (running === null) return
    const { task, undoDeadline } = running
    running = null
    undoDeadline()
    task.settle(done)
    runNext()
  }

  /** Gives up a thread that has failed. What it was doing is lost, what waits is not. */
  const lose = (lost: Worker, kind: 'lost' | 'broken', message: string): void => {
    if (worker !== lost) return // an earlier one, that has been told of already
    worker = null
    void lost.terminate()
    finish({ kind, message })
  }

  const start = (): Worker => {
    const started = create()
    started.on('message', (done: JobDone) => {
      if (worker === started) finish(done)
    })
    started.on('error', (error: unknown) => {
      const reason = messageOf(error)
      // where memory ended, whatever came last is as innocent as all that was there before
      const kind = isOutOfMemory(error) ? 'broken' : 'lost'
      lose(started, kind, `content thread failed: ${reason}`)
    })
    started.on('exit', () => lose(started, 'lost', 'content thread ended'))
    started.unref() // last: a listener of messages holds up the process again
    return started
  }

  const runNext = (): void => {
    if (running !== null) return
    const task = waiting.shift()
    if (task === undefined) return
    const to = (worker ??= start())
    const undoDeadline = clock.after(JOB_MS, () => lose(to, 'lost', `not done within ${JOB_MS} ms`))
    running = { task, undoDeadline }
    try {
      to.postMessage(trimmed(task.job))
    } catch (error) {
      // what a caller has handed in may hold what no thread can be given, a function say
      finish({ kind: 'refused', message: `content: ${messageOf(error)}` })
    }
  }

  const shut = async (): Promise<void> => {
    for (const task of waiting.splice(0)) task.settle(CLOSED)
    const last = worker
    worker = null
    finish(CLOSED)
    await last?.terminate()
  }

  return {
    warmUp: () => {
      if (closed === null) worker ??= start()
    },
    ask: (job) =>
      new Promise((resolve) => {
        if (closed !== null) return resolve(CLOSED)
        waiting.push({ job, settle: resolve })
        runNext()
      }),
    close: () => (closed ??= shut()),
  }
}

/** Why there is no answer of the kind that was asked for. */
export const problemOf = (done: JobDone | JobLost | ContentProblem): ContentProblem => {
  if (done.kind === 'closed' || done.kind === 'refused' || done.kind === 'broken') return done
  const message = done.kind === 'lost' ? done.message : `content thread answered ${done.kind}`
  return { kind: 'broken', message }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const CLOSED: ContentProblem = { kind: 'closed', message: 'content is closed' }

/**
 * Posting a view posts the whole buffer under it. Bytes that are most of their buffers go as they are,
 * those that are a small part of them are copied out first.
 */
const trimmed = (job: Job): Job => {
  const parts = bytesIn(job)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  let held = 0
  for (const buffer of new Set(parts.map((part) => part.buffer))) held += buffer.byteLength
  return held <= 2 * bytes ? job : copyOut(job)
}

const bytesIn = (job: Job): readonly Uint8Array[] => {
  switch (job.kind) {
    case 'read-as':
    case 'change':
    case 'blame':
      return [job.update]
    case 'restore':
      return [job.update, job.version]
    case 'diff':
      return [job.from, job.to]
    case 'near': {
      const { structs, deleteSet, tail } = job.source
      return [structs, deleteSet, ...tail].filter((part) => part !== null)
    }
    case 'fold':
    case 'answer':
    case 'anatomy':
    case 'merge': {
      const { snapshot, tail } = job.source
      return [snapshot, ...tail].filter((part) => part !== null)
    }
    default:
      return assertNever(job)
  }
}

const copyOut = (job: Job): Job => {
  switch (job.kind) {
    case 'read-as':
    case 'change':
    case 'blame':
      return { ...job, update: copyOf(job.update) }
    case 'restore':
      return { ...job, update: copyOf(job.update), version: copyOf(job.version) }
    case 'diff':
      return { ...job, from: copyOf(job.from), to: copyOf(job.to) }
    case 'near': {
      const { structs, deleteSet, tail } = job.source
      const source = {
        structs: structs && copyOf(structs),
        deleteSet: deleteSet && copyOf(deleteSet),
        tail: tail.map(copyOf),
      }
      return { ...job, source }
    }
    case 'fold':
    case 'answer':
    case 'anatomy':
    case 'merge': {
      const { snapshot, tail } = job.source
      return { ...job, source: { snapshot: snapshot && copyOf(snapshot), tail: tail.map(copyOf) } }
    }
    default:
      return assertNever(job)
  }
}

const copyOf = <B extends Uint8Array>(bytes: B): B => new Uint8Array(bytes) as Uint8Array as B // the same bytes
