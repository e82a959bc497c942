/*
 * JSON of shared types that have no schema. A text is a string, a map an object, an array a list, an XML
 * fragment a list of nodes. On the way back, a value goes into the shared type that stands there, if it
 * is one of its kind; what is new inside is a plain value.
 */
import type { Json } from '../../ports/content.ts'
import { formatLimits, refuse } from './limits.ts'
import type { RootKind } from './read-tree.ts'
import { commonPairs } from './sequence-diff.ts'
import { retext } from './text-delta.ts'
import { canonical } from './canonical.ts'
import { Keys, type Tree, type Value } from './tree.ts'

/** The JSON of a value. Formats of text, and what JSON has no word for, are not in it. */
export const jsonOf = (value: Value): Json => {
  switch (value.kind) {
    case 'text':
      return value.runs
        .map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC'))
        .join('')
    case 'map':
      return Object.fromEntries(
        Object.entries(value.entries).map(([key, one]) => [key, jsonOf(one)]),
      )
    case 'array':
      return value.items.map(jsonOf)
    case 'fragment':
      return value.children.map(jsonOf)
    case 'element': {
      const { name, attributes, children } = value
      return { type: name, attrs: plain(attributes), content: children.map(jsonOf) }
    }
    case 'document':
      return { guid: value.guid }
    case 'value':
      return plain(value.value)
  }
}

const plain = (value: unknown): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return null
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}

/** The kind of root that JSON makes where there is none. */
export const kindOfJson = (json: unknown): RootKind => {
  if (typeof json === 'string') return 'text'
  return Array.isArray(json) ? 'array' : 'map'
}

/** The tree that a root is to become. `before` is what it is now. */
export const treeFromJson = (json: unknown, before: Tree): Tree => {
  if (canonical(jsonOf(before)) === canonical(json)) return before
  const wanted = within(json, before, 'content', { nodes: 0, depth: 0, keys: new Keys() })
  if (wanted === null || wanted.kind === 'value' || wanted.kind === 'document')
    return refuse(`content: a ${describe(json)} cannot be the value of a ${before.kind}`)
  return wanted
}

interface Budget {
  nodes: number
  readonly depth: number
  readonly keys: Keys
}

/** The value in the shared type that stands there, null where it is of another kind. */
const within = (
  json: unknown,
  before: Value | undefined,
  path: string,
  budget: Budget,
): Value | null => {
  if (++budget.nodes > formatLimits.nodes)
    refuse(`${path}: more than ${formatLimits.nodes} values, which is the limit`)
  if (budget.depth > formatLimits.depth)
    refuse(`${path.slice(0, 60)}…: nests deeper than the limit of ${formatLimits.depth} levels`)
  const inner = { ...budget, depth: budget.depth + 1 }
  const count = <T>(made: T): T => {
    budget.nodes = inner.nodes
    return made
  }
  if (before === undefined) return null
  switch (before.kind) {
    case 'text':
      if (typeof json !== 'string') return null
      return jsonOf(before) === json
        ? before
        : { ...before, runs: retext(before.runs, json, budget) }
    case 'map': {
      if (!isObject(json)) return null
      const entries = Object.entries(json).map(([key, one]) => {
        const old = Object.hasOwn(before.entries, key) ? before.entries[key] : undefined
        return [key, valueOf(one, old, `${path}.${key}`, inner)]
      })
      return count({ ...before, entries: Object.fromEntries(entries) as Record<string, Value> }) // as made above
    }
    case 'array': {
      if (!Array.isArray(json)) return null
      const old = pairedWith(before.items, json, budget.keys)
      const items = json.map((one, index) => valueOf(one, old[index], `${path}[${index}]`, inner))
      return count({ kind: 'array', items })
    }
    case 'fragment':
      if (!Array.isArray(json)) return null
      return count({ kind: 'fragment', children: xmlFrom(json, before.children, path, inner) })
    case 'element':
    case 'document':
    case 'value':
      return null
  }
}

const valueOf = (json: unknown, before: Value | undefined, path: string, budget: Budget): Value => {
  if (before !== undefined && canonical(jsonOf(before)) === canonical(json)) return before
  return within(json, before, path, budget) ?? { kind: 'value', value: bounded(json, path, budget) }
}

