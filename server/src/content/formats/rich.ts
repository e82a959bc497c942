/*
 * Rich text between ProseMirror and Yjs, in the form that y-prosemirror and Tiptap's y-tiptap write: a
 * node is a Y.XmlElement with the attributes that are not null, text side by side is one Y.XmlText, a
 * mark is a format. A mark that does not exclude itself has a hash of itself behind its name.
 */
import { toBase64, encodeAny } from 'lib0/buffer'
import { digest } from 'lib0/hash/sha256'
import type { Mark, Node, NodeType, Schema } from 'prosemirror-model'
import { type Attributes, type Run, type Tree } from './tree.ts'

const HASHED = /^(.*)--[a-zA-Z0-9+/=]{8}$/s

/** Nodes as they stand in the trees. What the schema does not know is left out, as the editor does. */
export const nodesOf = (trees: readonly Tree[], schema: Schema): Node[] =>
  trees.flatMap((tree): Node[] => {
    if (tree.kind === 'text') return textNodes(tree.runs, schema)
    if (tree.kind !== 'element') return []
    const type = schema.nodes[tree.name]
    if (type === undefined || type.isText) return []
    try {
      return [type.create(soundAttributes(tree.attributes, type), nodesOf(tree.children, schema))]
    } catch {
      return [] // a node without an attribute that it must have: the editor shows none either
    }
  })

const textNodes = (runs: readonly Run[], schema: Schema): Node[] =>
  runs.flatMap(({ insert, attributes }) => {
    if (typeof insert !== 'string' || insert === '') return []
    return [schema.text(insert, marksOf(attributes, schema))]
  })

const marksOf = (attributes: Attributes, schema: Schema): readonly Mark[] => {
  let marks: readonly Mark[] = []
  for (const [format, value] of Object.entries(attributes)) {
    const type = schema.marks[HASHED.exec(format)?.[1] ?? format]
    try {
      if (type !== undefined && value !== null)
        marks = type.create(isAttributes(value) ? value : null).addToSet(marks)
    } catch {
      continue // a mark without an attribute that it must have
    }
  }
  return marks
}

const isAttributes = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Those that the schema knows and takes: of others, the default is shown. */
const soundAttributes = (attributes: Attributes, type: NodeType): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(type.spec.attrs ?? {}).flatMap(([name, { validate }]) => {
      if (!Object.hasOwn(attributes, name)) return []
      const value = attributes[name]
      try {
        if (typeof validate === 'function') validate(value)
        return [[name, value]]
      } catch {
        return [] // a peer has set it without asking the schema
      }
    }),
  )

/** The document of a fragment. */
export const docOf = (tree: Tree, schema: Schema): Node =>
  schema.topNodeType.create(null, tree.kind === 'fragment' ? nodesOf(tree.children, schema) : [])

/** Nodes as a Yjs type has them. */
export const treesOf = (nodes: readonly Node[]): Tree[] => {
  const trees: Tree[] = []
  let runs: Run[] = []
  const flush = (): void => {
    if (runs.length > 0) trees.push({ kind: 'text', isXml: true, attributes: {}, runs })
    runs = []
  }
  for (const node of nodes) {
    if (node.isText) {
      runs.push({ insert: node.text ?? '', attributes: formatsOf(node.marks) })
      continue
    }
    flush()
    const attributes = Object.fromEntries(
      Object.entries(node.attrs).filter(([, value]) => value !== null && value !== undefined),
    )
    trees.push({
      kind: 'element',
      name: node.type.name,
      attributes,
      children: treesOf(node.content.content),
    })
  }
  flush()
  return trees
}

/**
 * The formats for text that is written beside text with these: all but those that end there, which of marks with
 * `inclusive: false` are those that are not among `marks`, the marks at that place.
 */
export const formatsBeside = (
  attributes: Attributes,
  marks: readonly Mark[],
  schema: Schema,
): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(([format, value]) =>
      marksOf({ [format]: value }, schema).every(
        (mark) => mark.type.spec.inclusive !== false || mark.isInSet(marks),
      ),
    ),
  )

const formatsOf = (marks: readonly Mark[]): Attributes =>
  Object.fromEntries(
    marks.map((mark) => {
      const { name } = mark.type
      const overlaps = !mark.type.excludes(mark.type)
      return [overlaps ? `${name}--${hashOf(mark.toJSON())}` : name, mark.attrs]
    }),
  )

/** Six bytes of SHA-256, as y-prosemirror folds them. */
const hashOf = (json: unknown): string => {
  const hash = digest(encodeAny(json))
  const folded = 6
  for (let i = folded; i < hash.length; i++)
    hash[i % folded] = (hash[i % folded] ?? 0) ^ (hash[i] ?? 0)
  return toBase64(hash.slice(0, folded))
}

/** What an element means where attributes are absent. */
export const defaultsIn =
  (schema: Schema) =>
  (name: string): Attributes => {
    const attrs = schema.nodes[name]?.spec.attrs ?? {}
    return Object.fromEntries(
      Object.entries(attrs).flatMap(([key, { default: value }]) =>
        value === null || value === undefined ? [] : [[key, value]],
      ),
    )
  }

/**
 * The index of each among the nodes that readers of the schema see, null for what they do not see. Text
 * is as many nodes as it has in ProseMirror's JSON; `length` is the number of all.
 */
export const nodeIndices = (
  trees: readonly Tree[],
  schema: Schema,
): { readonly indices: readonly (number | null)[]; readonly length: number } => {
  let length = 0
  let last: Node | null = null
  const indices = trees.map((tree) => {
    let first: number | null = null
    for (const node of nodesOf([tree], schema)) {
      const isJoined = node.isText && last?.isText === true && last.sameMarkup(node)
      if (!isJoined) length++
      first ??= length - 1
      last = node
    }
    return first
  })
  return { indices, length }
}
