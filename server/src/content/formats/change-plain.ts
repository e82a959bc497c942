/* What a shared type without a schema is to become. */
import type { Change } from '../../ports/content.ts'
import type { Field } from './field.ts'
import { jsonOf, treeFromJson } from './json-tree.ts'
import { refuse } from './limits.ts'
import { retext, slice, textDelta, type DeltaStep } from './text-delta.ts'
import { Keys, plainText, type Tree } from './tree.ts'

/** The tree that a change asks for. */
export const plainWanted = (
  { name, kind, tree }: Field,
  change: Exclude<Change, { kind: 'range' }>,
): Tree => {
  if (change.kind === 'node')
    return refuse(`"${name}" is a ${kind} without a schema: it has no nodes`)
  const { content } = change
  if (content.format === 'html' || (content.format === 'markdown' && kind !== 'text'))
    return refuse(
      `"${name}" is a ${kind} without a schema: it takes ${kind === 'text' ? 'text or ' : ''}json`,
    )
  if (content.format === 'text' && kind !== 'text')
    return refuse(`"${name}" is a ${kind}: it takes json`)
  const { value } = content
  if (change.kind === 'replace') return treeFromJson(value, tree)
  return appended({ name, kind, tree }, value)
}

/** The steps that replace a part of a text: of equal parts the one that is meant, not the next best. */
export const rangeDelta = (
  { name, kind, tree }: Field,
  { from, to, content }: Extract<Change, { kind: 'range' }>,
): readonly DeltaStep[] => {
  if (tree.kind !== 'text') return refuse(`"${name}" is a ${kind}: only a text has ranges`)
  const text = plainText(tree)
  const { length } = text
  if (!isIndex(from) || !isIndex(to) || from > to || to > length)
    return refuse(`range: ${from} to ${to} is not within the ${length} units of "${name}"`)
  for (const place of [from, to])
    if (isWithinPair(text, place))
      refuse(`range: ${place} is within a pair of surrogates, which is one character`)
  const { value } = content
  if (content.format !== 'text' && content.format !== 'json')
    return refuse('content: a range takes text')
  if (typeof value !== 'string') return refuse('content: a range takes text')
  const before = slice(tree.runs, 0, from).at(-1)?.attributes ?? {}
  const inside = slice(tree.runs, from, to)
  const keys = new Keys()
  const steps = textDelta(inside, retext(inside, value, { first: before, keys }), keys)
  return from === 0 || steps.length === 0 ? steps : [{ retain: from }, ...steps]
}

const isWithinPair = (text: string, place: number): boolean =>
  /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(place - 1, place + 1)) && place > 0

const appended = ({ name, tree }: Field, value: unknown): Tree => {
  switch (tree.kind) {
    case 'text':
      if (typeof value !== 'string') return refuse(`content: "${name}" is a text`)
      return {
        ...tree,
        runs: [...tree.runs, ...(value === '' ? [] : [{ insert: value, attributes: {} }])],
      }
    case 'array': {
      const added = treeFromJson(Array.isArray(value) ? value : [value], {
        kind: 'array',
        items: [],
      })
      return added.kind === 'array'
        ? { kind: 'array', items: [...tree.items, ...added.items] }
        : tree
    }
    case 'map': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return refuse(`content: "${name}" is a map: it takes an object`)
      return treeFromJson({ ...(jsonOf(tree) as object), ...value }, tree) // a map's JSON is an object
    }
    case 'fragment': {
      const added = treeFromJson(Array.isArray(value) ? value : [value], {
        kind: 'fragment',
        children: [],
      })
      return added.kind === 'fragment'
        ? { kind: 'fragment', children: [...tree.children, ...added.children] }
        : tree
    }
    case 'element':
      throw new Error(`${name} is an element at the root`)
  }
}

/** True for a place in a list or text. */
export const isIndex = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0