const bounded = (json: unknown, path: string, budget: Budget): unknown => {
  if (++budget.nodes > formatLimits.nodes)
    refuse(`${path}: more than ${formatLimits.nodes} values, which is the limit`)
  if (budget.depth > formatLimits.depth)
    refuse(`${path.slice(0, 60)}…: nests deeper than the limit of ${formatLimits.depth} levels`)
  const inner = { ...budget, depth: budget.depth + 1 }
  if (typeof json === 'function' || typeof json === 'symbol' || !isPlain(json))
    refuse(`${path}: is nothing that JSON has`)
  if (Array.isArray(json)) for (const one of json) bounded(one, path, inner)
  else if (isObject(json) && !(json instanceof Uint8Array)) {
    if (Object.hasOwn(json, '__proto__'))
      refuse(`${path}: has a key "__proto__", which Yjs does not keep`)
    for (const one of Object.values(json)) bounded(one, path, inner)
  }
  budget.nodes = inner.nodes
  return json ?? null
}

/** For each of the list, what stands there now: equal ones first, and between them the next of its kind. */
const pairedWith = <V extends Value>(
  before: readonly V[],
  json: readonly unknown[],
  keys: Keys,
): readonly (V | undefined)[] => {
  const from = before.map((one) => keys.ofText(canonical(jsonOf(one))))
  const to = json.map((one) => keys.ofText(canonical(one)))
  const paired: (V | undefined)[] = []
  let i = 0
  for (const [nextI, nextJ] of [
    ...commonPairs(from, to, keys.budget),
    [before.length, json.length] as const,
  ]) {
    const gap = [...before.slice(i, nextI).entries()].toReversed() // so that the first is popped
    const places = Map.groupBy(gap, ([, one]) => kindOf(one))
    let last = -1
    while (paired.length < nextJ) {
      const left = kindsOf(json[paired.length]).map((kind) => places.get(kind) ?? [])
      for (const list of left) while ((list.at(-1)?.[0] ?? last + 1) <= last) list.pop()
      const [at, one] = left.find((list) => list.length > 0)?.at(-1) ?? [last, undefined]
      last = at
      paired.push(one)
    }
    if (nextJ < json.length) paired.push(before[nextI])
    i = nextI + 1
  }
  return paired
}

/** Plain values, too, stand in a place: the value that comes there is not that of the type beside it. */
const kindOf = (before: Value): string => {
  if (before.kind === 'element') return `element ${before.name}`
  return before.kind === 'value' ? (kindsOf(before.value).at(-1) ?? 'value') : before.kind
}

/** The kinds that JSON can go into. */
const kindsOf = (json: unknown): readonly string[] => {
  if (typeof json === 'string') return ['text']
  if (Array.isArray(json)) return ['fragment', 'array']
  if (!isObject(json)) return []
  return typeof json['type'] === 'string' ? [`element ${json['type']}`, 'map'] : ['map']
}

const xmlFrom = (
  json: readonly unknown[],
  before: readonly Tree[],
  path: string,
  budget: Budget,
): Tree[] => {
  const paired = pairedWith(before, json, budget.keys)
  return json.map((one, index) => {
    const where = `${path}[${index}]`
    const old = paired[index]
    if (++budget.nodes > formatLimits.nodes)
      refuse(`${where}: more than ${formatLimits.nodes} nodes, which is the limit`)
    if (budget.depth > formatLimits.depth)
      refuse(`${where.slice(0, 60)}…: nests deeper than the limit of ${formatLimits.depth} levels`)
    if (old !== undefined && canonical(jsonOf(old)) === canonical(one)) return old
    if (typeof one === 'string')
      return old?.kind === 'text'
        ? { ...old, runs: retext(old.runs, one, budget) }
        : {
            kind: 'text',
            isXml: true,
            attributes: {},
            runs: one === '' ? [] : [{ insert: one, attributes: {} }],
          }
    if (!isObject(one) || typeof one['type'] !== 'string')
      return refuse(`${where}: a node is a text, or an object with a type`)
    const { attrs = {}, content = [] } = one
    if (!isObject(attrs)) return refuse(`${where}.attrs: is not an object`)
    if (!Array.isArray(content)) return refuse(`${where}.content: is not a list`)
    const inner = { ...budget, depth: budget.depth + 1 }
    for (const [name, value] of Object.entries(attrs))
      bounded(value, `${where}.attrs.${name}`, inner)
    const inside = old?.kind === 'element' ? old.children : []
    const children = xmlFrom(content, inside, `${where}.content`, inner)
    budget.nodes = inner.nodes
    return { kind: 'element', name: one['type'], attributes: attrs, children }
  })
}

/** False for objects of classes, which Yjs would not take, or not give back. */
const isPlain = (json: unknown): boolean => {
  if (!isObject(json)) return true
  const prototype: unknown = Object.getPrototypeOf(json)
  return prototype === null || prototype === Object.prototype || json instanceof Uint8Array
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const describe = (json: unknown): string => {
  if (json === null) return 'null'
  return Array.isArray(json) ? 'list' : typeof json
}
