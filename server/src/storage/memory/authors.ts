/* Whose logins brought which structs, in memory. */
import type { AuthorRange } from '../../ports/storage.ts'
import type { Row } from './rows.ts'

const isBehind = (one: AuthorRange, other: AuthorRange): boolean =>
  one.client === other.client ? one.clock > other.clock : one.client > other.client

/** Stamps ranges; what is stamped stays, and what the range before says is not said again. */
export const stampAuthors = (row: Row, ranges: readonly AuthorRange[]): void => {
  for (const range of ranges) {
    const place = row.authors.findIndex((other) => isBehind(other, range))
    const at = place === -1 ? row.authors.length : place
    const before = row.authors[at - 1]
    const isSaid =
      before?.client === range.client &&
      (before.user === range.user || before.clock === range.clock)
    if (!isSaid) row.authors.splice(at, 0, { ...range })
  }
}
