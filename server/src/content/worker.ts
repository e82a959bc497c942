/* The content thread: takes jobs one after another, keeps nothing between them. */
import { parentPort } from 'node:worker_threads'
import { assertNever } from '@quire/shared'
import { fold } from './fold.ts'
import type { Job, JobDone } from './job.ts'
import { answerTo } from './merge.ts'

const run = (job: Job): JobDone => {
  try {
    switch (job.kind) {
      case 'fold':
        return { kind: 'fold', value: fold(job.source) }
      case 'answer':
        return { kind: 'answer', value: answerTo(job.source, job.stateVector) }
      default:
        return assertNever(job)
    }
  } catch (error) {
    // whatever Yjs throws on is a fact about the content, reported to whoever asked
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'broken', message }
  }
}

parentPort?.on('message', (job: Job) => parentPort?.postMessage(run(job)))
