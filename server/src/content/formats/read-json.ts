/* Nodes from JSON of others: bounded, and whatever the schema does not have is named with its path. */
import type { Mark, MarkType, Node, NodeType, Schema } from 'prosemirror-model'
import { formatLimits, refuse } from './limits.ts'

type Json = Readonly<Record<string, unknown>>

/** The whole document, or a list of nodes. */
export const nodesFromJson = (json: unknown, schema: Schema): readonly Node[] => {
  const reader = new Reader(schema)
  if (Array.isArray(json)) return json.map((one, index) => reader.node(one, `content[${index}]`, 1))
  const top = schema.topNodeType.name
  if (isObject(json) && json['type'] !== top && typeof json['type'] === 'string')
    return [reader.node(json, 'content', 1)]
  if (!isObject(json) || json['type'] !== top)
    return refuse(`content: expected an object of type "${top}", a node, or a list of nodes`)
  return reader.children(json, '', 0)
}

class Reader {
  readonly #schema: Schema
  #nodes = 0

  constructor(schema: Schema) {
    this.#schema = schema
  }

  children(json: Json, path: string, depth: number): readonly Node[] {
    const content = json['content'] ?? []
    const where = path === '' ? 'content' : `${path}.content`
    if (!Array.isArray(content)) return refuse(`${where}: is not a list`)
    return content.map((one, index) => this.node(one, `${where}[${index}]`, depth + 1))
  }

  node(json: unknown, path: string, depth: number): Node {
    if (++this.#nodes > formatLimits.nodes)
      refuse(`${path}: more than ${formatLimits.nodes} nodes, which is the limit`)
    if (depth > formatLimits.depth)
      refuse(`${path.slice(0, 60)}…: nests deeper than the limit of ${formatLimits.depth} levels`)
    if (!isObject(json)) return refuse(`${path}: a node is an object with a type`)
    const name = json['type']
    const type = typeof name === 'string' ? ownOf(this.#schema.nodes, name) : undefined
    if (type === undefined) return refuse(`${path}.type: no node ${quote(name)} in the schema`)
    const marks = this.#marks(json['marks'] ?? [], path)
    if (type.isText) {
      const text = json['text']
      if (typeof text !== 'string' || text === '')
        return refuse(`${path}.text: is not a text of one character at least`)
      return this.#schema.text(text, marks)
    }
    const attrs = this.#attributes(json['attrs'] ?? {}, type, `${path}.attrs`)
    const children = this.children(json, path, depth)
    checkContent(type, children, `${path}.content`)
    return type.create(attrs, children, marks)
  }

  #marks(json: unknown, path: string): readonly Mark[] {
    if (!Array.isArray(json)) return refuse(`${path}.marks: is not a list`)
    let marks: readonly Mark[] = []
    for (const [index, one] of json.entries()) {
      const where = `${path}.marks[${index}]`
      if (!isObject(one)) return refuse(`${where}: a mark is an object with a type`)
      const name = one['type']
      const type = typeof name === 'string' ? ownOf(this.#schema.marks, name) : undefined
      if (type === undefined) return refuse(`${where}.type: no mark ${quote(name)} in the schema`)
      const attrs = this.#attributes(one['attrs'] ?? {}, type, `${where}.attrs`)
      marks = type.create(attrs).addToSet(marks)
    }
    return marks
  }

  #attributes(json: unknown, type: NodeType | MarkType, path: string): Record<string, unknown> {
    if (!isObject(json)) return refuse(`${path}: is not an object`)
    const specs = type.spec.attrs ?? {}
    const attrs: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(json)) {
      const spec = ownOf(specs, name)
      if (spec === undefined)
        return refuse(`${path}.${name.slice(0, 60)}: "${type.name}" has no such attribute`)
      const { length } = quoted(value)
      if (length > formatLimits.attributeLength)
        refuse(`${path}.${name}: is ${length} long, limit ${formatLimits.attributeLength}`)
      const { validate } = spec
      try {
        if (typeof validate === 'function') validate(value)
        else if (
          validate !== undefined &&
          !validate.split('|').includes(value === null ? 'null' : typeof value)
        )
          throw new RangeError(`is not of type ${validate}`)
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error)
        refuse(`${path}.${name}: ${quote(value)} ${problem}`)
      }
      attrs[name] = value
    }
    for (const [name, spec] of Object.entries(specs))
      if (!('default' in spec) && !Object.hasOwn(attrs, name))
        refuse(`${path}.${name}: "${type.name}" must have it`)
    return attrs
  }
}

/** Refuses children that a node of this type cannot have; `where` is the path of their list. */
export const checkContent = (type: NodeType, children: readonly Node[], where: string): void => {
  let match = type.contentMatch
  for (const [index, child] of children.entries()) {
    const next = match.matchType(child.type)
    if (next === null)
      return refuse(
        `${where}[${index}]: "${child.type.name}" cannot stand here: "${type.name}" holds ${quote(type.spec.content ?? 'nothing')}`,
      )
    const mark = child.marks.find((one) => !type.allowsMarkType(one.type))
    if (mark !== undefined)
      refuse(`${where}[${index}].marks: "${type.name}" takes no mark "${mark.type.name}"`)
    match = next
  }
  if (!match.validEnd)
    refuse(`${where}: ends too early: "${type.name}" holds "${type.spec.content ?? ''}"`)
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ownOf = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const quote = (value: unknown): string => (quoted(value) || 'nothing').slice(0, 80)

/** Empty for what has no JSON. */
const quoted = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '' // a bigint, or a ring of objects: whoever asks for the attribute refuses it by its kind
  }
}
