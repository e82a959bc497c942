/* Whole documents in one update, and what one holds that another lacks. */
import {
  bytesEqual,
  EMPTY_UPDATE,
  err,
  ok,
  readUpdate,
  type Result,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import type { Content, FormattedContent } from '../../ports/content.ts'
import type { SourceContent } from './source.ts'

/** A document that can be written. */
export interface Whole {
  readonly contents: UpdateContents
  /** What was left out of it: reasons, for people. */
  readonly leftOut: readonly string[]
}

/** True if a document holds everything that another one does: structs and deletes. */
export const coversAll = (
  one: Pick<UpdateContents, 'structs' | 'deletes'>,
  other: Pick<UpdateContents, 'structs' | 'deletes'>,
): boolean => one.structs.hasAll(other.structs) && one.deletes.hasAll(other.deletes)

/** True if there is nothing in it. */
export const isNothing = ({ update }: UpdateContents): boolean => bytesEqual(update, EMPTY_UPDATE)

/** One update of all of these that can be read; a sentence where none can. */
const merged = async (
  content: Content,
  updates: readonly Uint8Array[],
): Promise<Result<Whole, string>> => {
  const good: Update[] = []
  const leftOut: string[] = []
  for (const [at, bytes] of updates.entries()) {
    const read = readUpdate(bytes)
    if (read.ok) good.push(read.value.update)
    else leftOut.push(`update ${at + 1} of ${updates.length}: ${read.error.message}`)
  }
  if (good.length === 0 && leftOut.length > 0) return err(leftOut[0] ?? '')
  const all = await content.merge(good)
  if (!all.ok) return err(all.error.message)
  const contents = readUpdate(all.value)
  return contents.ok ? ok({ contents: contents.value, leftOut }) : err(contents.error.message)
}

/** What a source has of a document, as one update; a sentence where it cannot be one. `field`: where text goes, null: where the editor writes. */
export const wholeOf = async (
  content: Content,
  source: SourceContent,
  field: string | null,
): Promise<Result<Whole, string>> => {
  if (source.kind === 'updates') return merged(content, source.updates)
  const { format, text } = source
  let value: unknown = text
  try {
    if (format === 'json') value = JSON.parse(text)
  } catch {
    return err('it is not JSON')
  }
  // of the other formats it is a text, and JSON is looked at there
  const given = { format, value } as FormattedContent
  const made = await content.change(EMPTY_UPDATE, [{ kind: 'replace', field, content: given }])
  if (!made.ok) return err(made.error.message)
  return merged(content, [made.value.update ?? EMPTY_UPDATE])
}
