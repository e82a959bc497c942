/* Rich text from plain text: lines that stay keep their blocks, and all formatting in them. */
import type { Node } from 'prosemirror-model'
import type { RichSchema } from './content-schema.ts'
import { refuse } from './limits.ts'
import { textOfNode, textsOf } from './read-as.ts'
import { docOf, nodesOf, treesOf } from './rich.ts'
import { commonPairs } from './sequence-diff.ts'
import { retext } from './text-delta.ts'
import { Keys, type Tree } from './tree.ts'

/** The text's lines as plain text blocks. */
export const lineNodes = (text: string, rich: RichSchema): readonly Node[] =>
  text === '' ? [] : linesOf(text).map((line) => lineNode(line, rich))

const linesOf = (text: string): readonly string[] => text.split(/\r\n|\r|\n/)

const lineNode = (line: string, { schema }: RichSchema): Node => {
  const type = schema.topNodeType.contentMatch.defaultType
  if (!type?.isTextblock) return refuse('the schema has no plain text block to put lines in')
  return type.create(null, line === '' ? [] : [schema.text(line)])
}

/** Blocks whose lines all stay are kept as they are, with all formatting; other lines become paragraphs. */
export const withLines = (
  tree: Extract<Tree, { kind: 'fragment' }>,
  text: string,
  rich: RichSchema,
): Tree[] => {
  if (textOfNode(docOf(tree, rich.schema)) === text) return [...tree.children]
  const keys = new Keys()
  const blocks = tree.children.map((child) => ({
    child,
    lines: nodesOf([child], rich.schema).flatMap(textsOf).flatMap(linesOf),
  }))
  const old = blocks.flatMap(({ lines }) => lines.map((line) => keys.ofText(line)))
  const lines = linesOf(text)
  const stays = new Map(
    commonPairs(
      old,
      lines.map((line) => keys.ofText(line)),
    ),
  )
  const out: Tree[] = []
  let [place, next] = [0, 0]
  const addUpTo = (to: number): void => {
    while (next < to) out.push(...treesOf([lineNode(lines[next++] ?? '', rich)]))
  }
  for (const { child, lines: own } of blocks) {
    const first = stays.get(place)
    const isKept = first !== undefined && own.every((_, i) => stays.get(place + i) === first + i)
    if (isKept) {
      addUpTo(first)
      next = first + own.length
      out.push(child)
    } else if (
      own.length === 1 &&
      isPlainTextblock(child) &&
      !stays.has(place) &&
      next < lines.length
    ) {
      // a changed line of a text block: the block stays what it is
      const until = nextStay(stays, place, lines.length)
      if (next < until) out.push(retexted(child, lines[next++] ?? ''))
    }
    place += own.length
  }
  addUpTo(lines.length)
  return out
}

const nextStay = (stays: ReadonlyMap<number, number>, from: number, end: number): number => {
  let until = end
  for (const [i, j] of stays) if (i > from) return Math.min(until, j)
  return until
}

const isPlainTextblock = (tree: Tree): tree is Extract<Tree, { kind: 'element' }> =>
  tree.kind === 'element' &&
  tree.children.length <= 1 &&
  tree.children.every(({ kind }) => kind === 'text')

const retexted = (block: Extract<Tree, { kind: 'element' }>, text: string): Tree => {
  const [inside] = block.children
  const runs = inside?.kind === 'text' ? inside.runs : []
  const changed: Tree = { kind: 'text', isXml: true, attributes: {}, runs: retext(runs, text) }
  return { ...block, children: text === '' ? [] : [changed] }
}
