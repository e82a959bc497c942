/*
 * A fold in the thread, also of what takes the thread down or never comes to an end. The thread says on
 * the way where it is (job.ts); what it was at when it was lost is left out of the next attempt.
 */
import { err, ok, type Result } from '@quire/shared'
import type { ContentProblem, ContentSource, Folded, LeftOut } from '../ports/content.ts'
import { problemOf, type JobThread } from './job-thread.ts'

/** Threads that one fold may cost. Each may take the whole time of a job, and other folds wait. */
export const ATTEMPTS = 4

/** In `progress`: before the snapshot, which is -1. */
const NOT_BEGUN = -2

/** Folds in the thread. Updates that the thread throws on, or is lost with, are left out and named. */
export const foldInThread = async (
  thread: JobThread,
  source: ContentSource,
  collectGarbage: boolean,
): Promise<Result<Folded, ContentProblem>> => {
  const { snapshot, tail } = source
  let kept = [...tail.keys()]
  const lost: LeftOut[] = []
  let transactions: 'one' | 'each' = 'one'
  let problem = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const reach = new Int32Array(progress)
    Atomics.store(reach, 0, NOT_BEGUN)
    const part = { snapshot, tail: kept.flatMap((index) => tail[index] ?? []) }
    const done = await thread.ask({
      kind: 'fold',
      source: part,
      collectGarbage,
      transactions,
      progress,
    })
    if (done.kind === 'fold') return ok(among(done.value, tail.length, { kept, lost }))
    if (done.kind !== 'lost') return err(problemOf(done))
    problem = done.message
    const reached = Atomics.load(reach, 0)
    const suspect = kept[reached]
    if (reached === NOT_BEGUN) return err({ kind: 'broken', message: problem })
    if (reached < 0) return err({ kind: 'broken', message: `the snapshot: ${problem}` })
    if (suspect !== undefined) {
      lost.push({ index: suspect, problem })
      kept = kept.toSpliced(reached, 1)
    } else if (transactions === 'one') transactions = 'each' // all were integrated: it was lost in what follows from one of them
    else return err({ kind: 'broken', message: `encoding the document: ${problem}` })
  }
  return err({ kind: 'broken', message: `given up after ${ATTEMPTS} attempts: ${problem}` })
}

/** A fold of the kept ones as one of the whole tail. */
const among = (
  folded: Folded,
  size: number,
  { kept, lost }: { readonly kept: readonly number[]; readonly lost: readonly LeftOut[] },
): Folded => {
  const updates = kept[folded.updates] ?? size
  const found = folded.leftOut.map((one) => ({ ...one, index: kept[one.index] ?? one.index }))
  const leftOut = [...found, ...lost]
    .filter(({ index }) => index < updates)
    .toSorted((a, b) => a.index - b.index)
  return { ...folded, updates, leftOut }
}
