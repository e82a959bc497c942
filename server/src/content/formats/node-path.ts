/* Nodes of rich text by their paths: an index in each level, as ProseMirror's JSON counts them. */
import type { NodeType, Schema } from 'prosemirror-model'
import { formatLimits, refuse } from './limits.ts'
import { nodeIndices } from './rich.ts'
import type { Tree } from './tree.ts'

/** A node of rich text. */
export type ElementTree = Extract<Tree, { kind: 'element' }>

/** Callers without types may hand in anything. */
export const checkPath = (path: unknown): void => {
  if (
    !Array.isArray(path) ||
    path.length === 0 ||
    path.length > formatLimits.depth ||
    !path.every(isIndex)
  )
    refuse(`path: is a list of 1 to ${formatLimits.depth} indices from 0`)
}

/** True for a place in a list or text. */
export const isIndex = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0

/** The node that a level of a path names, and where it stands among the children. */
export const childAt = (
  children: readonly Tree[],
  type: NodeType,
  { path, level, schema }: ChildQuestion,
): { readonly at: number; readonly child: ElementTree } => {
  const { indices, length } = nodeIndices(children, schema)
  const index = path[level] ?? 0
  const at = children.findIndex((one, i) => one.kind === 'element' && indices[i] === index)
  const child = children[at]
  if (index >= length)
    return refuse(`path[${level}]: no node ${index} in "${type.name}", which has ${length}`)
  if (child?.kind !== 'element')
    return refuse(
      `path[${level}]: node ${index} in "${type.name}" is text, which has no path of its own`,
    )
  return { at, child }
}

interface ChildQuestion {
  readonly path: readonly number[]
  readonly level: number
  readonly schema: Schema
}

/** The type of a node that a path goes through. */
export const typeAt = (child: ElementTree, level: number, schema: Schema): NodeType =>
  schema.nodes[child.name] ?? refuse(`path[${level}]: no node "${child.name}" in the schema`)
