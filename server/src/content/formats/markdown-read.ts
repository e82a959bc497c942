/*
 * Markdown (CommonMark with GitHub's tables, tasks, strikethrough and bare addresses) to nodes of the
 * default schema. HTML inside is read as HTML is: blocks by html-read.ts, inline the tags of marks.
 */
import { decodeHTMLStrict } from 'entities'
import type { Token, Tokens } from 'marked'
import { type Mark, type Node } from 'prosemirror-model'
import { schema } from './default-schema.ts'
import { isMarkTag, markOfTag, markTypeOfTag } from './html-marks.ts'
import { blocksFromHtml } from './html-read.ts'
import { deadlineIn, formatLimits, refuse } from './limits.ts'
import { markdownTokens } from './markdown-tokens.ts'
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

const { nodes: types } = schema

/** The blocks of a Markdown text; none where it holds nothing. Refuses what is not read in time. */
export const blocksFromMarkdown = (
  text: string,
  deadline = deadlineIn(formatLimits.markdownMs, 'Markdown'),
): readonly Node[] => blocks(markdownTokens(text, deadline), 1)

const blocks = (tokens: readonly Tokens.Generic[], depth: number): readonly Node[] => {
  if (depth > formatLimits.depth)
    refuse(`Markdown: nests deeper than the limit of ${formatLimits.depth} levels`)
  const out: Node[] = []
  for (const token of tokens) {
    switch (token.type) {
      case 'heading':
        out.push(
          ...textblocks(
            'heading',
            { level: Math.min(3, Number(token['depth'])) },
            token.tokens ?? [],
          ),
        )
        break
      case 'paragraph':
      case 'text':
        out.push(...textblocks('paragraph', {}, token.tokens ?? [token]))
        break
      case 'hr':
        out.push(schema.node('horizontalRule'))
        break
      case 'code':
        out.push(codeBlock(token as Tokens.Code))
        break
      case 'blockquote':
        out.push(
          schema.node('blockquote', null, orParagraph(blocks(token.tokens ?? [], depth + 1))),
        )
        break
      case 'list':
        for (const node of lists(token as Tokens.List, depth)) out.push(node)
        break
      case 'table':
        out.push(table(token as Tokens.Table))
        break
      case 'html':
        for (const node of blocksFromHtml(String(token['text']))) out.push(node)
        break
      default: // space and definitions show nothing; checkboxes are told by their item
        break
    }
  }
  return out
}

const orParagraph = (nodes: readonly Node[]): readonly Node[] =>
  nodes.length === 0 ? [schema.node('paragraph')] : nodes

const codeBlock = ({ lang, text }: Tokens.Code): Node => {
  const language = decodeHTMLStrict(unescaped(lang ?? '')).trim()
  return schema.node(
    'codeBlock',
    { language: language === '' ? null : language },
    text === '' ? [] : [schema.text(text)],
  )
}

