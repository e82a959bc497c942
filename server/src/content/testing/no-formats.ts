import { err } from '@quire/shared'
import type { ContentProblem, Formats } from '../../ports/content.ts'

const refused = () =>
  Promise.resolve(err<ContentProblem>({ kind: 'refused', message: 'content without formats' }))

/** For content of tests that never ask for a format. */
export const noFormats: Formats = {
  readAs: refused,
  change: refused,
  restore: refused,
  diff: refused,
  blame: refused,
}
