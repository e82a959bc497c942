/* Who wrote what one reads: the ids that Yjs gave its text. */
import * as Y from 'yjs'
import type { AuthoredText } from '../../ports/content.ts'
import { refuse } from './limits.ts'
import { rootOf, type RootKind, type SharedType } from './read-tree.ts'

/** The visible text of a field, in order. Text in one run has ids that follow one another. */
export const blameOf = (doc: Y.Doc, name: string, kind: RootKind): readonly AuthoredText[] => {
  if (kind === 'map' || kind === 'array')
    return refuse(`"${name}" is a ${kind}: only of a text and of rich text are authors told`)
  const runs: AuthoredText[] = []
  visit(rootOf(doc, name, kind), [], runs)
  return runs
}

const visit = (type: SharedType, path: readonly number[], runs: AuthoredText[]): void => {
  let index = 0
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const { content } = item
    if (content instanceof Y.ContentString) add(runs, item, { text: content.str, path })
    if (!(content instanceof Y.ContentType)) continue
    const inner = content.type as SharedType
    if (inner instanceof Y.XmlText) visit(inner, path, runs)
    else if (inner instanceof Y.XmlElement) {
      if (inner.nodeName === 'hardBreak') add(runs, item, { text: '\n', path })
      else visit(inner, [...path, index], runs)
      index++
    }
  }
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
