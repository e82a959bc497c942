/* Rich text from plain text: lines that stay keep their blocks, and all formatting in them. */
import type { Node } from 'prosemirror-model'
import type { RichSchema } from './content-schema.ts'
import { refuse } from './limits.ts'
import { textOfNode, textsOf } from './read-as.ts'
import { docOf, nodesOf, treesOf } from './rich.ts'
import { commonPairs } from './sequence-diff.ts'
import { retext } from './text-delta.ts'
import { Keys, plainText, type Tree } from './tree.ts'

/** The text's lines as plain text blocks. */
export const lineNodes = (text: string, rich: RichSchema): readonly Node[] =>
  text === '' ? [] : linesOf(text).map((line) => lineNode(line, rich))

const linesOf = (text: string): readonly string[] => text.split(/\r\n|\r|\n/)

const lineNode = (line: string, { schema }: RichSchema): Node => {
  const type = schema.topNodeType.contentMatch.defaultType
  if (!type?.isTextblock) return refuse('the schema has no plain text block to put lines in')
  return type.create(null, line === '' ? [] : [schema.text(line)])
}

/**
 * Blocks whose lines stay are kept as they are, with all formatting, and so is what has no lines. Between
 * these, as many lines as before are changed where they are; of others, text blocks change and the rest
 * becomes paragraphs.
 */
export const withLines = (
  tree: Extract<Tree, { kind: 'fragment' }>,
  text: string,
  rich: RichSchema,
): Tree[] => {
  if (textOfNode(docOf(tree, rich.schema)) === text) return [...tree.children]
  const blocks = tree.children.map((child) => ({ child, lines: linesIn(child, rich) }))
  const lines = linesOf(text)
  const old = blocks.flatMap((block) => block.lines)
  const keys = new Keys()
  const { stays, until } = linePlaces(old, lines, keys)
  const out: Tree[] = []
  let [place, next] = [0, 0]
  const addUpTo = (to: number): void => {
    while (next < to)
      for (const added of treesOf([lineNode(lines[next++] ?? '', rich)])) out.push(added)
  }
  for (const { child, lines: own } of blocks) {
    const first = stays.get(place)
    const isInPlace = first !== undefined && own.every((_, i) => stays.get(place + i) === first + i)
    const changed = isInPlace
      ? withOwnLines(child, lines.slice(first, first + own.length), { rich, keys })
      : null
    if (own.length === 0) {
      if (first !== undefined) addUpTo(first)
      out.push(child)
    } else if (first !== undefined && changed !== null) {
      addUpTo(first)
      next = first + own.length
      out.push(changed)
    } else if (
      child.kind === 'element' &&
      own.length === 1 &&
      isPlainTextblock(child) &&
      first === undefined
    ) {
      // a changed line of a text block: the block stays what it is
      if (next < (until[place] ?? lines.length))
        out.push(retexted(child, lines[next++] ?? '', keys))
    }
    place += own.length
  }
  addUpTo(lines.length)
  return out
}

const linesIn = (tree: Tree, { schema }: RichSchema): readonly string[] =>
  nodesOf([tree], schema).flatMap(textsOf).flatMap(linesOf)

interface LinePlaces {
  /** The line that each old one is or becomes. */
  readonly stays: ReadonlyMap<number, number>
  /** Where, by old line, the next one that stays is. */
  readonly until: readonly number[]
}

const linePlaces = (old: readonly string[], lines: readonly string[], keys: Keys): LinePlaces => {
  const [from, to] = [old, lines].map((all) => all.map((line) => keys.ofText(line)))
  const stays = new Map<number, number>()
  const until: number[] = []
  let [i, j] = [0, 0]
  const ends = [old.length, lines.length] as const
  for (const [nextI, nextJ] of [...commonPairs(from ?? [], to ?? [], keys.budget), ends]) {
    const isSameNumber = nextI - i === nextJ - j
    for (; i < nextI; i++, j++) {
      if (isSameNumber) stays.set(i, j)
      until.push(nextJ)
    }
    if (nextI < old.length) stays.set(nextI, nextJ)
    until.push(nextJ)
    i = nextI + 1
    j = nextJ + 1
  }
  return { stays, until }
}

interface Tools {
  readonly rich: RichSchema
  readonly keys: Keys
}

type Element = Extract<Tree, { kind: 'element' }>

const isPlainTextblock = (element: Element): boolean =>
  element.children.every(({ kind }) => kind === 'text')

/** The block with these lines, as many as it has; null where they cannot be put into it. */
const withOwnLines = (
  block: Tree,
  lines: readonly string[],
  { rich, keys }: Tools,
): Tree | null => {
  let place = 0
  const visit = (tree: Tree): Tree | null => {
    if (tree.kind !== 'element') return tree
    if (rich.schema.nodes[tree.name]?.isTextblock === true) {
      const own = linesIn(tree, rich)
      const wanted = lines.slice(place, (place += own.length))
      return own.every((line, i) => line === wanted[i]) ? tree : withTexts(tree, wanted, keys)
    }
    const children = tree.children.map(visit)
    if (!children.every((child) => child !== null)) return null
    return children.every((child, i) => child === tree.children[i]) ? tree : { ...tree, children }
  }
  const made = visit(block)
  return place === lines.length ? made : null
}

/** A text block with other lines: between line breaks, if it has them, or in its text. */
const withTexts = (block: Element, lines: readonly string[], keys: Keys): Tree | null => {
  if (isPlainTextblock(block)) return retexted(block, lines.join('\n'), keys)
  const parts: Tree[][] = [[]]
  for (const child of block.children)
    if (child.kind === 'text') parts.at(-1)?.push(child)
    else parts.push([child], [])
  const isBroken = parts.length === 2 * lines.length - 1
  if (!isBroken) return null
  const children = parts.flatMap((part, i) => {
    if (i % 2 === 1) return part
    const inside = { ...block, children: part }
    return retexted(inside, lines[i / 2] ?? '', keys).children
  })
  return { ...block, children }
}

const retexted = (block: Element, text: string, keys: Keys): Element => {
  const runs = block.children.flatMap((child) => (child.kind === 'text' ? child.runs : []))
  if (plainText({ kind: 'text', isXml: true, attributes: {}, runs }) === text) return block
  const changed: Tree = {
    kind: 'text',
    isXml: true,
    attributes: {},
    runs: retext(runs, text, { keys }),
  }
  return { ...block, children: text === '' ? [] : [changed] }
}
