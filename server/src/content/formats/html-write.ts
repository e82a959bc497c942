/*
 * HTML of nodes by the schema's own `toDOM`, without a DOM: DOM output specs become text. Everything is
 * escaped; elements and attributes that could run or fetch something are not written, whatever the schema says.
 */
import { type DOMOutputSpec, type Fragment, type Mark, type Node } from 'prosemirror-model'
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '))
const FORBIDDEN = new Set(
  'script style iframe object embed base meta link template noscript svg math frame frameset'.split(
    ' ',
  ),
)
const URL_ATTRIBUTES = new Set('href src action formaction poster cite data xlink:href'.split(' '))

/** Text of which HTML would make something else where white space collapses. */
const COLLAPSES = /^[ \t\n\r\f]|[ \t\n\r\f]$|[\t\n\r\f]|  /

/** HTML of a document, one line for each block at its top. */
export const htmlOf = (doc: Node): string =>
  doc.content.content.map((node) => nodeHtml(node)).join('\n')

/** HTML of one node and what is in it. */
export const nodeHtml = (node: Node): string => {
  if (node.isText) return escapeText(node.text ?? '')
  const { toDOM } = node.type.spec
  if (toDOM === undefined) return contentHtml(node.content)
  const html = specHtml(toDOM(node), contentHtml(node.content))
  return node.isTextblock && !node.type.spec.code && collapses(node)
    ? html.replace(/^<[a-z][\w-]*/i, (tag) => `${tag} style="white-space: pre-wrap"`)
    : html
}

const collapses = (node: Node): boolean => {
  let text = ''
  let found = false
  for (const child of node.content.content) {
    if (child.isText) text += child.text ?? ''
    else {
      found ||= COLLAPSES.test(text)
      text = ''
    }
  }
  return found || COLLAPSES.test(text)
}

/** The marks that neighbours have in common stay open between them, as ProseMirror writes them. */
const contentHtml = (content: Fragment): string => {
  const open: { readonly mark: Mark; html: string }[] = []
  let html = ''
  const write = (piece: string): void => {
    const inner = open.at(-1)
    if (inner === undefined) html += piece
    else inner.html += piece
  }
  const close = (down: number): void => {
    while (open.length > down) {
      const closed = open.pop()
      if (closed) write(markHtml(closed.mark, closed.html))
    }
  }
  for (const node of content.content) {
    let kept = 0
    while (kept < open.length && kept < node.marks.length) {
      const mark = node.marks[kept]
      if (mark === undefined || open[kept]?.mark.eq(mark) !== true) break
      kept++
    }
    close(kept)
    for (const mark of node.marks.slice(kept)) open.push({ mark, html: '' })
    write(nodeHtml(node))
  }
  close(0)
  return html
}

const markHtml = (mark: Mark, inner: string): string => {
  const { toDOM } = mark.type.spec
  if (toDOM === undefined) return inner
  const spec = toDOM(mark, true)
  return specHtml(spec, inner, !hasHole(spec))
}

const hasHole = (spec: unknown): boolean =>
  spec === 0 || (Array.isArray(spec) && spec.some((part) => hasHole(part)))

const specHtml = (spec: DOMOutputSpec, inner: string, fill = false): string => {
  if (typeof spec === 'string') return escapeText(spec)
  if (!Array.isArray(spec)) return inner // made of DOM nodes, of which there are none here
  const parts: readonly unknown[] = spec
  const name = String(parts[0]).replace(/^.* /s, '') // a namespace may stand before it
  if (!/^[a-z][\w-]*$/i.test(name) || FORBIDDEN.has(name.toLowerCase())) return inner
  const second = parts[1]
  const hasAttributes = typeof second === 'object' && second !== null && !Array.isArray(second)
  const attributes = hasAttributes ? attributesHtml(name, second as Record<string, unknown>) : ''
  if (VOID.has(name.toLowerCase())) return `<${name}${attributes}>`
  const children = parts
    .slice(hasAttributes ? 2 : 1)
    .map((part) => (part === 0 ? inner : specHtml(part as DOMOutputSpec, inner))) // as the spec's own type says
  return `<${name}${attributes}>${fill ? inner : children.join('')}</${name}>`
}

const attributesHtml = (tag: string, attributes: Readonly<Record<string, unknown>>): string => {
  let html = ''
  for (const [name, raw] of Object.entries(attributes)) {
    if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') continue
    if (!/^[a-z][\w:-]*$/i.test(name) || /^(on|srcdoc$|srcset$|style$)/i.test(name)) continue
    const value = URL_ATTRIBUTES.has(name.toLowerCase())
      ? (tag === 'img' ? safeImageUrl : safeLinkUrl)(raw)
      : String(raw)
    if (value !== null) html += ` ${name}="${escapeAttribute(value)}"`
  }
  return html
}

const escapeText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')

const escapeAttribute = (text: string): string => escapeText(text).replaceAll('"', '&quot;')
