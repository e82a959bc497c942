/* What a field is to become, as a tree. Rich text comes in through the schema, the rest as it is. */
import { type Node, type NodeType } from 'prosemirror-model'
import type { Doc } from 'yjs'
import type { Change, FormattedContent } from '../../ports/content.ts'
import type { RichSchema } from './content-schema.ts'
import { plainWanted } from './change-plain.ts'
import { rangeDelta, rangeEdits, type BlockEdits } from './change-range.ts'
import { checkFormat, fieldName, fieldOf, type Field } from './field.ts'
import { kindOfJson } from './json-tree.ts'
import { formatLimits, refuse } from './limits.ts'
import { checkPath, childAt, typeAt } from './node-path.ts'
import { checkContent, nodesFromJson } from './read-json.ts'
import type { RootKind } from './read-tree.ts'
import { nodesOf, treesOf } from './rich.ts'
import { withLines, lineNodes } from './text-lines.ts'
import type { DeltaStep } from './text-delta.ts'
import type { Tree } from './tree.ts'

/** A field and what it is to become, or the steps that change its text, or a block of its text. */
export type Wanted = Field &
  (
    | { readonly wanted: Tree }
    | { readonly steps: readonly DeltaStep[] }
    | { readonly within: BlockEdits }
  )

/** The field that a change means, and the tree that it asks for. */
export const wantedOf = (doc: Doc, change: Change, rich: RichSchema | null): Wanted => {
  checkShape(change)
  const name = fieldName(change.field, rich)
  if ('content' in change) checkLength(change.content)
  const field = fieldOf(doc, name, { rich, otherwise: kindFor(change, rich) })
  if (field.kind === 'fragment' && rich !== null)
    return change.kind === 'range'
      ? { ...field, within: rangeEdits(field, change, rich) }
      : { ...field, wanted: richWanted(field, change, rich) }
  if (change.kind === 'range') return { ...field, steps: rangeDelta(field, change) }
  return { ...field, wanted: plainWanted(field, change) }
}

/** The kind of a root that nobody has written to. */
const kindFor = (change: Change, rich: RichSchema | null): RootKind => {
  if (change.kind === 'range') return change.path === undefined ? 'text' : 'fragment'
  if (change.kind === 'node') return 'fragment'
  const { format, value } = change.content
  if (format === 'text') return 'text'
  if (format !== 'json') return rich === null ? 'text' : 'fragment'
  const isDoc =
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === rich?.schema.topNodeType.name
  return rich !== null && isDoc ? 'fragment' : kindOfJson(value)
}

const PLACES: ReadonlySet<unknown> = new Set(['replace', 'before', 'after', 'delete'])

/** Callers without types may hand in anything. */
const checkShape = (
  change: Partial<Record<keyof NodeChange | 'content', unknown>> | null,
): void => {
  if (typeof change !== 'object' || change === null) return refuse('change: is not an object')
  const { kind, place, content } = change
  if (kind !== 'replace' && kind !== 'append' && kind !== 'range' && kind !== 'node')
    refuse('change: its kind is none of replace, append, range, node')
  if (kind === 'node' && !PLACES.has(place))
    refuse('change: its place is none of replace, before, after, delete')
  const isWithout = kind === 'node' && place === 'delete'
  if (!isWithout && (typeof content !== 'object' || content === null))
    refuse('content: is not an object with a format and a value')
}

const checkLength = ({ format, value }: FormattedContent): void => {
  checkFormat(format)
  if (format === 'json') return
  if (typeof value !== 'string') refuse(`content: ${format} is a text`)
  if (value.length > formatLimits.inputLength)
    refuse(`content: ${value.length} UTF-16 units of ${format}, limit ${formatLimits.inputLength}`)
}

type Fragment = Extract<Tree, { kind: 'fragment' }>

