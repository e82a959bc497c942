/* What a source file imports and which globals it touches, read from its syntax tree. */
import { parseSync } from 'vite'

/** One import, re-export or dynamic import. */
export interface Import {
  readonly from: string
  /** Imported names; `default`, and `*` for a namespace, a re-export of all and a dynamic import. */
  readonly names: readonly string[]
  /** True for `import type` and `export type`: nothing is loaded at run time. */
  readonly isErased: boolean
}

/** A source file, by its path from the repository's root. */
export interface SourceFile {
  readonly path: string
  readonly imports: readonly Import[]
  /** Names that are used as values, and members such as `Math.random`. */
  readonly uses: ReadonlySet<string>
  /** For each `new Worker(…)`: the function whose spread result it is given, null for anything else. */
  readonly workers: readonly (string | null)[]
}

/** A node of the tree (ESTree with TypeScript, as oxc makes it): kinds it does not know are walked through. */
interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Reads a file; throws where it does not parse. */
export const parseSource = (path: string, text: string): SourceFile => {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const file = { path, imports: new Array<Import>(), uses: new Set<string>(), workers: [] }
  walk(program as unknown as Node, file) // an ESTree node has a type
  return file
}

interface Found {
  readonly imports: Import[]
  readonly uses: Set<string>
  readonly workers: (string | null)[]
}

const walk = (node: Node, found: Found): void => {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      if (isNode(node['source'])) return void found.imports.push(importOf(node))
      break
    case 'ImportExpression':
      found.imports.push({ from: literal(node['source']), names: ['*'], isErased: false })
      break
    case 'NewExpression':
      if (nameOf(node['callee']) === 'Worker') found.workers.push(spreadOf(node['arguments']))
      break
    case 'Identifier':
      found.uses.add(nameOf(node))
      return
    case 'MemberExpression':
      found.uses.add(`${nameOf(node['object'])}.${nameOf(node['property'])}`)
      break
  }
  for (const [key, value] of Object.entries(node)) {
    if (isName(node, key)) continue
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child) && !isType(child)) walk(child, found)
  }
}

/** True for what is a plain name in a tree: `b` in `a.b`, `{ b: a }` and `class { b() {} }`. */
const isName = (node: Node, key: string): boolean =>
  node['computed'] === false && (key === 'property' || key === 'key') && node['shorthand'] !== true

/** Types are erased; what holds an expression beside a type is not one. */
const isType = ({ type }: Node): boolean =>
  type.startsWith('TS') && !/^TS(As|Satisfies|NonNull|Instantiation)Expression$/.test(type)

const importOf = (node: Node): Import => {
  const names = Array.isArray(node['specifiers'])
    ? node['specifiers'].filter(isNode).map(importedName)
    : ['*']
  const kind = node['importKind'] ?? node['exportKind']
  return { from: literal(node['source']), names, isErased: kind === 'type' }
}

const importedName = (specifier: Node): string => {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*'
  if (specifier.type === 'ImportDefaultSpecifier') return 'default'
  return nameOf(specifier['imported'] ?? specifier['local'])
}

const spreadOf = (given: unknown): string | null => {
  const [first] = Array.isArray(given) ? given : []
  if (!isNode(first) || first.type !== 'SpreadElement' || !isNode(first['argument'])) return null
  return nameOf(first['argument']['callee'])
}

const nameOf = (node: unknown): string =>
  isNode(node) && typeof node['name'] === 'string' ? node['name'] : literal(node)

const literal = (node: unknown): string =>
  isNode(node) && typeof node['value'] === 'string' ? node['value'] : ''
