import type { AuthoredText } from '../../ports/content.ts'
import type { AuthorRange } from '../../ports/storage.ts'
import { beginningBy } from '../../storage/stamping.ts'

/** A piece of text, where it stands, and whose login brought it; null where none with a user did. */
export interface NamedText {
  readonly text: string
  /** The index path of its block; empty in a plain text. */
  readonly path: readonly number[]
  readonly author: string | null
}

/** Runs of text with their authors, neighbours of one author and block joined. `stamped` is sorted by client and clock. */
export const authorNames = (
  runs: readonly AuthoredText[],
  stamped: readonly AuthorRange[],
): readonly NamedText[] => {
  const ofClient = Map.groupBy(stamped, ({ client }): number => client)
  const told: { text: string; path: readonly number[]; author: string | null }[] = []
  for (const { client, clock, text, path } of runs)
    for (const piece of piecesOf({ text, clock }, ofClient.get(client) ?? [])) {
      const last = told.at(-1)
      if (last !== undefined && last.author === piece.author && isSame(last.path, path))
        last.text += piece.text
      else told.push({ ...piece, path })
    }
  return told
}

/** Unit `i` of a run has the clock `clock + i`: it is cut where a range of its client begins. */
const piecesOf = function* (
  { text, clock }: Pick<AuthoredText, 'text' | 'clock'>,
  ranges: readonly AuthorRange[],
): Iterable<{ readonly text: string; readonly author: string | null }> {
  let next = beginningBy(ranges, clock)
  for (let at = 0; at < text.length; next++) {
    const end = Math.min(text.length, (ranges[next]?.clock ?? Infinity) - clock)
    yield { text: text.slice(at, end), author: ranges[next - 1]?.user ?? null }
    at = end
  }
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((index, i) => index === other[i])
