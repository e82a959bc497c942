/* Formats in a thread: each call is a job, and each way a job can end is a result. */
import { err, ok } from '@quire/shared'
import type { Change, Formats } from '../ports/content.ts'
import type { SchemaChoice } from './content-module.ts'
import { CONTENT_DEPTH, isDeeper } from './json-depth.ts'
import { problemOf, type JobThread } from './job-thread.ts'

/** Formats of documents that hold what `schema` says. */
export const formatsIn = (thread: JobThread, schema: SchemaChoice): Formats => ({
  async readAs(update, question) {
    const done = await thread.ask({ kind: 'read-as', schema, update, question })
    return done.kind === 'read-as' ? ok({ value: done.value }) : err(problemOf(done))
  },
  async change(update, changes) {
    // to hand it over recurses, and would fail for want of stack
    if (changes.some(isTooDeep)) {
      const message = `content: JSON is nested deeper than ${CONTENT_DEPTH} levels, which is the limit`
      return err({ kind: 'refused', message })
    }
    const done = await thread.ask({ kind: 'change', schema, update, changes })
    return done.kind === 'change' ? ok({ update: done.value }) : err(problemOf(done))
  },
  async restore(update, version) {
    const done = await thread.ask({ kind: 'restore', schema, update, version })
    return done.kind === 'restore' ? ok({ update: done.value }) : err(problemOf(done))
  },
  async diff(from, to) {
    const done = await thread.ask({ kind: 'diff', schema, from, to })
    return done.kind === 'diff' ? ok(done.value) : err(problemOf(done))
  },
  async blame(update, field) {
    const done = await thread.ask({ kind: 'blame', schema, update, field })
    return done.kind === 'blame' ? ok(done.value) : err(problemOf(done))
  },
})

const isTooDeep = (change: Change): boolean => {
  const { content } = { content: null, ...change }
  return content?.format === 'json' && isDeeper(content.value, CONTENT_DEPTH)
}
