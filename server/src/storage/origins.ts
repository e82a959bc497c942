/* Runs of updates of a log by who wrote them (ports/storage.ts): a writer goes on for long, so they are few. */
import { seq, type Seq } from '@quire/shared'
import type { Origin } from '../ports/storage.ts'

/** The origins of a tail behind update `base`, which `before` wrote; `writers`: of each update of the tail. */
export const originsOf = (
  base: Seq,
  before: number,
  writers: readonly number[],
): [Origin, ...Origin[]] => {
  const origins: [Origin, ...Origin[]] = [{ from: base, writer: before }]
  let last = before
  for (const [i, writer] of writers.entries()) {
    if (writer === last) continue
    origins.push({ from: seq(base + 1 + i), writer })
    last = writer
  }
  return origins
}
