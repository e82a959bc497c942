/*
 * Nodes of the default schema as Markdown. Each block at the top is read again before it is given: one that
 * would not come back as it was is written as a block of HTML, which Markdown takes. Lossless but for what
 * `markdownOf` names.
 */
import { type Fragment, type Mark, type Node } from 'prosemirror-model'
import { schema } from './default-schema.ts'
import { nodeHtml } from './html-write.ts'
import { deadlineIn, formatLimits, Refusal, type Deadline } from './limits.ts'
import { blocksFromMarkdown } from './markdown-read.ts'
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

const { nodes: types } = schema

/**
 * A document as Markdown. What it does not hold: an empty paragraph at the end; links and images whose
 * address may not be written (safe-url.ts); what HTML does not hold either, such as U+0000.
 */
export const markdownOf = (
  doc: Node,
  deadline = deadlineIn(formatLimits.markdownCheckMs, 'Markdown'),
): string => {
  const blocks = [...doc.content.content]
  if (blocks.at(-1)?.type === types['paragraph'] && blocks.at(-1)?.childCount === 0) blocks.pop()
  let text = ''
  let before: Node | null = null
  let isAlternate = false
  for (const block of blocks) {
    // lists side by side would be one, unless their signs differ
    isAlternate = before !== null && isSameList(before, block) && !isAlternate
    const written = sound(block, isAlternate, deadline)
    text += `${text === '' ? '' : '\n\n'}${written}`
    before = block
  }
  return text === '' ? '' : `${text}\n`
}

const isSameList = (one: Node, other: Node): boolean =>
  isList(one) && isList(other) && isOrdered(one) === isOrdered(other)
const isList = (node: Node): boolean => node.type.isInGroup('list')
const isOrdered = (node: Node): boolean => node.type === types['orderedList']

const sound = (block: Node, isAlternate: boolean, deadline: Deadline): string => {
  const markdown = blockText(block, { isAlternate, tags: false })
  if (markdown !== null && readsAs(markdown, block, deadline)) return markdown
  const withTags = blockText(block, { isAlternate, tags: true })
  if (withTags !== null && readsAs(withTags, block, deadline)) return withTags
  return htmlLine(block)
}

/** In Markdown, a block of HTML ends at an empty line. */
const htmlLine = (block: Node): string => nodeHtml(block).replaceAll('\n', '&#10;')

const readsAs = (markdown: string, block: Node, deadline: Deadline): boolean => {
  try {
    const read = blocksFromMarkdown(markdown, deadline)
    return read.length === 1 && read[0]?.eq(block) === true
  } catch (error) {
    if (error instanceof Refusal) return false // beyond a bound: HTML has others
    throw error
  }
}

interface Style {
  /** The other one of two signs for items. */
  readonly isAlternate: boolean
  /** Marks as HTML tags, where the signs of Markdown do not come back. */
  readonly tags: boolean
}

/** The text of a block, null where Markdown has none. Its lines go behind the prefixes of what it stands in. */
const blockText = (node: Node, style: Style): string | null => {
  switch (node.type) {
    case types['paragraph']:
      return node.childCount === 0 ? null : inlineText(node.content, { ...style, isOneLine: false })
    case types['heading']:
      return `${'#'.repeat(Number(node.attrs['level']))} ${inlineText(node.content, { ...style, isOneLine: true })}`.trimEnd()
    case types['horizontalRule']:
      return '---'
    case types['codeBlock']:
      return fenced(node)
    case types['blockquote']:
      return prefixed(blocksText(node.content, style), '> ', '> ')
    case types['image']:
      return imageText(node)
    case types['table']:
      return tableText(node, style)
    default:
      return isList(node) ? listText(node, style) : null
  }
}

const blocksText = (content: Fragment, style: Style, isTight = false): string => {
  const parts: string[] = []
  let before: Node | null = null
  let isAlternate = style.isAlternate
  for (const node of content.content) {
    if (before !== null) isAlternate = isSameList(before, node) && !isAlternate
    else isAlternate = false
    parts.push(blockText(node, { ...style, isAlternate }) ?? htmlLine(node))
    before = node
  }
  return parts.join(isTight ? '\n' : '\n\n')
}

const prefixed = (text: string, first: string, others: string): string =>
  text
    .split('\n')
    .map((line, index) => `${index === 0 ? first : others}${line}`.trimEnd())
    .join('\n')