const unescaped = (text: string): string => text.replace(/\\([!-/:-@[-`{-~])/g, '$1')

/** Items that are tasks and items that are not are lists of their own. */
const lists = (list: Tokens.List, depth: number): readonly Node[] => {
  const out: Node[] = []
  let items: Node[] = []
  let start = typeof list.start === 'number' ? list.start : 1
  const flush = (): void => {
    const [first] = items
    if (first === undefined) return
    if (first.type === types['taskItem']) out.push(schema.node('taskList', null, items))
    else if (list.ordered) out.push(schema.node('orderedList', { start }, items))
    else out.push(schema.node('bulletList', null, items))
    start += items.length
    items = []
  }
  for (const item of list.items) {
    const content = blocks(item.tokens, depth + 2)
    const inside =
      content[0]?.type === types['paragraph'] ? content : [schema.node('paragraph'), ...content]
    const node = item.task
      ? schema.node('taskItem', { checked: item.checked === true }, inside)
      : schema.node('listItem', null, inside)
    if (items[0] !== undefined && items[0].type !== node.type) flush()
    items.push(node)
  }
  flush()
  return out
}

const table = ({ header, rows }: Tokens.Table): Node => {
  const row = (cells: readonly Tokens.TableCell[], type: string): Node =>
    schema.node(
      'tableRow',
      null,
      cells.map(({ tokens, align }) =>
        schema.node(type, { align }, orParagraph(textblocks('paragraph', {}, tokens))),
      ),
    )
  return schema.node('table', null, [
    row(header, 'tableHeader'),
    ...rows.map((cells) => row(cells, 'tableCell')),
  ])
}

/** A text block, or several around the images in it: images are blocks here. */
const textblocks = (
  name: string,
  attrs: Record<string, unknown>,
  tokens: readonly Token[],
): readonly Node[] => {
  const out: Node[] = []
  const reader = new InlineReader()
  reader.take(tokens, [])
  let inline: Node[] = []
  const flush = (): void => {
    const trimmed = withoutOuterSpace(inline)
    if (trimmed.length > 0) out.push(schema.node(name, attrs, trimmed))
    inline = []
  }
  for (const node of reader.nodes) {
    if (node.isInline) inline.push(node)
    else {
      flush()
      out.push(node)
    }
  }
  if (out.length === 0) return [schema.node(name, attrs, inline)]
  flush()
  return out
}

/** Around an image, the space that stood between it and the text means nothing. */
const withoutOuterSpace = (nodes: readonly Node[]): readonly Node[] =>
  nodes.every((node) => node.isText && node.text?.trim() === '') ? [] : nodes

class InlineReader {
  readonly nodes: Node[] = []
  /** Marks of the HTML tags that are open. */
  #open: readonly Mark[] = []

  take(tokens: readonly Token[], marks: readonly Mark[]): void {
    const outer = this.#open
    for (const one of tokens) this.#one(one, marks)
    this.#open = outer // a tag that is not closed in here ends with what it stands in
  }

  #one(token: Tokens.Generic, marks: readonly Mark[]): void {
    const inside = (mark: Mark): void => this.take(token.tokens ?? [], mark.addToSet(marks))
    switch (token.type) {
      case 'text':
        if (token.tokens !== undefined) this.take(token.tokens, marks)
        else this.#text(decodeHTMLStrict(lines(String(token['text']))), marks)
        break
      case 'escape':
        this.#text(String(token['text']), marks)
        break
      case 'strong':
        inside(schema.mark('bold'))
        break
      case 'em':
        inside(schema.mark('italic'))
        break
      case 'del':
        inside(schema.mark('strike'))
        break
      case 'codespan':
        this.#text(String(token['text']), [...schema.mark('code').addToSet(marks)])
        break
      case 'br':
        this.nodes.push(schema.node('hardBreak', null, [], this.#with(marks)))
        break
      case 'link': {
        const href = safeLinkUrl(addressOf(token['href']))
        if (href === null) this.take(token.tokens ?? [], marks)
        else inside(schema.mark('link', { href, title: titleOf(token['title']) }))
        break
      }
      case 'image': {
        const src = safeImageUrl(addressOf(token['href']))
        const alt = decodeHTMLStrict(unescaped(String(token['text'] ?? '')))
        if (src === null) this.#text(alt, marks)
        else this.nodes.push(schema.node('image', { src, alt, title: titleOf(token['title']) }))
        break
      }
      case 'html':
        this.#tag(String(token['text']), marks)
        break
      default: // checkboxes and what else has no text
        break
    }
  }

  #tag(tag: string, marks: readonly Mark[]): void {
    const name = /^<\/?([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase() ?? ''
    if (name === 'img') for (const image of blocksFromHtml(tag)) this.nodes.push(image)
    if (name === 'br') this.nodes.push(schema.node('hardBreak', null, [], this.#with(marks)))
    if (!isMarkTag(name)) return
    if (tag.startsWith('</')) {
      const type = markTypeOfTag(name)
      this.#open = this.#open.filter((mark) => mark.type !== type)
      return
    }
    const mark = markOfTag(tag)
    if (mark !== null) this.#open = [...this.#open.filter(({ type }) => type !== mark.type), mark]
  }

  #with(marks: readonly Mark[]): readonly Mark[] {
    return this.#open.reduce((all, mark) => mark.addToSet(all), marks)
  }

  #text(text: string, marks: readonly Mark[]): void {
    if (text === '') return
    const node = schema.text(text, this.#with(marks))
    const last = this.nodes.at(-1)
    if (last?.isText && last.sameMarkup(node))
      this.nodes[this.nodes.length - 1] = schema.text(`${last.text}${text}`, node.marks)
    else this.nodes.push(node)
  }
}

/** A line end within a text is a space. Not by an expression: it would be quadratic in spaces. */
const lines = (text: string): string => {
  if (!text.includes('\n')) return text
  const all = text.split('\n')
  return all.map((line, i) => bare(line, { start: i > 0, end: i < all.length - 1 })).join(' ')
}

const bare = (line: string, { start, end }: { start: boolean; end: boolean }): string => {
  let [from, to] = [0, line.length]
  if (end) while (to > 0 && line[to - 1] === ' ') to--
  if (start) while (from < to && line[from] === ' ') from++
  return line.slice(from, to)
}

const addressOf = (href: unknown): string =>
  typeof href === 'string' ? decodeHTMLStrict(unescaped(href)) : ''

const titleOf = (title: unknown): string | null =>
  typeof title === 'string' && title !== '' ? decodeHTMLStrict(unescaped(title)) : null
