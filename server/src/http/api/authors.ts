import type { BlameRun } from '../../ports/content.ts'
import type { AuthorRange } from '../../ports/storage.ts'

/** A piece of text, and whose login brought it; null where none with a user did. */
export interface AuthoredText {
  readonly text: string
  readonly author: string | null
}

/** Runs of text with their authors, neighbours of one author joined. `stamped` is sorted by client and clock. */
export const authorNames = (
  runs: readonly BlameRun[],
  stamped: readonly AuthorRange[],
): readonly AuthoredText[] => {
  const ofClient = Map.groupBy(stamped, ({ client }) => client)
  const told: { text: string; author: string | null }[] = []
  for (const { client, clock, text } of runs) {
    const author = ofClient.get(client)?.findLast((range) => range.clock <= clock)?.user ?? null
    const last = told.at(-1)
    if (last !== undefined && last.author === author) last.text += text
    else told.push({ text, author })
  }
  return told
}
