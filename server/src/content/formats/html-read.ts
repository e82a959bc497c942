/*
 * HTML to nodes of the default schema. What the schema has no node for gives its text, or nothing where
 * it holds no text for people (scripts, styles, frames). No attribute goes in but those read here.
 */
import { Fragment, type Mark, type Node } from 'prosemirror-model'
import { schema } from './default-schema.ts'
import { cellAttributes, checkedOf, orderOf, sizeOf } from './html-attributes.ts'
import { codeBlock } from './html-code.ts'
import { BLOCKS, SILENT } from './html-kinds.ts'
import { marksIn } from './html-marks.ts'
import {
  attributeOf,
  childrenOf,
  isElement,
  parseHtml,
  textOf,
  type HtmlElement,
  type HtmlNode,
} from './html-tree.ts'
import { formatLimits, refuse } from './limits.ts'
import { safeImageUrl } from './safe-url.ts'

const { nodes: types } = schema

interface Context {
  readonly marks: readonly Mark[]
  /** Whether white space is content. */
  readonly isPre: boolean
  /** Levels of the document above. */
  readonly depth: number
}

/** The blocks of an HTML text; none where it holds nothing. */
export const blocksFromHtml = (html: string): readonly Node[] =>
  blocksIn(childrenOf(parseHtml(html)), { marks: [], isPre: false, depth: 1 })

const blocksIn = (nodes: readonly HtmlNode[], context: Context): readonly Node[] => {
  if (context.depth > formatLimits.depth)
    refuse(`HTML: a document deeper than the limit of ${formatLimits.depth} levels`)
  const flow = new Flow()
  for (const node of nodes) flow.take(node, context)
  return flow.end()
}

/** Never empty: most nodes must hold a block. */
const blocksOrParagraph = (nodes: readonly HtmlNode[], context: Context): readonly Node[] => {
  const blocks = blocksIn(nodes, context)
  return blocks.length === 0 ? [schema.node('paragraph')] : blocks
}

/** Blocks in the making: text is gathered until something begins a new line. */
class Flow {
  readonly #blocks: Node[] = []
  #inline: { readonly node: Node; readonly isPre: boolean }[] = []
  #textblock = { type: types['paragraph'], attrs: {} as Record<string, unknown> }

  end(): readonly Node[] {
    this.#flush()
    return this.#blocks
  }

  take(node: HtmlNode, context: Context): void {
    if (!isElement(node)) {
      if (node.nodeName === '#text' && 'value' in node) this.#text(node.value, context)
      return
    }
    const { tagName } = node
    if (SILENT.has(tagName)) return
    const inner = { ...context, isPre: isPreserving(node) ?? context.isPre }
    const heading = /^h([1-6])$/.exec(tagName)
    if (heading)
      this.#textblockOf(node, inner, 'heading', { level: Math.min(3, Number(heading[1])) })
    else if (tagName === 'p') this.#textblockOf(node, inner, 'paragraph', {})
    else if (tagName === 'br')
      this.#inline.push({
        node: schema.node('hardBreak', null, [], [...context.marks]),
        isPre: true,
      })
    else if (Object.hasOwn(LEAVES, tagName)) this.#block(LEAVES[tagName]?.(node, context) ?? [])
    else if (BLOCKS.has(tagName)) this.#lines(node, inner)
    else {
      const marks = marksIn(node, context.marks)
      for (const child of childrenOf(node)) this.take(child, { ...inner, marks })
    }
  }

  #text(text: string, { marks, isPre }: Context): void {
    const kept = isPre ? text : text.replace(/[ \t\n\r\f]+/g, ' ')
    const before = this.#inline.at(-1)
    const isAfterSpace =
      before === undefined ||
      before.node.type === types['hardBreak'] ||
      (!before.isPre && before.node.text?.endsWith(' ') === true)
    const rest = !isPre && isAfterSpace ? kept.replace(/^ /, '') : kept
    if (rest !== '') this.#inline.push({ node: schema.text(rest, [...marks]), isPre })
  }

  #lines(element: HtmlElement, context: Context): void {
    this.#flush()
    for (const child of childrenOf(element)) this.take(child, context)
    this.#flush()
  }

  #textblockOf(
    element: HtmlElement,
    context: Context,
    name: string,
    attrs: Record<string, unknown>,
  ): void {
    this.#flush()
    const outer = this.#textblock
    const before = this.#blocks.length
    this.#textblock = { type: types[name], attrs }
    for (const child of childrenOf(element)) this.take(child, context)
    this.#flush()
    if (this.#blocks.length === before) this.#blocks.push(schema.node(name, attrs))
    this.#textblock = outer
  }

  #block(blocks: readonly Node[]): void {
    this.#flush()
    for (const block of blocks) this.#blocks.push(block)
  }

  #flush(): void {
    const inline = this.#inline
    this.#inline = []
    while (inline.length > 0) {
      const last = inline.at(-1)
      if (last === undefined || last.isPre || last.node.text?.endsWith(' ') !== true) break
      inline.pop()
      const text = last.node.text.slice(0, -1)
      if (text !== '') inline.push({ node: schema.text(text, last.node.marks), isPre: false })
      else continue
      break
    }
    if (inline.length === 0) return
    const { type, attrs } = this.#textblock
    if (type) this.#blocks.push(type.create(attrs, joined(inline.map(({ node }) => node))))
  }
}

