/* The delta that brings a text to another one: changed characters and formats, nothing else. */
import { commonPairs } from './sequence-diff.ts'
import { canonical } from './canonical.ts'
import { Keys, type Attributes, type Run, type Value } from './tree.ts'

/** What Y.Text.applyDelta takes, with embedded values as they stand in the wanted text. */
export type DeltaStep =
  | { readonly retain: number; readonly attributes?: Attributes }
  | { readonly delete: number }
  | { readonly insert: string | Value; readonly attributes: Attributes }

/** A part of both texts that stays, or one that is replaced; places and lengths in UTF-16 units. */
export interface Edit {
  readonly from: number
  readonly removed: number
  readonly to: number
  readonly added: number
}

interface Token {
  readonly key: number
  readonly start: number
  readonly length: number
}

/** Words of the scripts that put spaces between them; of others, each character is one. */
const WORDS = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{M}]+|./gsu

const tokensOf = (runs: readonly Run[], keys: Keys): readonly Token[] => {
  const tokens: Token[] = []
  let start = 0
  let text = ''
  const flush = (): void => {
    for (const { 0: word, index } of text.matchAll(WORDS))
      tokens.push({ key: keys.ofText(`w${word}`), start: start + index, length: word.length })
    start += text.length
    text = ''
  }
  for (const { insert } of runs) {
    if (typeof insert === 'string') {
      text += insert
      continue
    }
    flush()
    tokens.push({ key: keys.ofText(`x${keys.of(insert)}`), start: start++, length: 1 })
  }
  flush()
  return tokens
}

/** Where the texts differ, ascending. */
export const textEdits = (
  from: readonly Run[],
  to: readonly Run[],
  keys: Keys,
): readonly Edit[] => {
  const [a, b] = [tokensOf(from, keys), tokensOf(to, keys)]
  const keyOf = ({ key }: Token): number => key
  const pairs = commonPairs(a.map(keyOf), b.map(keyOf), keys.budget)
  const [fromText, toText] = [unitsOf(from), unitsOf(to)]
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of [...pairs, [a.length, b.length] as const]) {
    const place = { from: a[i]?.start ?? fromText.length, to: b[j]?.start ?? toText.length }
    const removed = (a[nextI]?.start ?? fromText.length) - place.from
    const added = (b[nextJ]?.start ?? toText.length) - place.to
    if (removed > 0 || added > 0) edits.push({ ...place, removed, added })
    i = nextI + 1
    j = nextJ + 1
  }
  return joined(edits, fromText)
    .map((edit) => narrowed(edit, fromText, toText))
    .filter(({ removed, added }) => removed > 0 || added > 0)
}

/**
 * Words replaced on both sides of a space are replaced with it. It says as much to people, and Yjs, for
 * which each edit within an item costs a walk over all that its client has written, is done in half the time.
 */
const joined = (edits: readonly Edit[], from: string): readonly Edit[] => {
  const out: Edit[] = []
  for (const edit of edits) {
    const last = out.at(-1)
    const between = last === undefined ? '' : from.slice(last.from + last.removed, edit.from)
    const isJoint =
      last !== undefined &&
      isReplacement(last) &&
      isReplacement(edit) &&
      /^[^\p{L}\p{N}\uFFFC]{1,2}$/u.test(between)
    if (isJoint)
      out[out.length - 1] = {
        from: last.from,
        to: last.to,
        removed: edit.from + edit.removed - last.from,
        added: edit.to + edit.added - last.to,
      }
    else out.push(edit)
  }
  return out
}

const isReplacement = ({ removed, added }: Edit): boolean => removed > 0 && added > 0

/** One unit for each place. What is embedded is no character of a text, so it equals none. */
const unitsOf = (runs: readonly Run[]): string =>
  runs.map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC')).join('')

/** Without the characters at both ends that stay. */
const narrowed = (edit: Edit, from: string, to: string): Edit => {
  const one = from.slice(edit.from, edit.from + edit.removed)
  const other = to.slice(edit.to, edit.to + edit.added)
  if (one.includes('\uFFFC') || other.includes('\uFFFC')) return edit
  const shortest = Math.min(one.length, other.length)
  let start = 0
  while (start < shortest && one[start] === other[start]) start++
  if (isHigh(one[start - 1])) start-- // Yjs would make half a pair unreadable
  let end = 0
  while (end < shortest - start && one.at(-1 - end) === other.at(-1 - end)) end++
  if (isLow(one.at(-end)) && end > 0) end--
  return {
    from: edit.from + start,
    to: edit.to + start,
    removed: edit.removed - start - end,
    added: edit.added - start - end,
  }
}

const isHigh = (unit: string | undefined): boolean =>
  unit !== undefined && /[\uD800-\uDBFF]/.test(unit)
const isLow = (unit: string | undefined): boolean =>
  unit !== undefined && /[\uDC00-\uDFFF]/.test(unit)

/** Runs as one can walk along them. */
class Walk {
  #run = 0
  #start = 0
  readonly #runs: readonly Run[]

