/* How author stamps become ranges (ST22), alike in every storage. */
import type { ClientId } from '@quire/shared'
import type { AuthorRange, AuthorStamp } from '../ports/storage.ts'

/** Ranges of a document by client; those of one ascend by clock. */
export type AuthorsByClient = Map<ClientId, AuthorRange[]>

/**
 * Stamps ranges, and says which began with that. What is stamped stays, what the range before says is not said again,
 * and what begins at the end of a stamp stays whose it was.
 */
export const stampAuthors = (
  authors: AuthorsByClient,
  stamps: readonly AuthorStamp[],
): readonly AuthorRange[] => {
  const added: AuthorRange[] = []
  for (const { client, clock, user, until } of stamps) {
    const ranges = authors.get(client) ?? []
    const at = beginningBy(ranges, clock)
    const before = ranges[at - 1]
    const was = before?.user ?? null
    if (was === user || before?.clock === clock) continue
    const begun: AuthorRange[] = [{ client, clock, user }]
    if (until !== undefined && beginningBy(ranges, until) === at)
      begun.push({ client, clock: until, user: was })
    ranges.splice(at, 0, ...begun)
    if (ranges.length === begun.length) authors.set(client, ranges)
    added.push(...begun)
  }
  return added
}

/** Ranges by client and clock, ascending. */
export const rangesOf = (authors: AuthorsByClient): AuthorRange[] =>
  [...authors].toSorted(([one], [other]) => one - other).flatMap(([, ranges]) => ranges)

/** How many ranges of one client, which ascend, begin at or before a clock: the last of them says whose that is. */
export const beginningBy = (ranges: readonly AuthorRange[], clock: number): number => {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.clock ?? 0) <= clock) low = middle + 1
    else high = middle
  }
  return low
}
