/*
 * HTML to nodes of the default schema. What the schema has no node for gives its text, or nothing where
 * it holds no text for people (scripts, styles, frames). No attribute goes in but those read here.
 */
import { type Mark, type Node } from 'prosemirror-model'
import { LANGUAGE, schema } from './default-schema.ts'
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
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

const { nodes: types, marks: markTypes } = schema

/** Elements without any text for people. */
const SILENT = new Set(
  'script style head iframe object embed template noscript svg math title textarea select button input audio video canvas map frameset noframes noembed datalist dialog'.split(
    ' ',
  ),
)

/** Elements that begin a line of their own, beside those that are nodes of the schema. */
const BLOCKS = new Set(
  'html body div section article main header footer aside nav address figure figcaption dl dt dd details summary form fieldset legend center caption thead tbody tfoot tr td th li hgroup search menu'.split(
    ' ',
  ),
)

const MARKS: Readonly<Record<string, Mark>> = {
  b: schema.mark('bold'),
  strong: schema.mark('bold'),
  i: schema.mark('italic'),
  em: schema.mark('italic'),
  s: schema.mark('strike'),
  del: schema.mark('strike'),
  strike: schema.mark('strike'),
  u: schema.mark('underline'),
  ins: schema.mark('underline'),
  code: schema.mark('code'),
}

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

/** The marks of a single opening tag, as Markdown has them; null where it is none of them. */
export const markOfTag = (tag: string): Mark | null => {
  const [body] = childrenOf(parseHtml(tag))
    .flatMap(childrenOf)
    .filter((one) => one.nodeName === 'body')
  const [element] = body === undefined ? [] : childrenOf(body)
  return element !== undefined && isElement(element) ? markOf(element) : null
}

const markOf = (element: HtmlElement): Mark | null => {
  const { tagName } = element
  if (tagName !== 'a') return Object.hasOwn(MARKS, tagName) ? (MARKS[tagName] ?? null) : null
  const href = safeLinkUrl(attributeOf(element, 'href'))
  return href === null ? null : schema.mark('link', { href, title: attributeOf(element, 'title') })
}

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
      const mark = markOf(node)
      const marks = mark === null ? context.marks : mark.addToSet(context.marks)
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
    this.#blocks.push(...blocks)
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

const sizeOf = (text: string | null): string | number | null => {
  if (text === null || !/^\d{1,6}(px|%)?$/.test(text)) return null
  return /^\d+$/.test(text) ? Number(text) : text
}

const codeBlock = (element: HtmlElement): Node => {
  const code = childrenOf(element).find((child) => child.nodeName === 'code')
  const named = [element, code].map((one) =>
    one !== undefined && isElement(one)
      ? /(?:^|\s)language-(\S+)/.exec(attributeOf(one, 'class') ?? '')?.[1]
      : undefined,
  )
  const language = named.find((name) => name !== undefined && LANGUAGE.test(name)) ?? null
  const text = textOf(element)
  return schema.node('codeBlock', { language }, text === '' ? [] : [schema.text(text)])
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
    const item = itemOf(child, deeper(deeper(context)))
    if (items[0] !== undefined && items[0].type !== item.type) flush()
    items.push(item)
  }
  flush()
  return out
}

const orderOf = (element: HtmlElement): Record<string, unknown> => {
  const start = Number(attributeOf(element, 'start') ?? 1)
  const type = attributeOf(element, 'type')
  return {
    start: Number.isSafeInteger(start) ? start : 1,
    type: type !== null && /^[1aAiI]$/.test(type) ? type : null,
  }
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

/** Whether a task is done, null for an item that is no task. */
const checkedOf = (item: HtmlElement): boolean | null => {
  if (attributeOf(item, 'data-type') === 'taskItem') {
    const told = attributeOf(item, 'data-checked')
    return told === 'true' || told === ''
  }
  const first = childrenOf(item).filter(
    (child) => isElement(child) || textOf(child).trim() !== '',
  )[0]
  const inside = first !== undefined && (first.nodeName === 'label' || first.nodeName === 'p')
  const input = inside ? childrenOf(first)[0] : first
  if (input === undefined || !isElement(input) || input.tagName !== 'input') return null
  return attributeOf(input, 'type') === 'checkbox' ? attributeOf(input, 'checked') !== null : null
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

const cellAttributes = (element: HtmlElement): Record<string, unknown> => {
  const count = (name: string): number => {
    const number = Number(attributeOf(element, name) ?? 1)
    return Number.isInteger(number) && number >= 1 && number <= 1000 ? number : 1
  }
  const style = /text-align:\s*(\w+)/i.exec(attributeOf(element, 'style') ?? '')?.[1]
  const align = (attributeOf(element, 'align') ?? style)?.toLowerCase() ?? ''
  const widths = attributeOf(element, 'colwidth')
  return {
    colspan: count('colspan'),
    rowspan: count('rowspan'),
    colwidth: widths !== null && /^\d+(,\d+)*$/.test(widths) ? widths.split(',').map(Number) : null,
    align: /^(left|center|right|justify)$/.test(align) ? align : null,
  }
}

/** True if the schema has this mark; what Markdown closes with `</…>`. */
export const isMarkTag = (name: string): boolean => name === 'a' || Object.hasOwn(MARKS, name)

/** The mark that a closing tag ends. */
export const markTypeOfTag = (name: string) =>
  name === 'a' ? markTypes['link'] : MARKS[name]?.type