  constructor(runs: readonly Run[]) {
    this.#runs = runs
  }

  /** The run at a place that is not before the last one asked for, and how much of it is left. */
  at(place: number): { readonly run: Run; readonly inside: number; readonly left: number } {
    for (;;) {
      const run = this.#runs[this.#run]
      if (run === undefined) throw new Error(`place ${place} is behind the end of the text`)
      const length = typeof run.insert === 'string' ? run.insert.length : 1
      const inside = place - this.#start
      if (inside < length) return { run, inside, left: length - inside }
      this.#start += length
      this.#run++
    }
  }
}

/** The delta, empty where both are the same. */
export const textDelta = (from: readonly Run[], to: readonly Run[], keys: Keys): DeltaStep[] => {
  const delta: DeltaStep[] = []
  const [old, wanted] = [new Walk(from), new Walk(to)]
  const keep = (fromPlace: number, toPlace: number, length: number): void => {
    for (let done = 0; done < length;) {
      const [before, after] = [old.at(fromPlace + done), wanted.at(toPlace + done)]
      const part = Math.min(length - done, before.left, after.left)
      const attributes = formatChange(before.run.attributes, after.run.attributes)
      delta.push(attributes === null ? { retain: part } : { retain: part, attributes })
      done += part
    }
  }
  const add = (place: number, length: number): void => {
    for (let done = 0; done < length;) {
      const { run, inside, left } = wanted.at(place + done)
      const part = Math.min(length - done, left)
      const { insert, attributes } = run
      const piece = typeof insert === 'string' ? insert.slice(inside, inside + part) : insert
      delta.push({ insert: piece, attributes: { ...attributes } })
      done += part
    }
  }
  let [fromPlace, toPlace] = [0, 0]
  for (const edit of textEdits(from, to, keys)) {
    keep(fromPlace, toPlace, edit.from - fromPlace)
    if (edit.removed > 0) delta.push({ delete: edit.removed })
    add(edit.to, edit.added)
    fromPlace = edit.from + edit.removed
    toPlace = edit.to + edit.added
  }
  keep(fromPlace, toPlace, unitsOf(from).length - fromPlace)
  const isIdle = (step: DeltaStep | undefined): boolean =>
    step !== undefined && 'retain' in step && step.attributes === undefined
  while (isIdle(delta.at(-1))) delta.pop()
  return delta
}

const formatChange = (from: Attributes, to: Attributes): Attributes | null => {
  const change: Record<string, unknown> = {}
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) change[name] = null
  for (const [name, value] of Object.entries(to))
    if (!Object.hasOwn(from, name) || canonical(from[name]) !== canonical(value))
      change[name] = value
  return Object.keys(change).length === 0 ? null : change
}

/**
 * The runs that read as `text`: what stays has its formats, what is new those of what stands before it,
 * which at the start is `first`.
 */
export const retext = (
  runs: readonly Run[],
  text: string,
  { first = {}, keys = new Keys() }: { readonly first?: Attributes; readonly keys?: Keys } = {},
): Run[] => {
  const out: Run[] = []
  let place = 0
  for (const edit of textEdits(runs, [{ insert: text, attributes: {} }], keys)) {
    for (const run of slice(runs, place, edit.from)) out.push(run)
    const attributes = out.at(-1)?.attributes ?? first
    const insert = text.slice(edit.to, edit.to + edit.added)
    if (insert !== '') out.push({ insert, attributes })
    place = edit.from + edit.removed
  }
  return out.concat(slice(runs, place, unitsOf(runs).length))
}

/** The runs of one text in as many parts as it had: what is new belongs to the part it stands behind. */
export const cutLike = (
  parts: readonly { readonly runs: readonly Run[] }[],
  { from, to }: { readonly from: readonly Run[]; readonly to: readonly Run[] },
  keys: Keys,
): readonly Run[][] => {
  const edits = textEdits(from, to, keys)
  const end = unitsOf(to).length
  let [old, start] = [0, 0]
  return parts.map(({ runs }, index) => {
    old += unitsOf(runs).length
    let until = index === parts.length - 1 ? end : old
    if (index < parts.length - 1)
      for (const edit of edits) {
        if (edit.from > old) break
        const isInside = edit.from + edit.removed > old
        until = isInside
          ? edit.to + Math.min(edit.added, old - edit.from)
          : edit.to + edit.added + old - edit.from - edit.removed
      }
    const part = slice(to, start, until)
    start = until
    return part
  })
}

/** The runs from one place to another. */
export const slice = (runs: readonly Run[], from: number, to: number): Run[] => {
  const out: Run[] = []
  let place = 0
  for (const run of runs) {
    const length = typeof run.insert === 'string' ? run.insert.length : 1
    const [start, end] = [Math.max(from, place), Math.min(to, place + length)]
    if (start < end)
      out.push(
        typeof run.insert === 'string'
          ? { ...run, insert: run.insert.slice(start - place, end - place) }
          : run,
      )
    place += length
  }
  return out
}