/** Text side by side with the same marks is one node. */
const joined = (nodes: readonly Node[]): readonly Node[] => {
  const out: Node[] = []
  for (const node of nodes) {
    const last = out.at(-1)
    if (last?.isText && node.isText && last.sameMarkup(node))
      out[out.length - 1] = schema.text(`${last.text}${node.text}`, node.marks)
    else out.push(node)
  }
  return out
}

const isPreserving = (element: HtmlElement): boolean | null => {
  const style = attributeOf(element, 'style')
  return style !== null && /white-space:\s*(pre|pre-wrap|break-spaces)\b/i.test(style) ? true : null
}

const deeper = (context: Context): Context => ({ ...context, marks: [], depth: context.depth + 1 })

const LEAVES: Readonly<
  Record<string, (element: HtmlElement, context: Context) => readonly Node[]>
> = {
  hr: () => [schema.node('horizontalRule')],
  img: (element) => {
    const src = safeImageUrl(attributeOf(element, 'src'))
    if (src === null) return []
    const [alt, title] = [attributeOf(element, 'alt'), attributeOf(element, 'title')]
    const [width, height] = ['width', 'height'].map((name) => sizeOf(attributeOf(element, name)))
    return [schema.node('image', { src, alt, title, width, height })]
  },
  pre: (element) => [codeBlock(element)],
  blockquote: (element, context) => [
    schema.node('blockquote', null, blocksOrParagraph(childrenOf(element), deeper(context))),
  ],
  ul: (element, context) => lists(element, context),
  ol: (element, context) => lists(element, context),
  table: (element, context) => table(element, context),
}

/** Items that are tasks and items that are not are lists of their own. */
const lists = (element: HtmlElement, context: Context): readonly Node[] => {
  const out: Node[] = []
  let items: Node[] = []
  const flush = (): void => {
    const [first] = items
    if (first === undefined) return
    if (first.type === types['taskItem']) out.push(schema.node('taskList', null, items))
    else if (element.tagName === 'ul') out.push(schema.node('bulletList', null, items))
    else out.push(schema.node('orderedList', orderOf(element), items))
    items = []
  }
  for (const child of childrenOf(element)) {
    if (!isElement(child) && textOf(child).trim() === '') continue
    const before = items.pop()
    if (before !== undefined && isElement(child) && /^[uo]l$/.test(child.tagName)) {
      // not in an item, as HTML wants it, but behind one: office suites nest lists so
      const inner = lists(child, deeper(deeper(context)))
      items.push(before.copy(before.content.append(Fragment.from(inner))))
      continue
    }
    if (before !== undefined) items.push(before)
    const item = itemOf(child, deeper(deeper(context)))
    if (items[0] !== undefined && items[0].type !== item.type) flush()
    items.push(item)
  }
  flush()
  return out
}

const itemOf = (node: HtmlNode, context: Context): Node => {
  const isItem = isElement(node) && node.tagName === 'li'
  const blocks = blocksIn(isItem ? childrenOf(node) : [node], context)
  const content =
    blocks[0]?.type === types['paragraph'] ? blocks : [schema.node('paragraph'), ...blocks]
  const checked = isElement(node) ? checkedOf(node) : null
  return checked === null
    ? schema.node('listItem', null, content)
    : schema.node('taskItem', { checked }, content)
}

const table = (element: HtmlElement, context: Context): readonly Node[] => {
  const before: Node[] = []
  const rows: Node[] = []
  const take = (parent: HtmlElement): void => {
    for (const child of childrenOf(parent)) {
      if (!isElement(child)) continue
      if (child.tagName === 'caption') before.push(...blocksIn(childrenOf(child), deeper(context)))
      else if (/^t(head|body|foot)$/.test(child.tagName)) take(child)
      else if (child.tagName === 'tr') rows.push(row(child, deeper(context)))
    }
  }
  take(element)
  return rows.length === 0 ? before : [...before, schema.node('table', null, rows)]
}

const row = (element: HtmlElement, context: Context): Node =>
  schema.node(
    'tableRow',
    null,
    childrenOf(element).flatMap((child) => {
      if (!isElement(child) || !/^t[dh]$/.test(child.tagName)) return []
      const type = child.tagName === 'th' ? 'tableHeader' : 'tableCell'
      const content = blocksOrParagraph(childrenOf(child), deeper(context))
      return [schema.node(type, cellAttributes(child), content)]
    }),
  )
