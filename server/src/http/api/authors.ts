import type { AuthoredText } from '../../ports/content.ts'
import type { AuthorRange } from '../../ports/storage.ts'

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
  for (const { client, clock, text, path } of runs) {
    const author = ofClient.get(client)?.findLast((range) => range.clock <= clock)?.user ?? null
    const last = told.at(-1)
    if (last !== undefined && last.author === author && isSame(last.path, path)) last.text += text
    else told.push({ text, path, author })
  }
  return told
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((index, i) => index === other[i])
