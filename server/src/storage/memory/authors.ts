/* Whose logins brought which structs, in memory. */
import type { AuthorRange, AuthorStamp } from '../../ports/storage.ts'

/** How many ranges begin at or before a clock of a client, or are of a lower one. */
const placeOf = (
  authors: readonly AuthorRange[],
  { client, clock }: Pick<AuthorRange, 'client' | 'clock'>,
): number => {
  let low = 0
  let high = authors.length
  while (low < high) {
    const middle = (low + high) >> 1
    const range = authors[middle]
    const isBehind =
      range !== undefined && (range.client === client ? range.clock > clock : range.client > client)
    if (isBehind) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Stamps ranges into those of a document, which are by client and clock, ascending; what is stamped stays, what the
 * range before says is not said again, and what begins at the end of a stamp stays whose it was.
 */
export const stampAuthors = (authors: AuthorRange[], stamps: readonly AuthorStamp[]): void => {
  for (const { client, clock, user, until } of stamps) {
    const at = placeOf(authors, { client, clock })
    const before = authors[at - 1]
    const range = before?.client === client ? before : null
    const was = range?.user ?? null
    if (was === user || range?.clock === clock) continue
    const isClosed = until === undefined || placeOf(authors, { client, clock: until }) > at
    const closing = isClosed ? [] : [{ client, clock: until, user: was }]
    authors.splice(at, 0, { client, clock, user }, ...closing)
  }
}

/** Those of these users who have a range. */
export const authorsAmong = (
  authors: readonly AuthorRange[],
  users: readonly string[],
): readonly string[] => {
  const there = new Set(authors.map(({ user }) => user))
  return [...new Set(users)].filter((user) => there.has(user))
}
