/*
 * Content work: what is small is done at once, the rest in worker threads, so that integrating or
 * merging a large document never stalls the event loop.
 */
import { err, ok, type Result } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Answer, Content, ContentProblem, ContentSource } from '../ports/content.ts'
import { foldInThread } from './fold-in-thread.ts'
import type { SchemaChoice } from './content-module.ts'
import { formatsIn } from './formats-in-thread.ts'
import type { Job } from './job.ts'
import { createJobThread, problemOf } from './job-thread.ts'
import { answerTo, isEmptyStateVector, merge, nearAnswer, PIECE_BYTES } from './merge.ts'

/** Below both, an answer is merged on the event loop: it takes well under a millisecond. */
const INLINE_BYTES = 32 * 1024
const INLINE_UPDATES = 32

/** The same for a client that lacks little: most of the tail is only looked at. */
const INLINE_NEAR_UPDATES = 128

/**
 * What may be chosen about content.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth, type ContentOptions } from '@quire/server'
 *
 * // Yjs types of no schema, and what was deleted is kept: for programs that look into the past
 * const content: ContentOptions = { schema: 'plain', collectGarbage: false }
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth, content })
 * ```
 */
export interface ContentOptions {
  /** Whether a fold drops the content of what was deleted, as Yjs does. */
  readonly collectGarbage: boolean
  /** What documents hold; the editor's schema unless told otherwise. */
  readonly schema?: SchemaChoice
}

/** Content work in threads. */
export interface ThreadedContent extends Content {
  /** The same, in the same threads, but that folds drop what was deleted whatever was chosen. */
  readonly collecting: Content
}

/** Content work with threads that start with the first job that needs them. */
export const createContent = (
  clock: Clock,
  { collectGarbage, schema = 'editor' }: ContentOptions,
): ThreadedContent => {
  // a thread each: a document that takes long to integrate must not keep others from being opened
  const answers = createJobThread(clock)
  const folds = createJobThread(clock)
  const formats = createJobThread(clock)
  const ask = async (job: Job): Promise<Result<Answer, ContentProblem>> => {
    const done = await answers.ask(job)
    return done.kind === 'answer' ? ok(done.value) : err(problemOf(done))
  }
  const answer: Content['answer'] = async (source, stateVector) => {
    const { snapshot, tail } = source
    if (snapshot !== null && isEmptyStateVector(stateVector) && snapshot.length <= PIECE_BYTES) {
      // goes out as it is stored, so it need not cross threads
      const rest = await answer({ snapshot: null, tail }, stateVector)
      return rest.ok ? ok({ first: [snapshot, ...rest.value.first], last: rest.value.last }) : rest
    }
    return isSmall(source)
      ? inline(() => answerTo(source, stateVector))
      : ask({ kind: 'answer', source, stateVector })
  }
  const near: Content['near'] = async (source, stateVector) => {
    const { structs, deleteSet, tail } = source
    // the delete set is only looked into where it must be cut
    const deletes = deleteSet !== null && deleteSet.length > PIECE_BYTES ? deleteSet.length : 0
    const bytes = bytesOf({ snapshot: structs, tail }) + deletes
    return tail.length <= INLINE_NEAR_UPDATES && bytes <= INLINE_BYTES
      ? inline(() => nearAnswer(source, stateVector))
      : ask({ kind: 'near', source, stateVector })
  }
  const mergeAll: Content['merge'] = async (updates) => {
    const source = { snapshot: null, tail: updates }
    const merged = isSmall(source)
      ? inline(() => ({ first: [], last: merge(updates) }))
      : await ask({ kind: 'merge', source })
    return merged.ok ? ok(merged.value.last) : merged
  }
  const content: Content = {
    answer,
    near,
    merge: mergeAll,
    fold: (source) => foldInThread(folds, source, collectGarbage),
    async anatomy(source, stamps) {
      const done = await formats.ask({ kind: 'anatomy', source, stamps })
      return done.kind === 'anatomy' ? ok(done.value) : err(problemOf(done))
    },
    ...formatsIn(formats, schema),
    warmUp: () => answers.warmUp(),
    async close() {
      await Promise.all([answers.close(), folds.close(), formats.close()])
    },
  }
  const collecting: Content = { ...content, fold: (source) => foldInThread(folds, source, true) }
  return { ...content, collecting }
}

const isSmall = (source: ContentSource): boolean =>
  source.tail.length <= INLINE_UPDATES && bytesOf(source) <= INLINE_BYTES

const bytesOf = ({ snapshot, tail }: ContentSource): number =>
  tail.reduce((bytes, update) => bytes + update.length, snapshot?.length ?? 0)

const inline = (make: () => Answer): Result<Answer, ContentProblem> => {
  try {
    return ok(make())
  } catch (error) {
    return err({ kind: 'broken', message: error instanceof Error ? error.message : String(error) })
  }
}
