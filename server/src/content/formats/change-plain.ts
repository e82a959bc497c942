/* What a shared type without a schema is to become. */
import type { Change } from '../../ports/content.ts'
import type { Field } from './field.ts'
import { jsonOf, treeFromJson } from './json-tree.ts'
import { refuse } from './limits.ts'
import type { Tree } from './tree.ts'

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
