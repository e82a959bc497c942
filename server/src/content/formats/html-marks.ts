/* The marks of the default schema as HTML has them. */
import type { Mark } from 'prosemirror-model'
import { schema } from './default-schema.ts'
import { attributeOf, childrenOf, isElement, parseHtml, type HtmlElement } from './html-tree.ts'
import { safeLinkUrl } from './safe-url.ts'

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

/** The mark of a single opening tag, as Markdown has them; null where it is none of them. */
export const markOfTag = (tag: string): Mark | null => {
  const body = childrenOf(parseHtml(tag))
    .flatMap(childrenOf)
    .find((one) => one.nodeName === 'body')
  const [element] = body === undefined ? [] : childrenOf(body)
  return element !== undefined && isElement(element) ? markOf(element) : null
}

/** The mark that an element is, null for those that are none. */
export const markOf = (element: HtmlElement): Mark | null => {
  const { tagName } = element
  if (tagName !== 'a') return Object.hasOwn(MARKS, tagName) ? (MARKS[tagName] ?? null) : null
  const href = safeLinkUrl(attributeOf(element, 'href'))
  return href === null ? null : schema.mark('link', { href, title: attributeOf(element, 'title') })
}

/** True if the schema has this mark; what Markdown closes with `</…>`. */
export const isMarkTag = (name: string): boolean => name === 'a' || Object.hasOwn(MARKS, name)

/** The mark that a closing tag ends. */
export const markTypeOfTag = (name: string) =>
  name === 'a' ? schema.marks['link'] : MARKS[name]?.type