const listText = (list: Node, style: Style): string | null => {
  if (list.attrs['type'] !== undefined && list.attrs['type'] !== null) return null
  const start = isOrdered(list) ? Number(list.attrs['start']) : 1
  if (start < 0 || start + list.childCount > 999_999_999) return null
  // a list of single lines is tight; so is an item with a list in it
  const isTight = list.content.content.every((item) => item.content.content.slice(1).every(isList))
  const items: string[] = []
  for (const [index, item] of list.content.content.entries()) {
    const [head, ...rest] = item.content.content
    const first =
      head?.childCount === 0 && rest.length === 0 ? '' : blocksText(item.content, style, isTight)
    const sign = isOrdered(list)
      ? `${start + index}${style.isAlternate ? ')' : '.'}`
      : style.isAlternate
        ? '*'
        : '-'
    const task =
      item.type === types['taskItem'] ? `[${item.attrs['checked'] === true ? 'x' : ' '}] ` : ''
    items.push(prefixed(`${task}${first}`, `${sign} `, ' '.repeat(sign.length + 1)))
  }
  return items.join(isTight ? '\n' : '\n\n')
}

const fenced = (node: Node): string | null => {
  const language = String(node.attrs['language'] ?? '')
  if (/[\s`~\\&]/.test(language)) return null
  const longest = Math.max(2, longestFence(node.textContent))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${node.textContent}${node.textContent === '' ? '' : '\n'}${fence}`
}

const longestFence = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)

const imageText = ({ attrs: { src, alt, title, width, height } }: Node): string | null => {
  const address = safeImageUrl(src)
  if (address === null || width !== null || height !== null || alt === null) return null
  return `![${escaped(String(alt), { ...INSIDE, isFirst: true })}](${destination(address)}${titleText(title)})`
}

const destination = (address: string): string =>
  /[\s()<>\\&]/.test(address) ? `<${address.replace(/[<>\\&]/g, reference)}>` : address

const titleText = (title: unknown): string =>
  typeof title === 'string' ? ` "${title.replace(/["\\&\n\r]/g, reference)}"` : ''

const reference = (character: string): string => `&#${character.codePointAt(0)};`

const tableText = (table: Node, style: Style): string | null => {
  const rows = table.content.content
  const [head] = rows
  if (head === undefined || head.childCount === 0) return null
  const aligns = head.content.content.map((cell) => cell.attrs['align'] as unknown)
  const lines: string[] = []
  for (const [index, row] of rows.entries()) {
    if (row.childCount !== head.childCount) return null
    const cells: string[] = []
    for (const cell of row.content.content) {
      const [paragraph, more] = cell.content.content
      if (paragraph === undefined || more !== undefined) return null
      if (paragraph.type !== types['paragraph']) return null
      cells.push(
        inlineText(paragraph.content, { ...style, isOneLine: true }).replaceAll('|', '\\|'),
      )
    }
    lines.push(`| ${cells.join(' | ')} |`)
    if (index === 0) lines.push(`| ${aligns.map(ruleOf).join(' | ')} |`)
  }
  return lines.join('\n')
}

const ruleOf = (align: unknown): string => {
  if (align === 'center') return ':-:'
  if (align === 'left') return ':--'
  return align === 'right' ? '--:' : '---'
}

interface InlineStyle extends Style {
  readonly isOneLine: boolean
}

const SIGNS: Readonly<Record<string, string>> = { bold: '**', italic: '*', strike: '~~' }
const TAGS: Readonly<Record<string, string>> = {
  bold: 'strong',
  italic: 'em',
  strike: 's',
  underline: 'u',
}

const inlineText = (content: Fragment, style: InlineStyle): string => {
  let text = ''
  const open: Mark[] = []
  const nodes = content.content
  const reaches = reachesOf(nodes)
  const reach = (index: number, mark: Mark): number => reaches[index]?.get(mark) ?? index
  const close = (down: number): void => {
    for (const mark of open.splice(down).toReversed()) text += closing(mark, style)
  }
  for (const [index, node] of nodes.entries()) {
    const address = autolink(nodes, index)
    const marks = node.marks.filter(
      ({ type }) => type.name !== 'code' && (address === null || type.name !== 'link'),
    )
    let kept = 0
    while (kept < open.length && open[kept]?.isInSet(marks) === true) kept++
    close(kept)
    const added = marks.filter((mark) => !mark.isInSet(open))
    // those that go on for longest are opened first
    for (const mark of added.toSorted((a, b) => reach(index, b) - reach(index, a))) {
      text += opening(mark, style)
      open.push(mark)
    }
    const [before, after] = [nodes[index - 1], nodes[index + 1]]
    const edges = {
      isFirst: text === '',
      start: before === undefined || before.type === types['hardBreak'] || added.length > 0,
      end:
        after === undefined ||
        after.type === types['hardBreak'] ||
        open.some((mark) => !mark.isInSet(after.marks)),
    }
    text += address ?? nodeText(node, style, edges)
  }
  close(0)
  return text
}

/** Where space would be lost, or would keep a sign from being one. */
interface Edges {
  readonly isFirst: boolean
  readonly start: boolean
  readonly end: boolean
}

const INSIDE: Edges = { isFirst: false, start: true, end: true }

/** A link that shows its own address and nothing else. */
const autolink = (nodes: readonly Node[], index: number): string | null => {
  const text = nodes[index]?.text
  const mark = nodes[index]?.marks.find(({ type }) => type.name === 'link')
  if (text === undefined || mark === undefined || mark.attrs['href'] !== text) return null
  if (mark.attrs['title'] !== null || !/^https?:[^\s<>\\&]+$/.test(text)) return null
  const isShared = [nodes[index - 1], nodes[index + 1]].some((node) =>
    mark.isInSet(node?.marks ?? []),
  )
  return isShared || safeLinkUrl(text) === null ? null : `<${text}>`
}

/** Where each node's marks end. */
const reachesOf = (nodes: readonly Node[]): readonly ReadonlyMap<Mark, number>[] => {
  const reaches: Map<Mark, number>[] = []
  let next = new Map<Mark, number>()
  for (let index = nodes.length - 1; index >= 0; index--) {
    const after = nodes[index + 1]?.marks ?? []
    const own = (nodes[index]?.marks ?? []).map((mark): [Mark, number] => {
      const same = after.find((one) => one.eq(mark))
      return [mark, same === undefined ? index + 1 : (next.get(same) ?? index + 1)]
    })
    next = new Map(own)
    reaches.push(next)
  }
  return reaches.toReversed()
}

const opening = (mark: Mark, { tags }: Style): string => {
  const { name } = mark.type
  if (name === 'link') return safeLinkUrl(mark.attrs['href']) === null ? '' : '['
  const sign = tags ? undefined : SIGNS[name]
  return sign ?? `<${TAGS[name]}>`
}

const closing = (mark: Mark, { tags }: Style): string => {
  const { name } = mark.type
  if (name !== 'link') return (tags ? undefined : SIGNS[name]) ?? `</${TAGS[name]}>`
  const href = safeLinkUrl(mark.attrs['href'])
  return href === null ? '' : `](${destination(href)}${titleText(mark.attrs['title'])})`
}

const nodeText = (node: Node, style: InlineStyle, edges: Edges): string => {
  if (node.type === types['hardBreak']) return style.isOneLine || style.tags ? '<br>' : '\\\n'
  const text = node.text ?? ''
  if (node.marks.some(({ type }) => type.name === 'code')) return codeSpan(text, style)
  return escaped(text, edges)
}

const codeSpan = (text: string, { tags }: Style): string => {
  if (tags || /^[\s]|\s$|[\n\r]|^$/.test(text)) return `<code>${escaped(text, INSIDE)}</code>`
  const fence = '`'.repeat(longestFence(text) + 1)
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${text}${pad}${fence}`
}

/** Text of which Markdown makes nothing else. More is escaped than need be, but no plain prose. */
const escaped = (text: string, { isFirst, start, end }: Edges): string => {
  const safe = text
    .replace(/[\\`*[\]<>~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#|[a-z])/gi, '\\&')
    .replace(/!$/, '\\!') // a link may follow
    .replace(/(https?|ftp):(?=\/\/)/gi, '$1\\:')
    .replace(/www\.(?=\S)/gi, 'www\\.')
    .replace(/(?<=[\w.+-])@(?=\w)/g, '\\@')
    .replace(/[\n\r\f\v]/g, reference)
    .replace(/^[ \t]/, (space) => (start ? reference(space) : space))
    .replace(/[ \t]$/, (space) => (end ? reference(space) : space))
  return isFirst ? safe.replace(/^[#+=-]/, '\\$&').replace(/^(\d{1,9})([.)])/, '$1\\$2') : safe
}
