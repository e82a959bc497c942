/*
 * Brings shared types to wanted content with the smallest edit: what is equal keeps its items, so that
 * carets and concurrent edits in it stay where they are.
 */
import * as Y from 'yjs'
import { align } from './align.ts'
import type { BlockEdits } from './change-range.ts'
import type { SharedType } from './read-tree.ts'
import { cutLike, textDelta, type DeltaStep } from './text-delta.ts'
import { unitsOf, visibleUnits, type Unit } from './text-units.ts'
import { canonical } from './canonical.ts'
import { type Attributes, type Keys, type Run, type Tree, type Value } from './tree.ts'

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

/** Changes children of one block, and no others. */
export const applyBlockEdits = (root: SharedType, { block, edits }: BlockEdits): void => {
  let type: unknown = root
  for (const place of block) type = type instanceof Y.XmlFragment ? type.get(place) : null
  if (!(type instanceof Y.XmlFragment)) throw new Error(`no block at [${block.join()}]`)
  const inside = type.toArray()
  for (const edit of edits) {
    if (edit.kind === 'remove') type.delete(edit.at)
    else if (edit.kind === 'text') applySteps(inside[edit.at] as SharedType, edit.steps) // as it was read
    else type.insert(edit.at, [madeType(edit.tree) as Y.XmlText]) // of a tree that is one
  }
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
  const [old, wanted] = [unitsOf(from), visibleUnits(to)]
  const treeOf = ({ tree }: Unit): Tree => tree
  const steps = align(old.map(treeOf), wanted.map(treeOf), options.keys).map((step) =>
    step.op === 'remove' && (old[step.from]?.texts.length ?? 0) > 0
      ? { op: 'empty' as const, from: step.from }
      : step,
  )
  let index = 0
  for (const [step, count] of inRuns(steps)) {
    if (step.op === 'add') {
      const added = wanted.slice(step.to, step.to + count).map(({ tree }) => madeType(tree))
      type.insert(index, added as (Y.XmlElement | Y.XmlText)[]) // what XML types hold
      index += count
      continue
    }
    const unit = old[step.from]
    if (unit === undefined) continue
    if (step.op === 'remove') type.delete(index, count)
    else index += Math.max(1, unit.texts.length)
    if (step.op === 'empty') bringTexts(inside, unit, [], options)
    if (step.op !== 'change') continue
    const after = wanted[step.to]?.tree
    const child = inside[unit.at]
    if (after?.kind === 'text' && unit.texts.length > 1)
      bringTexts(inside, unit, after.runs, options)
    else if (child && after) bring(child, unit.tree, after, options)
  }
}

/** Texts side by side get the runs between them. Each stays, empty too: somebody may be typing in it. */
const bringTexts = (
  inside: readonly unknown[],
  { tree, at, texts }: Unit,
  runs: readonly Run[],
  options: BringOptions,
): void => {
  if (tree.kind !== 'text') return
  const parts = cutLike(texts, { from: tree.runs, to: runs }, options.keys)
  for (const [i, text] of texts.entries())
    bring(inside[at + i] as SharedType, text, { ...text, runs: parts[i] ?? [] }, options) // as `from` was read
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
const inRuns = function* <S extends { readonly op: string }>(steps: readonly S[]) {
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
  if (value.kind === 'document') return new Y.Doc({ guid: value.guid, ...value.options })
  return madeType(value)
}

const madeType = (tree: Tree): SharedType => {
  switch (tree.kind) {
    case 'element': {
      const element = new Y.XmlElement(tree.name)
      for (const [name, value] of Object.entries(tree.attributes))
        element.setAttribute(name, value as string) // any JSON, in truth
      fill(element, tree.children.map(madeType))
      return element
    }
    case 'fragment': {
      const fragment = new Y.XmlFragment()
      fill(fragment, tree.children.map(madeType))
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
      fill(array, tree.items.map(made))
      return array
    }
  }
}

/** Items put into a new type at once: Yjs spreads them into a call, and a stack holds some 100,000. */
const SLICE = 10_000

const fill = (type: Y.XmlFragment | Y.Array<unknown>, items: readonly unknown[]): void => {
  const place = (index: number, slice: unknown[]): void => {
    if (type instanceof Y.Array) type.insert(index, slice)
    else type.insert(index, slice as (Y.XmlElement | Y.XmlText)[]) // what XML types hold
  }
  for (let i = 0; i < items.length; i += SLICE) place(i, items.slice(i, i + SLICE))
}
