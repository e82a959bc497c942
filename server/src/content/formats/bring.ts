/*
 * Brings shared types to wanted content with the smallest edit: what is equal keeps its items, so that
 * carets and concurrent edits in it stay where they are.
 */
import * as Y from 'yjs'
import { align } from './align.ts'
import type { SharedType } from './read-tree.ts'
import { textDelta, type DeltaStep } from './text-delta.ts'
import { canonical, type Attributes, type Keys, type Tree, type Value } from './tree.ts'

/** How attributes of elements are meant. */
export interface BringOptions {
  readonly keys: Keys
  /** Attributes that an element need not have to mean them. */
  readonly defaultsOf: (name: string) => Attributes
}

/** Edits `type`, which reads as `from`, until it reads as `to`. Both are of one kind. */
export const bring = (type: SharedType, from: Tree, to: Tree, options: BringOptions): void => {
  if (options.keys.of(from) === options.keys.of(to)) return
  if (type instanceof Y.XmlFragment && 'children' in from && 'children' in to) {
    if (type instanceof Y.XmlElement && from.kind === 'element' && to.kind === 'element')
      bringAttributes(type, from.attributes, to.attributes, options.defaultsOf(to.name))
    bringChildren(type, from.children, to.children, options)
  } else if (type instanceof Y.Text && from.kind === 'text' && to.kind === 'text') {
    bringAttributes(type, from.attributes, to.attributes, {})
    applySteps(type, textDelta(from.runs, to.runs, options.keys))
  } else if (type instanceof Y.Map && from.kind === 'map' && to.kind === 'map')
    bringMap(type, from.entries, to.entries, options)
  else if (type instanceof Y.Array && from.kind === 'array' && to.kind === 'array')
    bringItems(type, from.items, to.items, options)
  else throw new Error(`a ${from.kind} cannot become a ${to.kind}`)
}

/** Changes the characters and formats of a text. */
export const applySteps = (type: SharedType, steps: readonly DeltaStep[]): void => {
  if (!(type instanceof Y.Text)) throw new Error('only a text is changed by steps')
  const delta = steps.map((step) =>
    'insert' in step ? { insert: madeInsert(step.insert), attributes: step.attributes } : step,
  )
  if (delta.length > 0) type.applyDelta(delta)
}

const bringAttributes = (
  type: Y.XmlElement | Y.Text,
  from: Attributes,
  to: Attributes,
  defaults: Attributes,
): void => {
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) type.removeAttribute(name)
  for (const [name, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, name) ? from[name] : defaults[name]
    if (canonical(before) !== canonical(value)) type.setAttribute(name, value)
  }
}

const bringChildren = (
  type: Y.XmlFragment,
  from: readonly Tree[],
  to: readonly Tree[],
  options: BringOptions,
): void => {
  const inside = type.toArray()
  let index = 0
  for (const [step, count] of inRuns(align(from, to, options.keys))) {
    if (step.op === 'remove') type.delete(index, count)
    else if (step.op === 'add') {
      const added = to.slice(step.to, step.to + count).map(madeType)
      type.insert(index, added as (Y.XmlElement | Y.XmlText)[]) // what XML types hold
      index += count
    } else {
      const [child, before, after] = [inside[step.from], from[step.from], to[step.to]]
      if (step.op === 'change' && child && before && after) bring(child, before, after, options)
      index += count
    }
  }
}

const bringItems = (
  type: Y.Array<unknown>,
  from: readonly Value[],
  to: readonly Value[],
  options: BringOptions,
): void => {
  const inside = type.toArray()
  let index = 0
  for (const [step, count] of inRuns(align(from, to, options.keys))) {
    if (step.op === 'remove') type.delete(index, count)
    else if (step.op === 'add') {
      type.insert(index, to.slice(step.to, step.to + count).map(made))
      index += count
    } else {
      if (step.op === 'change') bringValue(inside[step.from], from[step.from], to[step.to], options)
      index += count
    }
  }
}

const bringMap = (
  type: Y.Map<unknown>,
  from: Readonly<Record<string, Value>>,
  to: Readonly<Record<string, Value>>,
  options: BringOptions,
): void => {
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) type.delete(key)
  for (const [key, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    if (before !== undefined && options.keys.of(before) === options.keys.of(value)) continue
    if (!bringValue(type.get(key), before, value, options)) type.set(key, made(value))
  }
}

/** False where it cannot be done in place. */
const bringValue = (
  inside: unknown,
  from: Value | undefined,
  to: Value | undefined,
  options: BringOptions,
): boolean => {
  if (!(inside instanceof Y.AbstractType) || from === undefined || to === undefined) return false
  if (!isTree(from) || !isTree(to) || from.kind !== to.kind) return false
  if (from.kind === 'element' && to.kind === 'element' && from.name !== to.name) return false
  if (from.kind === 'text' && to.kind === 'text' && from.isXml !== to.isXml) return false
  if (from.kind === 'map' && to.kind === 'map' && from.hook !== to.hook) return false
  bring(inside as SharedType, from, to, options)
  return true
}

const isTree = (value: Value): value is Tree => value.kind !== 'value' && value.kind !== 'document'

/** The same steps with those that delete or add side by side made one: each costs a walk. */
const inRuns = function* (steps: ReturnType<typeof align>) {
  for (let i = 0; i < steps.length;) {
    const step = steps[i]
    if (step === undefined) return
    let count = 1
    if (step.op === 'remove' || step.op === 'add') while (steps[i + count]?.op === step.op) count++
    yield [step, count] as const
    i += count
  }
}

const madeInsert = (insert: string | Value): unknown =>
  typeof insert === 'string' ? insert : made(insert)

const made = (value: Value): unknown => {
  if (value.kind === 'value') return value.value
  if (value.kind === 'document') return new Y.Doc({ guid: value.guid })
  return madeType(value)
}

const madeType = (tree: Tree): SharedType => {
  switch (tree.kind) {
    case 'element': {
      const element = new Y.XmlElement(tree.name)
      for (const [name, value] of Object.entries(tree.attributes))
        element.setAttribute(name, value as string) // any JSON, in truth
      element.insert(0, tree.children.map(madeType) as (Y.XmlElement | Y.XmlText)[]) // what XML types hold
      return element
    }
    case 'fragment': {
      const fragment = new Y.XmlFragment()
      fragment.insert(0, tree.children.map(madeType) as (Y.XmlElement | Y.XmlText)[]) // as above
      return fragment
    }
    case 'text': {
      const text = tree.isXml ? new Y.XmlText() : new Y.Text()
      for (const [name, value] of Object.entries(tree.attributes)) text.setAttribute(name, value)
      const delta = tree.runs.map(({ insert, attributes }) => ({
        insert: madeInsert(insert),
        attributes: Object.assign({}, attributes), // Yjs writes into it
      }))
      text.applyDelta(delta)
      return text
    }
    case 'map': {
      const map: Y.Map<unknown> = tree.hook === null ? new Y.Map() : new Y.XmlHook(tree.hook)
      for (const [key, value] of Object.entries(tree.entries)) map.set(key, made(value))
      return map
    }
    case 'array': {
      const array = new Y.Array<unknown>()
      array.insert(0, tree.items.map(made))
      return array
    }
  }
}
