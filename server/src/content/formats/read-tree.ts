/*
 * Trees of a document. The root types of an update have names and no kinds: a kind is what the first
 * asker says, or what the items inside tell.
 */
import * as Y from 'yjs'
import type { Update } from '@quire/shared'
import { jsonOf } from './json-tree.ts'
import { formatLimits, Refusal, refuse } from './limits.ts'
import { canonical } from './canonical.ts'
import { type Attributes, type Run, type Tree, type Value } from './tree.ts'

/** What a root type can be. */
export type RootKind = 'fragment' | 'text' | 'map' | 'array'

/** Any shared type: elements are fragments, XML texts are texts, hooks are maps. */
export type SharedType = Y.XmlFragment | Y.Text | Y.Map<unknown> | Y.Array<unknown>

/** A document of this content that keeps what was deleted, and tells nobody. */
export const documentOf = (update: Update): Y.Doc => {
  const doc = new Y.Doc({ gc: false })
  Y.applyUpdate(doc, update)
  return doc
}

/** The names of everything at the root. */
export const rootNames = (doc: Y.Doc): readonly string[] => [...doc.share.keys()].toSorted()

/** What a root is by its items, null where it has none (any more) that tell. */
export const rootKind = (doc: Y.Doc, name: string): RootKind | null => {
  const type = doc.share.get(name)
  if (type === undefined) return null
  const known = kindOf(type as SharedType)
  if (known !== null) return known
  const live = new Set<ContentKind>()
  const deleted = new Set<ContentKind>()
  for (let item = type._start; item !== null; item = item.right) {
    const kind = kindOfContent(item.content)
    if (kind !== null) (item.deleted ? deleted : live).add(kind)
  }
  const hasEntry = [...type._map.values()].some((item) => !item.deleted)
  return kindOfAll(live) ?? (hasEntry ? 'map' : null) ?? kindOfAll(deleted) ?? mapOrNull(type._map)
}

/**
 * What a root is in two versions of it, null where neither tells, or where one says another thing than the
 * other. An array with nothing but XML in it at the time looks like a fragment.
 */
export const sharedKind = (one: RootKind | null, other: RootKind | null): RootKind | null => {
  if (one === null || other === null || one === other) return one ?? other
  const isArray = (kind: RootKind): boolean => kind === 'array' || kind === 'fragment'
  return isArray(one) && isArray(other) ? 'array' : null
}

const mapOrNull = (entries: ReadonlyMap<string, unknown>): RootKind | null =>
  entries.size > 0 ? 'map' : null

/** What an item tells: a type may be a node of XML, an item of an array, or embedded in a text. */
type ContentKind = 'text' | 'value' | 'xml' | 'type'

/** Only texts have characters, and of the others only arrays have values. */
const kindOfAll = (kinds: ReadonlySet<ContentKind>): RootKind | null => {
  if (kinds.has('text')) return 'text'
  if (kinds.has('value') || kinds.has('type')) return 'array'
  return kinds.has('xml') ? 'fragment' : null
}

const kindOf = (type: SharedType): RootKind | null => {
  if (type instanceof Y.Map) return 'map'
  if (type instanceof Y.Array) return 'array'
  if (type instanceof Y.Text) return 'text'
  return type instanceof Y.XmlFragment ? 'fragment' : null
}

const kindOfContent = (content: Y.Item['content']): ContentKind | null => {
  if (content instanceof Y.ContentString) return 'text'
  if (content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) return 'text'
  if (content instanceof Y.ContentDeleted) return null
  if (!(content instanceof Y.ContentType)) return 'value'
  const { type } = content
  const isXml = type instanceof Y.XmlFragment || type instanceof Y.XmlText
  return isXml || type instanceof Y.XmlHook ? 'xml' : 'type'
}

/** The root as this kind of type; made if it is not there. */
export const rootOf = (doc: Y.Doc, name: string, kind: RootKind): SharedType => {
  switch (kind) {
    case 'fragment':
      return doc.getXmlFragment(name)
    case 'text':
      return doc.getText(name)
    case 'map':
      return doc.getMap(name)
    case 'array':
      return doc.getArray(name)
  }
}

/** The root as a tree. */
export const readRoot = (doc: Y.Doc, name: string, kind: RootKind): Tree =>
  readType(rootOf(doc, name, kind), name, 0)

/** The root as a tree, null where it cannot be read: others can. */
export const readableRoot = (doc: Y.Doc, name: string, kind: RootKind): Tree | null => {
  try {
    return readRoot(doc, name, kind)
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

const readType = (type: SharedType, where: string, depth: number): Tree => {
  if (depth > formatLimits.depth)
    refuse(`content of "${where}" nests deeper than ${formatLimits.depth} levels`)
  const inner = (value: unknown): Value => readValue(value, where, depth + 1)
  if (type instanceof Y.XmlElement) {
    const attributes = attributesOf(type, inner)
    const children = type.toArray().map((one) => readType(one as SharedType, where, depth + 1))
    return { kind: 'element', name: type.nodeName, attributes, children }
  }
  if (type instanceof Y.XmlHook) return { ...readMap(type, inner), hook: type.hookName }
  if (type instanceof Y.XmlFragment) {
    const children = type.toArray().map((one) => readType(one as SharedType, where, depth + 1))
    return { kind: 'fragment', children }
  }
  if (type instanceof Y.Text) {
    const delta = type.toDelta() as { insert: unknown; attributes?: Attributes }[] // as Y.Text says
    const runs: Run[] = []
    for (const { insert, attributes = {} } of delta) {
      const last = runs.at(-1)
      // Yjs begins a run at each format that was ever set, also where it changes nothing (any more)
      if (typeof insert !== 'string') runs.push({ insert: inner(insert), attributes })
      else if (
        typeof last?.insert === 'string' &&
        canonical(last.attributes) === canonical(attributes)
      )
        runs[runs.length - 1] = { insert: last.insert + insert, attributes }
      else runs.push({ insert, attributes })
    }
    const attributes = attributesOf(type, inner)
    return { kind: 'text', isXml: type instanceof Y.XmlText, attributes, runs }
  }
  if (type instanceof Y.Map) return { ...readMap(type, inner), hook: null }
  if (type instanceof Y.Array) return { kind: 'array', items: type.toArray().map(inner) }
  return refuse(`"${where}" holds a type of no known kind`)
}

/** Values are whatever a peer has set. A shared type among them is read as its JSON, and written as that. */
const attributesOf = (
  type: Y.XmlElement | Y.Text,
  inner: (value: unknown) => Value,
): Attributes => {
  const values = type.getAttributes() as Attributes // as above
  const isShared = (value: unknown): boolean =>
    value instanceof Y.AbstractType || value instanceof Y.Doc
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isShared(value) ? jsonOf(inner(value)) : value,
    ]),
  )
}

const readMap = (type: Y.Map<unknown>, inner: (value: unknown) => Value) => ({
  kind: 'map' as const,
  entries: Object.fromEntries([...type.entries()].map(([key, value]) => [key, inner(value)])),
})

const readValue = (value: unknown, where: string, depth: number): Value => {
  if (value instanceof Y.AbstractType) return readType(value as SharedType, where, depth)
  if (value instanceof Y.Doc) {
    const { guid, meta, autoLoad, gc } = value
    return { kind: 'document', guid, options: { meta: meta as unknown, autoLoad, gc } }
  }
  return { kind: 'value', value }
}
