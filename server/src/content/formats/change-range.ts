/*
 * Ranges of text. In a Y.Text places are UTF-16 units; in a block of rich text they are ProseMirror's: a unit
 * of text is 1, an inline leaf is 1, an inline node with content is its size and not parted.
 *
 *     │a b c d│ ⏎ │e f g h│   children of the block: texts, and the nodes between them
 *      0 1 2 3 4 5 6 7 8 9
 *          ╰─ 2 to 6 ─╯       what is new goes into the first text; ⏎ goes, and the front of the second
 *
 * What readers of the schema do not see takes no place, and stays where it is.
 */
import type { Node, Schema } from 'prosemirror-model'
import type { Change, FormattedContent } from '../../ports/content.ts'
import type { RichSchema } from './content-schema.ts'
import type { Field } from './field.ts'
import { refuse } from './limits.ts'
import { checkPath, childAt, isIndex, typeAt, type ElementTree } from './node-path.ts'
import { checkContent } from './read-json.ts'
import { formatsBeside, nodesOf } from './rich.ts'
import { retext, slice, textDelta, type DeltaStep } from './text-delta.ts'
import { Keys, plainText, type Attributes, type Run, type Tree } from './tree.ts'

type RangeChange = Extract<Change, { kind: 'range' }>
type TextTree = Extract<Tree, { kind: 'text' }>

/** What becomes of the children of a block. Places are those before any of it. */
export type BlockEdit =
  | { readonly kind: 'text'; readonly at: number; readonly steps: readonly DeltaStep[] }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'add'; readonly at: number; readonly tree: TextTree }

/** Edits of one block, which is named by the place among the children in each level. */
export interface BlockEdits {
  readonly block: readonly number[]
  /** From the back, so that none moves the place of a later one. */
  readonly edits: readonly BlockEdit[]
}

/** The steps that replace a part of a text: of equal parts the one that is meant, not the next best. */
export const rangeDelta = (
  { name, kind, tree }: Field,
  { from, to, path, content }: RangeChange,
): readonly DeltaStep[] => {
  if (tree.kind !== 'text') return refuse(`"${name}" is a ${kind}: only a text has ranges`)
  if (path !== undefined) return refuse(`"${name}" is a text: a range of it has no path`)
  checkRange({ from, to }, plainText(tree), `"${name}"`)
  const value = textOf(content)
  const before = slice(tree.runs, 0, from).at(-1)?.attributes ?? {}
  const inside = slice(tree.runs, from, to)
  const keys = new Keys()
  return behind(from, textDelta(inside, retext(inside, value, { first: before, keys }), keys))
}

/** The edits that replace a part of a block of rich text, and touch nothing else of it. */
export const rangeEdits = (
  { name, tree }: Field,
  { from, to, path, content }: RangeChange,
  rich: RichSchema,
): BlockEdits => {
  if (path === undefined)
    return refuse(`"${name}" is rich text: a range in it needs the path of the block that it is in`)
  checkPath(path)
  const { block, places, node } = blockAt(tree, path, rich)
  const parts = partsOf(block.children, rich.schema)
  const units = parts.map((part) => part.units).join('')
  checkRange({ from, to }, units, `the "${block.name}" at path [${path.join()}]`)
  for (const part of parts) checkWhole(part, [from, to])
  const text = textOf(content)
  const attributes = attributesAt(parts, node, { from, to, schema: rich.schema })
  const added: readonly Run[] = text === '' ? [] : [{ insert: text, attributes }]
  const host = hostOf(parts, from, to)
  const changes = parts.map((part) =>
    changeOf(part, { from, to, added: part === host ? added : [] }),
  )
  const edits = changes.flatMap(({ edit }) => edit ?? []).toReversed()
  const after = changes.map((change) => change.after)
  if (host === undefined && added.length > 0) {
    const first = parts.find(({ start }) => start >= from)
    const at = first?.at ?? parts.length
    const made: TextTree = { kind: 'text', isXml: true, attributes: {}, runs: added }
    edits.push({ kind: 'add', at, tree: made })
    after.splice(at, 0, made)
  }
  const where = `content of "${block.name}" at path [${path.join()}]`
  checkContent(
    node.type,
    nodesOf(
      after.filter((one) => one !== null),
      rich.schema,
    ),
    where,
  )
  return { block: places, edits }
}

const checkRange = (
  { from, to }: Pick<RangeChange, 'from' | 'to'>,
  units: string,
  where: string,
): void => {
  if (!isIndex(from) || !isIndex(to) || from > to || to > units.length)
    refuse(`range: ${from} to ${to} is not within the ${units.length} units of ${where}`)
  for (const place of [from, to])
    if (/^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(units.slice(Math.max(0, place - 1), place + 1)))
      refuse(`range: ${place} is within a pair of surrogates, which is one character`)
}

const textOf = ({ format, value }: FormattedContent): string => {
  if ((format !== 'text' && format !== 'json') || typeof value !== 'string')
    return refuse('content: a range takes text')
  return value
}

