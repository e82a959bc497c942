/* The thread of the document that pages of operations follow: started for the first of them, ended after the last. */
import { parentPort } from 'node:worker_threads'
import { assertNever } from '@quire/shared'
import { LiveDocument } from './live-document.ts'
import type { LiveJob } from './live-thread.ts'

let live: LiveDocument | null = null

const updateOf = (job: LiveJob): Uint8Array => {
  switch (job.kind) {
    case 'begin':
      live = new LiveDocument(job.clientId, job.stored)
      return live.begin(job.entries)
    case 'change':
      if (live === null) throw new Error('a change of a document that was not begun')
      return live.change(job)
    default:
      return assertNever(job)
  }
}

parentPort?.on('message', (job: LiveJob) => parentPort?.postMessage(updateOf(job)))
