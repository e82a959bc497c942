/* What the operations of a device do to the contents of a document, for devices that hold them in memory. Pure. */
import { err, ok, type Result } from '@quire/shared'
import {
  clearedProblem,
  laterOf,
  sizeFolded,
  sizeWith,
  takeOver,
  type Adopted,
  type Adoption,
  type Batch,
  type Contents,
  type LogEntry,
  type LogSize,
  type UnsavedKey,
  type Written,
} from './records.ts'
import type { StoreProblem } from './store.ts'

/** Contents that have changed, and what is said of it. */
export type Changed<T> = Result<{ readonly contents: Contents; readonly answer: T }, StoreProblem>

/** A document as it is asked for: its name for people, and what is kept of it. */
export interface Asked {
  readonly document: string
  readonly contents: Contents
}

/** Appends a batch; `newLife` is what begins where nothing is kept. */
export const append = (
  { document, contents }: Asked,
  batch: Batch,
  newLife: string,
): Changed<Written> => {
  if (hasEnded(batch.life, contents)) return err(clearedProblem(document))
  const life = contents.life ?? newLife
  const number = contents.next
  const entry: LogEntry | null = batch.log && { ...batch.log, number }
  const added = batch.unsaved.map((one, index) => ({
    ...one,
    origin: batch.owner,
    key: { number, index },
  }))
  const position = laterOf(contents.position, batch.position)
  const size = entry === null ? contents.size : sizeWith(contents.size, entry)
  return ok({
    contents: {
      ...contents,
      life,
      next: entry === null ? number : number + 1,
      position,
      size,
      log: entry === null ? contents.log : [...contents.log, entry],
      unsaved: [...without(contents.unsaved, batch.saved), ...added],
    },
    answer: { life, number, position, size },
  })
}

/** Takes over what others have left. */
export const adopt = ({ document, contents }: Asked, adoption: Adoption): Changed<Adopted> => {
  if (hasEnded(adoption.life, contents)) return err(clearedProblem(document))
  const { unsaved, owners } = takeOver(contents, adoption)
  return ok({ contents: { ...contents, owners }, answer: { life: contents.life, unsaved } })
}

/** Puts one entry in the place of some; the answer is null if one of them is not there. */
export const fold = (
  contents: Contents,
  numbers: readonly number[],
  bytes: Uint8Array,
): { readonly contents: Contents; readonly answer: LogSize | null } => {
  const isFolded = new Set(numbers)
  const rest = contents.log.filter(({ number }) => !isFolded.has(number))
  const last = numbers.at(-1)
  if (last === undefined || contents.log.length - rest.length < numbers.length)
    return { contents, answer: null }
  const log = [...rest, { number: last, bytes, updates: 1 }].toSorted((a, b) => a.number - b.number)
  const size = sizeFolded(bytes.length, rest)
  return { contents: { ...contents, log, size }, answer: size }
}

/** Whether a life that somebody knows of is not that of the contents. */
export const hasEnded = (known: string | null, { life }: Pick<Contents, 'life'>): boolean =>
  known !== null && known !== life

const without = <T extends { readonly key: UnsavedKey }>(
  entries: readonly T[],
  keys: readonly UnsavedKey[],
): readonly T[] => {
  if (keys.length === 0) return entries
  const gone = new Set(keys.map(nameOf))
  return entries.filter(({ key }) => !gone.has(nameOf(key)))
}

const nameOf = ({ number, index }: UnsavedKey): string => `${number}.${index}`