/** Steps of what begins at `place`. */
const behind = (place: number, steps: readonly DeltaStep[]): readonly DeltaStep[] =>
  place === 0 || steps.length === 0 ? steps : [{ retain: place }, ...steps]

interface Block {
  readonly block: ElementTree
  readonly places: readonly number[]
  /** As readers of the schema see it. */
  readonly node: Node
}

const blockAt = (tree: Tree, path: readonly number[], { schema }: RichSchema): Block => {
  const places: number[] = []
  let parent = schema.topNodeType
  let block = tree
  for (const level of path.keys()) {
    if (!('children' in block)) break
    const { at, child } = childAt(block.children, parent, { path, level, schema })
    places.push(at)
    parent = typeAt(child, level, schema)
    block = child
  }
  const [node] = nodesOf([block], schema)
  if (block.kind !== 'element' || node?.isTextblock !== true)
    return refuse(`path: the "${parent.name}" at [${path.join()}] is no block of text`)
  return { block, places, node }
}

/** A child of the block. */
interface Part {
  readonly tree: Tree
  /** Where it stands among the children. */
  readonly at: number
  /** Where it begins in the block, and what it takes there: a U+FFFC for each place of a node. */
  readonly start: number
  readonly units: string
}

const partsOf = (children: readonly Tree[], schema: Schema): readonly Part[] => {
  let end = 0
  return children.map((tree, at) => {
    const units =
      tree.kind === 'text'
        ? tree.runs.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('')
        : '\uFFFC'.repeat(nodesOf([tree], schema)[0]?.nodeSize ?? 0)
    const start = end
    end += units.length
    return { tree, at, start, units }
  })
}

const endOf = ({ start, units }: Part): number => start + units.length

const checkWhole = (part: Part, places: readonly number[]): void => {
  if (part.tree.kind !== 'element') return
  for (const place of places)
    if (part.start < place && place < endOf(part))
      refuse(
        `range: ${place} is within the node "${part.tree.name}", which is replaced whole or not`,
      )
}

/** The text for what is new: that of the character before, else one with what is replaced, else one beside it. */
const hostOf = (parts: readonly Part[], from: number, to: number): Part | undefined => {
  const touching = parts.filter(
    (part) => part.tree.kind === 'text' && part.start <= to && endOf(part) >= from,
  )
  return (
    touching.find(({ start }) => start < from) ??
    touching.find(({ start, units }) => start < to && units !== '') ??
    touching[0]
  )
}

interface PartRange {
  readonly from: number
  readonly to: number
  readonly added: readonly Run[]
}

/** What becomes of a child: `after` is null where it goes, `edit` where it stays as it is. */
const changeOf = (
  part: Part,
  { from, to, added }: PartRange,
): { readonly edit: BlockEdit | null; readonly after: Tree | null } => {
  const { tree, at, start, units } = part
  const [first, last] = [Math.max(from, start) - start, Math.min(to, endOf(part)) - start]
  if (tree.kind !== 'text')
    return units !== '' && last - first === units.length
      ? { edit: { kind: 'remove', at }, after: null }
      : { edit: null, after: tree }
  if (last <= first && added.length === 0) return { edit: null, after: tree }
  const { runs } = tree
  const [begin, end] = [placeIn(runs, first), placeIn(runs, last)]
  const inside = slice(runs, begin, end)
  const wanted = [...added, ...inside.filter(({ insert }) => typeof insert !== 'string')]
  const steps = behind(begin, textDelta(inside, wanted, new Keys()))
  const after = {
    ...tree,
    runs: [...slice(runs, 0, begin), ...wanted, ...slice(runs, end, Infinity)],
  }
  return { edit: steps.length === 0 ? null : { kind: 'text', at, steps }, after }
}

/** The place in a Yjs text, where what is embedded takes one, of a place in what is seen of it. */
const placeIn = (runs: readonly Run[], seen: number): number => {
  let [place, left] = [0, seen]
  for (const { insert } of runs) {
    if (left === 0) break
    const isText = typeof insert === 'string'
    const taken = isText ? Math.min(left, insert.length) : 0
    left -= taken
    place += isText ? taken : 1
  }
  return place
}

/** Formats of what is new: of the character before it, at the start of a block of the one behind. */
const attributesAt = (
  parts: readonly Part[],
  node: Node,
  { from, to, schema }: { readonly from: number; readonly to: number; readonly schema: Schema },
): Attributes => {
  const beside = from > 0 ? from - 1 : to
  const part = parts.find((one) => one.start <= beside && beside < endOf(one))
  if (part?.tree.kind !== 'text') return {}
  const { runs } = part.tree
  const end = placeIn(runs, beside - part.start + 1)
  const { attributes = {} } = slice(runs, end - 1, end)[0] ?? {}
  const without = node.copy(node.cut(0, from).content.append(node.cut(to).content))
  return formatsBeside(attributes, without.resolve(from).marks(), schema)
}
