/* The content thread: takes jobs one after another, keeps nothing between them. */
import { parentPort } from 'node:worker_threads'
import { assertNever } from '@quire/shared'
import { anatomy } from './anatomy.ts'
import { fold } from './fold.ts'
import { foldAround } from './search.ts'
import type { Job, JobDone } from './job.ts'
import { answerTo, merge, nearAnswer } from './merge.ts'
import type { Folded } from '../ports/content.ts'

/** Time for one fold, after which it is of what was done by then: a third of what a job has. */
const FOLD_MS = 20_000

const foldInTime = (job: Extract<Job, { kind: 'fold' }>): Folded => {
  const { source, collectGarbage, transactions } = job
  const progress = new Int32Array(job.progress)
  const endsAt = performance.now() + FOLD_MS
  const isLate = (): boolean => performance.now() > endsAt
  return foldAround(source, {
    isLate,
    onStep: (index) => Atomics.store(progress, 0, index),
    fold: (part, onStep) => fold(part, { collectGarbage, transactions, onStep, isLate }),
  })
}

const run = async (job: Job): Promise<JobDone> => {
  try {
    switch (job.kind) {
      case 'fold':
        return { kind: 'fold', value: foldInTime(job) }
      case 'answer':
        return { kind: 'answer', value: answerTo(job.source, job.stateVector) }
      case 'merge':
        return { kind: 'answer', value: { first: [], last: merge(job.source.tail) } }
      case 'near':
        return { kind: 'answer', value: nearAnswer(job.source, job.stateVector) }
      case 'anatomy':
        return { kind: 'anatomy', value: anatomy(job.source, job.stamps) }
      case 'read-as':
      case 'change':
      case 'restore':
      case 'diff':
      case 'blame': {
        // loaded with the first of them: folds and answers need no parsers
        const { runFormatJob } = await import('./formats/run.ts')
        return await runFormatJob(job)
      }
      default:
        return assertNever(job)
    }
  } catch (error) {
    // whatever Yjs throws on is a fact about the content, reported to whoever asked
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'broken', message }
  }
}

const answer = async (job: Job): Promise<void> => {
  const done = await run(job)
  parentPort?.postMessage(done)
}

parentPort?.on('message', (job: Job) => {
  void answer(job)
})
