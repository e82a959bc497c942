/* Who wrote what one reads: the ids that Yjs gave its text. */
import * as Y from 'yjs'
import type { AuthoredText } from '../../ports/content.ts'
import type { RichSchema } from './content-schema.ts'
import type { Field } from './field.ts'
import { refuse } from './limits.ts'
import { rootOf, type SharedType } from './read-tree.ts'
import { nodeIndices } from './rich.ts'
import type { Tree } from './tree.ts'

/** The visible text of a field, in order. Text in one run has ids that follow one another. */
export const blameOf = (
  doc: Y.Doc,
  { name, kind, tree }: Field,
  rich: RichSchema | null,
): readonly AuthoredText[] => {
  if (kind === 'map' || kind === 'array')
    return refuse(`"${name}" is a ${kind}: only of a text and of rich text are authors told`)
  const runs: AuthoredText[] = []
  const visit = (type: SharedType, read: Tree, path: readonly number[]): void => {
    if (type instanceof Y.Text) addText(runs, type, path)
    if (!(type instanceof Y.XmlFragment) || !('children' in read)) return
    const indices =
      rich === null
        ? read.children.map((_, i) => i)
        : nodeIndices(read.children, rich.schema).indices
    for (const [i, inner] of type.toArray().entries()) {
      const [index, child] = [indices[i] ?? null, read.children[i]]
      if (index === null || child === undefined) continue // nobody sees it
      if (inner instanceof Y.Text) addText(runs, inner, path)
      else if (child.kind !== 'element' || child.name !== 'hardBreak')
        visit(inner, child, [...path, index])
      else if (inner._item !== null) add(runs, inner._item, { text: '\n', path })
    }
  }
  visit(rootOf(doc, name, kind), tree, [])
  return runs
}

const addText = (runs: AuthoredText[], type: Y.Text, path: readonly number[]): void => {
  for (let item = type._start; item !== null; item = item.right)
    if (!item.deleted && item.content instanceof Y.ContentString)
      add(runs, item, { text: item.content.str, path })
}

const add = (
  runs: AuthoredText[],
  { id: { client, clock } }: Y.Item,
  { text, path }: Pick<AuthoredText, 'text' | 'path'>,
): void => {
  const last = runs.at(-1)
  if (last?.client === client && last.path === path && last.clock + last.text.length === clock)
    runs[runs.length - 1] = { ...last, text: last.text + text }
  else runs.push({ text, client, clock, path })
}
