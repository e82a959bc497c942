/* What changed between two versions, for people: text block by text block, line by line, entry by entry. */
import type { Doc } from 'yjs'
import type { DiffBlock, DiffEntry, DiffText, FieldDiff, Json } from '../../ports/content.ts'
import { align } from './align.ts'
import { jsonOf } from './json-tree.ts'
import { readableRoot, rootKind, rootNames, sharedKind, type RootKind } from './read-tree.ts'
import { textEdits } from './text-delta.ts'
import { Keys, type Run, type Tree, type Value } from './tree.ts'

const NAMES = { fragment: 'rich-text', text: 'text', map: 'map', array: 'array' } as const

/** The fields that differ. */
export const compare = (from: Doc, to: Doc): readonly FieldDiff[] => {
  const keys = new Keys()
  const names = [...new Set([...rootNames(from), ...rootNames(to)])].toSorted()
  return names.flatMap((name): FieldDiff[] => {
    const [then, now] = [rootKind(from, name), rootKind(to, name)]
    const shared = sharedKind(then, now)
    const kind = shared ?? now
    if (kind === null) return []
    const before = then === null || shared === null ? [] : blocksOf(from, name, kind)
    const after = now === null ? [] : blocksOf(to, name, kind)
    const entries = kind === 'map' ? keyed(before, after, keys) : entriesOf(before, after, keys)
    const isSame = entries.every(({ op }) => op === 'same')
    return isSame ? [] : [{ field: name, kind: NAMES[kind], entries }]
  })
}

const blocksOf = (doc: Doc, name: string, kind: RootKind): readonly Block[] =>
  blocksIn(readableRoot(doc, name, kind) ?? EMPTY)

const EMPTY: Tree = { kind: 'fragment', children: [] }

/** A block as it is told, and as it is compared. */
interface Block {
  readonly told: DiffBlock
  readonly value: Value
  readonly runs: readonly Run[]
}

const blocksIn = (tree: Tree, within: Within = []): readonly Block[] => {
  switch (tree.kind) {
    case 'fragment':
      return tree.children.flatMap((child) => blocksIn(child, within))
    case 'element': {
      const { name, attributes, children } = tree
      const own = { type: name, attributes: jsonAttributes(tree) }
      if (!isLeaf(tree)) return children.flatMap((child) => blocksIn(child, [...within, own]))
      const runs = children.flatMap((child): readonly Run[] => {
        if (child.kind === 'text') return child.runs
        return [{ insert: isBreak(child) ? '\n' : child, attributes: {} }]
      })
      // where it stands is part of what it is: a ticked task is another item around the same paragraph
      const value: Tree = {
        kind: 'element',
        name,
        attributes: { own: attributes, within },
        children,
      }
      return [block({ ...own, ...(within.length > 0 && { within }) }, runs, value)]
    }
    case 'text':
      return tree.isXml
        ? [block({ type: 'text', attributes: {} }, tree.runs, tree)]
        : linesOf(tree.runs).map(line)
    case 'map':
      return Object.keys(tree.entries)
        .toSorted()
        .map((key) => entry('entry', { key }, JSON.stringify(jsonOf(tree.entries[key] ?? NOTHING))))
    case 'array':
      return tree.items.map((item) => entry('entry', {}, JSON.stringify(jsonOf(item))))
  }
}

type Within = NonNullable<DiffBlock['within']>

/** Whether text stands in it, with line breaks and what schemas have within a line: people read that at once. */
const isLeaf = ({ children }: Extract<Tree, { kind: 'element' }>): boolean =>
  children.some(({ kind }) => kind === 'text') || children.every(isBreak)

/** The lines of a text, with their formats. */
const linesOf = (runs: readonly Run[]): readonly Run[][] => {
  const lines: Run[][] = [[]]
  for (const run of runs) {
    const [first, ...others] =
      typeof run.insert === 'string' ? run.insert.split('\n') : [run.insert]
    if (first !== undefined && first !== '') lines.at(-1)?.push({ ...run, insert: first })
    for (const insert of others) lines.push(insert === '' ? [] : [{ ...run, insert }])
  }
  return lines
}

const line = (runs: readonly Run[]): Block => {
  const inside: Tree = { kind: 'text', isXml: true, attributes: {}, runs }
  const value: Tree = { kind: 'element', name: 'line', attributes: {}, children: [inside] }
  return block({ type: 'line', attributes: {} }, runs, value)
}

const NOTHING: Value = { kind: 'value', value: null }

const isBreak = (tree: Tree): boolean =>
  tree.kind === 'element' && tree.name === 'hardBreak' && tree.children.length === 0

const jsonAttributes = ({
  attributes,
}: Extract<Tree, { kind: 'element' }>): Record<string, Json> => {
  const json = jsonOf({ kind: 'value', value: attributes })
  return { ...(json as Record<string, Json>) } // of an object
}

const block = (told: Omit<DiffBlock, 'text'>, runs: readonly Run[], value: Value): Block => ({
  told: { ...told, text: textOf(runs) },
  value,
  runs,
})

const entry = (type: string, attributes: Record<string, Json>, text: string): Block => {
  const runs = text === '' ? [] : [{ insert: text, attributes: {} }]
  const inside: Tree = { kind: 'text', isXml: true, attributes: {}, runs }
  return {
    told: { type, attributes, text },
    value: { kind: 'element', name: type, attributes: {}, children: [inside] },
    runs,
  }
}

const textOf = (runs: readonly Run[]): string =>
  runs.map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC')).join('')

/** Entries of a map are the same one where their keys are. */
const keyed = (from: readonly Block[], to: readonly Block[], keys: Keys): readonly DiffEntry[] => {
  const byKey = (blocks: readonly Block[]) =>
    new Map(blocks.map((one) => [one.told.attributes['key'], one]))
  const [before, after] = [byKey(from), byKey(to)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)]
    return entriesOf(old === undefined ? [] : [old], now === undefined ? [] : [now], keys)
  })
}

const entriesOf = (
  from: readonly Block[],
  to: readonly Block[],
  keys: Keys,
): readonly DiffEntry[] => {
  const steps = align(
    from.map(({ value }) => value),
    to.map(({ value }) => value),
    keys,
  )
  return steps.flatMap((step): DiffEntry[] => {
    const before = 'from' in step ? from[step.from] : undefined
    const after = 'to' in step ? to[step.to] : undefined
    if (before !== undefined && after !== undefined)
      return [
        step.op === 'keep'
          ? { op: 'same', ...after.told }
          : {
              op: 'changed',
              before: before.told,
              after: after.told,
              parts: partsOf(before.runs, after.runs, keys),
            },
      ]
    if (before !== undefined) return [{ op: 'removed', ...before.told }]
    return after === undefined ? [] : [{ op: 'added', ...after.told }]
  })
}

const partsOf = (from: readonly Run[], to: readonly Run[], keys: Keys): readonly DiffText[] => {
  const [before, after] = [textOf(from), textOf(to)]
  const parts: DiffText[] = []
  const push = (op: DiffText['op'], text: string): void => {
    if (text !== '') parts.push({ op, text })
  }
  let place = 0
  for (const edit of textEdits(from, to, keys)) {
    push('same', before.slice(place, edit.from))
    push('removed', before.slice(edit.from, edit.from + edit.removed))
    push('added', after.slice(edit.to, edit.to + edit.added))
    place = edit.from + edit.removed
  }
  push('same', before.slice(place))
  return parts
}
