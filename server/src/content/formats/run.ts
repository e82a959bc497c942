/* Jobs on formats, in the content thread, which loads this and its libraries with the first of them. */
import { assertNever } from '@quire/shared'
import type { FormatDone, FormatJob } from '../job.ts'
import { blameOf } from './blame.ts'
import { compare } from './compare.ts'
import { schemaOf } from './content-schema.ts'
import { change, restore } from './edit.ts'
import { fieldName, fieldOf } from './field.ts'
import { Refusal } from './limits.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

/** Runs one job. Throws on what Yjs throws on. */
export const runFormatJob = async (job: FormatJob): Promise<FormatDone> => {
  const rich = await schemaOf(job.schema)
  try {
    switch (job.kind) {
      case 'read-as':
        return { kind: 'read-as', value: readAs(documentOf(job.update), job.question, rich) }
      case 'change':
        return { kind: 'change', value: change(job.update, job.changes, rich) }
      case 'restore':
        return { kind: 'restore', value: restore(job.update, job.version) }
      case 'diff':
        return { kind: 'diff', value: compare(documentOf(job.from), documentOf(job.to)) }
      case 'blame': {
        const doc = documentOf(job.update)
        const name = fieldName(job.field, rich)
        const field = fieldOf(doc, name, { rich, otherwise: 'text' })
        return { kind: 'blame', value: blameOf(doc, field, rich) }
      }
      default:
        return assertNever(job)
    }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', message: error.message }
    throw error
  }
}