const richWanted = (
  { tree, name }: Field,
  change: Exclude<Change, { kind: 'range' }>,
  rich: RichSchema,
): Tree => {
  if (tree.kind !== 'fragment') throw new Error(`${name} is no fragment`)
  const { children } = tree
  const top = rich.schema.topNodeType
  switch (change.kind) {
    case 'replace': {
      const wanted = replaced(tree, change.content, rich)
      return checked(wanted, top, rich)
    }
    case 'append': {
      const added = treesOf(contentNodes(change.content, rich))
      if (added.length === 0) return tree
      const end = children.at(-1)
      // an empty line at the end stays there: somebody may be about to write in it
      const isIdle = end !== undefined && isEmptyTextblock(end, rich)
      const at = isIdle ? children.length - 1 : children.length
      return checked(
        { kind: 'fragment', children: children.slice(0, at).concat(added, children.slice(at)) },
        top,
        rich,
      )
    }
    case 'node':
      return atPath(tree, change, rich)
  }
}

const checked = (tree: Fragment, type: NodeType, rich: RichSchema): Fragment => {
  // nothing at all: what an editor would show as an empty document
  const children =
    tree.children.length > 0 ? tree.children : treesOf(type.createAndFill()?.content.content ?? [])
  checkContent(type, nodesOf(standing(children, type), rich.schema), 'content')
  return { kind: 'fragment', children }
}

/** Without stray text among blocks: no editor shows it, and no change is refused for it. */
const standing = (children: readonly Tree[], type: NodeType): readonly Tree[] =>
  type.inlineContent ? children : children.filter(({ kind }) => kind !== 'text')

const isEmptyTextblock = (tree: Tree, rich: RichSchema): boolean => {
  if (tree.kind !== 'element') return false
  const type = rich.schema.nodes[tree.name]
  return (
    type === rich.schema.topNodeType.contentMatch.defaultType &&
    tree.children.every((one) => one.kind === 'text' && one.runs.length === 0)
  )
}

/** Nodes of content in any format. */
const contentNodes = (content: FormattedContent, rich: RichSchema): readonly Node[] => {
  switch (content.format) {
    case 'json':
      return nodesFromJson(content.value, rich.schema)
    case 'text':
      return lineNodes(content.value, rich)
    case 'markdown':
      return bounded(rich.fromMarkdown(content.value), 'Markdown')
    case 'html':
      return bounded(rich.fromHtml(content.value), 'HTML')
  }
}

const bounded = (nodes: readonly Node[], what: string): readonly Node[] => {
  let count = 0
  const visit = (node: Node): void => {
    if (++count > formatLimits.nodes)
      refuse(`${what}: more than ${formatLimits.nodes} nodes, which is the limit`)
    for (const child of node.content.content) visit(child)
  }
  for (const node of nodes) visit(node)
  return nodes
}

const replaced = (tree: Fragment, content: FormattedContent, rich: RichSchema): Fragment => {
  if (content.format === 'text')
    return { kind: 'fragment', children: withLines(tree, content.value, rich) }
  const children = treesOf(contentNodes(content, rich))
  const end = tree.children.at(-1)
  // Markdown does not tell of the empty paragraph that editors keep behind what is last
  const isKept =
    content.format === 'markdown' &&
    end !== undefined &&
    isEmptyTextblock(end, rich) &&
    children.length > 0
  return { kind: 'fragment', children: isKept ? [...children, end] : children }
}

type NodeChange = Extract<Change, { kind: 'node' }>

const atPath = (tree: Fragment, change: NodeChange, rich: RichSchema): Tree => {
  const { path } = change
  checkPath(path)
  const added = change.place === 'delete' ? [] : treesOf(contentNodes(change.content, rich))
  const within = (children: readonly Tree[], type: NodeType, level: number): readonly Tree[] => {
    const where = `path[${level}]`
    const { at, child } = childAt(children, type, { path, level, schema: rich.schema })
    if (level < path.length - 1) {
      const inner = typeAt(child, level, rich.schema)
      const changed = { ...child, children: within(child.children, inner, level + 1) }
      return children.with(at, changed)
    }
    const from = change.place === 'after' ? at + 1 : at
    const removed = change.place === 'replace' || change.place === 'delete' ? 1 : 0
    const next = children.slice(0, from).concat(added, children.slice(from + removed))
    if (next.length === 0 && level === 0)
      return checked({ kind: 'fragment', children: [] }, type, rich).children
    checkContent(
      type,
      nodesOf(standing(next, type), rich.schema),
      `content of "${type.name}" at ${where}`,
    )
    return next
  }
  return { kind: 'fragment', children: within(tree.children, rich.schema.topNodeType, 0) }
}
